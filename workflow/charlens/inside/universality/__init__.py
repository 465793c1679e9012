"""Do networks trained from other seeds have the same cells?

Cells of two networks are compared by Pearson's correlation over the positions of the test split.
How well a cell is matched says little alone, since all networks read the same text: it is compared
with the match in the other network's cells after a random rotation (Gurnee et al. 2024), and in
networks that learned nothing. Whole networks are compared by linear CKA (Kornblith et al. 2019) and
SVCCA (Raghu et al. 2017). Best matches are chosen on one half of the test streams and judged on the
other.
"""
