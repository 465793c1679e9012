"""What a model predicted at each test character: the one file that all models end in.

Networks, n-gram models and models made elsewhere are scored into the same columns, so that every
analysis treats them alike.
"""
