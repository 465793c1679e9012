"""The texts that models read: corpora, their splits, and the words, quotes and C code in them."""
