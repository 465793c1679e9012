"""The column that any table may have as its last. Loads no pandas: planning asks for it too."""

WIDTH = "bytes_per_character"
"""Of tables with a text whose characters are several bytes: how many they are on average.

Numbers of such a table are per byte; those of a table without the column are per character.
"""
