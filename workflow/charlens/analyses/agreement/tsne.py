"""A map of models: t-SNE of how often they agree (paper, Figure 1 right).

van der Maaten & Hinton (2008), Visualizing data using t-SNE, JMLR 9.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from charlens.errors import CharlensError
from charlens.models import names as model_id
from charlens.runtime.randomness import derive_seed

EXACT_UP_TO = 3  # so many models fit in the plane with all their distances: no t-SNE needed
_RESTARTS = 10  # t-SNE's objective has local minima: the best of a few seeded starts is kept
# scikit-learn's automatic rate is at least 50, tuned for thousands of points. Ten to forty models
# overshoot with it: at 2 every start comes within a few percent of the best objective found.
_LEARNING_RATE = 2.0


def default_perplexity(models: int) -> float:
    """The square root of the number of models, at most 30.

    Perplexity is the number of neighbours a model attends to. It must stay well below the number
    of models, or all look equally near; the square root grows from a single neighbour for a
    handful of models to the usual 30 for a thousand. 36 models: 6; 14 models: 3.7.
    """
    return min(30.0, math.sqrt(models))


def embed(agreement: np.ndarray, perplexity: float | None, seed: int) -> np.ndarray:
    """Place models in the plane so that models that agree lie close.

    Distance is 1 - agreement. Up to three models need no t-SNE: the plane holds their distances
    exactly (classical scaling). The result is turned to its principal axes, since a t-SNE map has
    no direction of its own.

    Args:
        agreement: symmetric float array of shape (models, models), ones on the diagonal.
        perplexity: None for :func:`default_perplexity`; otherwise positive and below the number of
            models. Not used for up to three models.
        seed: the config's seed.

    Returns:
        float64 array of shape (models, 2), arbitrary units, centred.

    Raises:
        CharlensError: the perplexity does not suit the number of models.
    """
    models = len(agreement)
    distance = 1.0 - np.asarray(agreement, dtype=np.float64)
    if models <= EXACT_UP_TO:
        return _principal_axes(_classical_scaling(distance))
    if perplexity is None:
        perplexity = default_perplexity(models)
    if not 0 < perplexity < models:
        raise CharlensError(
            f"figure1.perplexity: {perplexity:g}, expected more than 0 and less than the {models} "
            "models; leave it null for a value that suits their number"
        )
    return _principal_axes(_best_tsne(distance, perplexity, seed))


def _best_tsne(distance: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    # Imported here: it costs two seconds that small sets and other callers need not pay.
    from sklearn.manifold import TSNE

    best, lowest = np.zeros((len(distance), 2)), np.inf
    for start in range(_RESTARTS):
        tsne = TSNE(
            metric="precomputed",
            init="random",
            method="exact",
            perplexity=perplexity,
            learning_rate=_LEARNING_RATE,
            random_state=derive_seed(seed, "t-sne", start) % 2**32,
        )
        # A copy, since scikit-learn squares a precomputed matrix in place.
        points = tsne.fit_transform(distance.copy())
        if tsne.kl_divergence_ < lowest:
            best, lowest = points.astype(np.float64), tsne.kl_divergence_
    return best


def _classical_scaling(distance: np.ndarray) -> np.ndarray:
    """Points in the plane with the given distances, shape (models, 2); exact up to three models."""
    centring = np.eye(len(distance)) - 1 / len(distance)
    values, vectors = np.linalg.eigh(-0.5 * centring @ distance**2 @ centring)
    points = np.zeros((len(distance), 2))
    largest = np.argsort(values)[::-1][:2]
    points[:, : len(largest)] = vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0))
    return points


def _principal_axes(points: np.ndarray) -> np.ndarray:
    """Centre, turn the longest extent upright, and put the first model at the top right."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    turned = centred @ axes[:2][::-1].T
    return np.where(turned[0] < 0, -turned, turned)


def table(agreement: pd.DataFrame, perplexity: float | None, seed: int) -> pd.DataFrame:
    """The map as a table: x, y (arbitrary units), cell, layers, size, model.

    Args:
        agreement: square frame as from :func:`charlens.analyses.agreement.table.read`.
        perplexity: as for :func:`embed`.
        seed: the config's seed.
    """
    points = embed(agreement.to_numpy(), perplexity, seed)
    parsed = [model_id.parse(str(model)) for model in agreement.index]
    return pd.DataFrame(
        {
            "x": points[:, 0],
            "y": points[:, 1],
            "cell": pd.array([p.cell if p else None for p in parsed], dtype="string"),
            "layers": pd.array([p.layers if p else None for p in parsed], dtype="Int64"),
            "size": pd.array([p.size if p else None for p in parsed], dtype="Int64"),
            "model": pd.array([str(model) for model in agreement.index], dtype="string"),
        }
    )
