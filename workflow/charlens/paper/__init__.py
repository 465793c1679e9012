"""The numbers that the paper prints, and the names of its texts.

Nothing here knows about this program's own results.
"""
