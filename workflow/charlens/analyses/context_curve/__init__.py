"""How far back do predictions depend on the text, and does that end where training unrolled?

The table holds the loss of each model that knows the last c characters only, by what stands in for
the rest: the history of another text, no history, or a mean state. The figure shows what the rest
is worth.
"""
