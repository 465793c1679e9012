"""Of what kinds are the errors that remain (Figure 6)?

Oracles explain away one kind of error after another. The modules here decide which characters
each oracle explains, share the errors out among them, quote examples and draw the result.
"""
