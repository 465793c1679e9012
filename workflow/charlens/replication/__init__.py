"""The paper beside this run: each number and each finding, with a verdict.

The tables of a run are compared with the numbers of the paper. Tolerances say how close is close
enough, and findings check the paper's claims.
"""
