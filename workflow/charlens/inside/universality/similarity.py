"""How alike two networks are as a whole, whatever single cells do."""

from __future__ import annotations

import numpy as np

KEPT = 0.99
"""Share of the variance that SVCCA keeps of each network."""


def linear_cka(covariance: np.ndarray, a: slice, b: slice) -> float:
    """Linear centred kernel alignment, from 0 to 1 (Kornblith et al. 2019, eq. 3).

    Rotating either network or scaling it changes nothing.

    Args:
        covariance: of all columns.
        a: columns of the first network.
        b: those of the second.

    Example:
        >>> import numpy as np
        >>> both = np.kron(np.ones((2, 2)), np.diag([2.0, 1.0]))  # the same two cells twice
        >>> round(linear_cka(both, slice(0, 2), slice(2, 4)), 6)
        1.0
    """
    norms = [np.linalg.norm(covariance[x, y]) for x, y in ((a, b), (a, a), (b, b))]
    return float(norms[0] ** 2 / (norms[1] * norms[2])) if norms[1] * norms[2] else 0.0


def svcca(covariance: np.ndarray, white_a: np.ndarray, white_b: np.ndarray) -> float:
    """Mean canonical correlation of the main directions of two networks (Raghu et al. 2017).

    Args:
        covariance: between the cells of both networks, (cells of a, cells of b).
        white_a: directions of the first network, as :func:`whitened` gives them.
        white_b: those of the second.

    Returns:
        From 0 to 1; 0 where a network has no directions.
    """
    if not white_a.shape[1] or not white_b.shape[1]:
        return 0.0
    canonical = np.linalg.svd(white_a.T @ covariance @ white_b, compute_uv=False)
    return float(np.clip(canonical, 0, 1).mean())


def whitened(covariance: np.ndarray, share: float = KEPT) -> np.ndarray:
    """Directions of variance 1 that keep a share of all variance.

    Args:
        covariance: of the cells of one network.
        share: of their variance.

    Returns:
        One direction per column, (cells, directions).
    """
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    total = values.sum()
    if total <= 0:
        return vectors[:, :0]
    count = int(np.searchsorted(np.cumsum(values) / total, share)) + 1
    return vectors[:, :count] / np.sqrt(values[:count])
