"""The units of losses. Models predict bytes; where a character is several, the two differ."""

MANY_BYTES = 0.999
"""Characters per byte below which numbers per character are worth showing beside those per byte."""

CHARACTER, BYTE = "character", "byte"
"""What numbers are per: of text whose characters are a byte each, and of any other."""

PER_CHARACTER, PER_BYTE = f"nats per {CHARACTER}", f"nats per {BYTE}"
"""Units of a loss, of the same texts."""


def per(width: float) -> str:
    """What the numbers of a text are per: :data:`CHARACTER` or :data:`BYTE`.

    Args:
        width: bytes of a character of the text, on average; NaN where unknown.

    Example:
        >>> per(1.0), per(2.6), per(float("nan"))
        ('character', 'byte', 'character')
    """
    return BYTE if width * MANY_BYTES > 1 else CHARACTER
