"""Which single cells follow a property of the text (Figure 2)?

Concepts label each byte of a text, for example as inside quotes. Every cell is scored by how well
its activation follows each label, and the best cells are shown on text they were not chosen on.
"""
