"""What a cell does: a network runs while one of its cells is set to values that are not its own.

A cell that follows a property of the text may be used for predictions or merely go along with what
is. Here it is intervened on, in the recurrence, and the change of every prediction is measured:
where the cell should matter, where it should not, and beside the same done to other cells.
"""
