"""How much of a score is text that was seen in training?

Test text may be found word for word in training text: licence headers, macros, titles, or simply
what is next to a test passage of the same chapter. ``copied`` finds it, ``table`` compares the
losses of all models on it and off it, and a text split by streams with the same split strictly.
"""
