"""A network with a cache of its own states (``lstm-2x64+cache``; Grave et al. 2017, 1612.04426).

The cache remembers, for the last characters of a stream, the network's top hidden state and the
character that followed it. What followed states like the present one is likely to follow again:

    p(y) ∝ Σ_i [x_{i+1} = y] exp(θ h_t·h_i),   over the cached i < t.

A hundredth is spread evenly over all symbols, so that none is impossible. The cache is mixed with
the network by a gate (:mod:`charlens.predictions.scorers.gate`) instead of by one weight. The model
adapts to the test text, of which it uses only what lies before the character that it predicts, in
the same stream.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from charlens.files.atomic import FilePath
from charlens.models.catalogue import WITH_CACHE
from charlens.models.running import running
from charlens.models.trained import TrainedModel, load_trained
from charlens.predictions.scorers.gate import Gate
from charlens.predictions.scorers.mixing import Mixing, Pairs, by_stream
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes

SIZE = 3000
"""Characters that the cache holds."""

EVENLY = 0.01
"""Share of a cache's prediction that is spread evenly over all symbols."""

THETAS = (0.3, 1.0, 3.0)
"""Values of θ to choose from on the validation split."""

_log = logging.getLogger("charlens")


class Cache:
    """The last states of all streams and what followed them.

    Args:
        size: how many states of a stream are kept.
        theta: θ, how much likeness counts.
        symbols: K.
    """

    def __init__(self, size: int, theta: float, symbols: int) -> None:
        self._size, self._theta, self._symbols = size, theta, symbols
        self._states: Tensor | None = None  # (B, kept, n)
        self._followed: Tensor | None = None  # (B, kept)

    def distributions(self, states: Tensor, targets: Tensor) -> Tensor:
        """What a cache predicts in a window, which it then keeps, (T, B, K).

        A uniform distribution where nothing is kept yet.

        Args:
            states: hidden states after each character, (T, B, n).
            targets: the characters that followed, int64 (T, B).
        """
        new, came = states.transpose(0, 1), targets.T
        old = 0 if self._states is None else self._states.shape[1]
        keys = new if self._states is None else torch.cat([self._states, new], 1)
        followed = came if self._followed is None else torch.cat([self._followed, came], 1)
        shares = [
            self._of_stream(query, key, symbols, old)
            for query, key, symbols in zip(new, keys, followed, strict=True)
        ]
        self._states, self._followed = keys[:, -self._size :], followed[:, -self._size :]
        return torch.stack(shares, 1)

    def _of_stream(self, query: Tensor, keys: Tensor, followed: Tensor, old: int) -> Tensor:
        """One stream's distributions, (T, K): row t sees the ``size`` keys before it."""
        t = torch.arange(len(query), device=query.device)[:, None] + old
        i = torch.arange(len(keys), device=query.device)[None, :]
        hidden = (i >= t) | (i < t - self._size)
        likeness = (query @ keys.T).mul_(self._theta).masked_fill_(hidden, -torch.inf)
        shares = likeness.softmax(-1)
        p = torch.zeros(len(query), self._symbols, dtype=query.dtype, device=query.device)
        p.index_add_(1, followed, shares)
        p.nan_to_num_(1 / self._symbols)  # no key: 0 / 0
        return p.mul_(1 - EVENLY).add_(EVENLY / self._symbols)


def with_cache(
    trained: TrainedModel, corpus: Corpus, theta: float, steps: int, device: str, size: int = SIZE
) -> Mixing:
    """A network beside a cache of its states.

    Args:
        trained: the network.
        corpus: its corpus.
        theta: θ, how much likeness counts.
        steps: window length; divides the streams' lengths.
        device: where the network runs: auto, cpu or cuda.
        size: characters that the cache holds.
    """

    def pairs(codes: Codes) -> Pairs:
        cache = Cache(size, theta, corpus.k)
        for place, logs, states, targets in _states(trained, codes, steps, device):
            yield place, by_stream(logs.exp()), by_stream(cache.distributions(states, targets))

    return Mixing(trained, corpus, WITH_CACHE, pairs)


def _states(
    trained: TrainedModel, codes: Codes, steps: int, device: str
) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
    """Windows: place, log-probabilities (T, B, K), top hidden states (T, B, n), targets (T, B)."""
    batch = codes.shape[0]
    model = trained.ready(batch, steps, device)
    for place, _, targets in running(model, codes):
        logs = model.log_probabilities[0].view(steps, batch, -1)[..., : trained.shape.k]
        yield place, logs, model.quantities()[-1]["h"][0], targets


def score_with_cache(
    inputs: Mapping[str, FilePath], output: FilePath, steps: int, device: str
) -> None:
    """Choose θ and the gate on the validation split and write predictions of the test split.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``val`` and ``test`` (.npy) and ``model``.
        output: the probabilities file to write.
        steps: window length; divides the streams' lengths.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    val = load_split(inputs["val"])
    fits: list[tuple[float, float, Gate]] = []
    for theta in THETAS:
        mixing = with_cache(trained, corpus, theta, steps, device)
        gate, loss = mixing.fitted(val)
        fits.append((loss, theta, gate))
        _log.info("%s: θ = %g, %.4f nats per byte (validation)", mixing.name, theta, loss)
    _, theta, gate = min(fits, key=lambda fit: fit[0])
    mixing = with_cache(trained, corpus, theta, steps, device)
    mixing.write(gate, load_split(inputs["test"]), output, theta=theta, size=SIZE)
