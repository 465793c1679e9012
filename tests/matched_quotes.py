"""Quotations as an index for each byte, which is easier to write down than pairs of places."""

import numpy as np
from charlens.text.brackets import quotations, string_literals
from charlens.text.c_lexer import Tokens


def match_quotes(text: bytes, literals: Tokens | None = None) -> np.ndarray:
    """For every closing quote the index of its opening one, -1 for every other byte."""
    opener, closer, closed = quotations(text) if literals is None else string_literals(literals)
    result = np.full(len(text), -1)
    result[closer[closed]] = opener[closed]
    return result
