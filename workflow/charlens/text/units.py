"""The units of losses. Models predict bytes; where a character is several, the two differ."""

MANY_BYTES = 0.999
"""Characters per byte below which numbers per character are worth showing beside those per byte."""

PER_CHARACTER, PER_BYTE = "nats per character", "nats per byte"
"""Units of a loss: of text whose characters are a byte each, and of any other."""
