"""Reading and writing files safely.

A file is written as a whole or not at all. Tables have declared columns and their readers check
them. Damaged files raise an error that names the file.
"""
