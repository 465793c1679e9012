"""How often are the gates of a network fully open or shut (Figure 3)?

The table holds, for each unit, the share of characters on which its gate is near 0 or near 1. The
figure draws one point per unit.
"""
