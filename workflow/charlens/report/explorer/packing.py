"""Arrays as text that a browser unpacks: eight bits a number, deflated, in base64."""

from __future__ import annotations

import base64
import zlib

import numpy as np

BITS = 16
"""A loss in bits is stored in steps of one sixteenth, up to 255 of them."""

_LEVEL = 9  # of zlib


def quantise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values from −scale to scale as whole numbers from −127 to 127, each unit with its scale.

    Args:
        values: float32 (positions, units).

    Returns:
        int8 (units, positions), and the scales, float32 (units,): a value is its number times
        scale / 127, and wrong by half of that at most.
    """
    scale = np.abs(values).max(axis=0, initial=0.0).astype(np.float32)
    step = np.where(scale > 0, scale, 1.0).astype(np.float64) / 127  # float32 would underflow
    return np.rint(values / step).T.astype(np.int8), scale


def pack(array: np.ndarray, differences: bool = False) -> str:
    """Bytes of an array in base64, deflated; equal arrays give equal text.

    Args:
        array: int8 or uint8; the last axis is packed as it runs.
        differences: whether each row is stored as its first number and the differences between
            neighbours, modulo 256. Values that change slowly get shorter.
    """
    data = np.ascontiguousarray(array).view(np.uint8)
    if differences:
        data = np.diff(data, axis=-1, prepend=np.uint8(0))
    return base64.b64encode(zlib.compress(data.tobytes(), _LEVEL)).decode("ascii")


def unpack(text: str, shape: tuple[int, ...], differences: bool = False) -> np.ndarray:
    """The array that :func:`pack` packed, uint8, as the page reads it."""
    data = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(shape)
    return np.cumsum(data, axis=-1, dtype=np.uint8) if differences else data


def in_bits(nats: np.ndarray) -> np.ndarray:
    """Losses in nats as sixteenths of a bit, uint8; 255 stands for all above."""
    return np.clip(np.rint(nats / np.log(2) * BITS), 0, 255).astype(np.uint8)


def roots(probability: np.ndarray) -> np.ndarray:
    """Probabilities as 255 times their square roots, uint8: fine where they are small."""
    return np.rint(255 * np.sqrt(np.clip(probability, 0, 1))).astype(np.uint8)
