"""What happens inside a network while it reads a text.

The activations of a network are written to disk (`dump`) and read back (`store`). Two analyses
use them: which cells follow a property of the text (`cells`), and how often gates are fully open
or shut (`gates`).
"""
