"""Networks that predict together with an n-gram model: the gate, the mixture, the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from charlens.errors import CharlensError
from charlens.models.names import scored, sort_key, title
from charlens.models.ngram.file import save_ngram
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.trained import TrainedModel, load_trained
from charlens.predictions.file import read_metadata, read_probabilities
from charlens.predictions.score import predictions
from charlens.predictions.scorers.gate import BINS, Gate, fit_gate
from charlens.predictions.scorers.with_cache import Cache, score_with_cache, with_cache
from charlens.predictions.scorers.with_ngram import score_with_ngram, with_ngram
from charlens.text.corpus import Corpus, prepare
from small_run import make_run, prose

STEPS, ORDER = 20, 4


def everywhere(weight: float) -> Gate:
    return Gate(np.full((2, BINS - 1), 1.0), np.full((BINS, BINS), weight))


@pytest.fixture(scope="module")
def parts() -> tuple[TrainedModel, NgramModel, Corpus, np.ndarray]:
    """A network, n-gram models, their corpus and its test split."""
    text = b"the cat sat on the mat, and the dog on the log. " * 60
    corpus, splits = prepare(text, "text", "made here", "streams", 4, STEPS, 0.6, 0.2)
    shape = Shape("gru", 1, 6, corpus.k)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(3), 0.8)
    trained = TrainedModel("gru-1x6", shape, weights, {})
    # Trained on less than the text, so that it is not sure of everything.
    fitted = NgramModel.fit(splits["train"][0, :60], ORDER)
    return trained, fitted, corpus, splits["test"]


def of_network(parts) -> dict[str, np.ndarray]:
    trained, _, corpus, codes = parts
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    return predictions(trained.shape, trained.weights, codes, vocabulary, STEPS)


def mixture(parts, gate: Gate) -> dict[str, np.ndarray]:
    trained, fitted, corpus, codes = parts
    return with_ngram(trained, corpus, fitted, ORDER, STEPS, "cpu").mixed(gate, codes)


def test_a_gate_for_one_model_alone_gives_that_model(parts) -> None:
    _, fitted, corpus, codes = parts
    network, both = of_network(parts), mixture(parts, everywhere(1.0))
    for name in ("position", "stream", "byte", "top_byte"):
        assert (both[name] == network[name]).all()
    for name in ("probability", "entropy", "top_probability"):
        np.testing.assert_allclose(both[name], network[name], rtol=1e-5, atol=1e-7)
    both = mixture(parts, everywhere(0.0))
    targets = codes[:, 1:].ravel()
    alone = fitted.predictions(targets, [ORDER], symbols=corpus.k)[ORDER]
    np.testing.assert_allclose(both["entropy"], alone.entropy, rtol=1e-5)
    np.testing.assert_allclose(both["top_probability"], alone.top_probability, rtol=1e-5)
    by_hand = fitted.distribution([targets[:i] for i in range(len(targets))], ORDER, corpus.k)
    chosen = by_hand[np.arange(len(targets)), targets]
    np.testing.assert_allclose(both["probability"], chosen, rtol=1e-5)


def test_a_mixture_is_a_distribution_between_the_two(parts) -> None:
    half = mixture(parts, everywhere(0.5))
    ends = [mixture(parts, everywhere(w))["probability"].astype(float) for w in (0.0, 1.0)]
    np.testing.assert_allclose(half["probability"], np.mean(ends, 0), rtol=1e-5)
    assert (half["top_probability"] >= half["probability"] - 1e-7).all()
    # Mixing never makes a distribution surer than both: entropy is concave.
    entropies = [mixture(parts, everywhere(w))["entropy"] for w in (0.0, 1.0)]
    assert (half["entropy"] >= np.mean(entropies, 0) - 1e-5).all()


def test_the_gate_finds_planted_shares() -> None:
    """Characters drawn from mixtures whose shares depend on the bins of both entropies."""
    rng = np.random.default_rng(4)
    n, k = 200_000, 6
    first, second = rng.uniform(0, 1, (2, n))  # stand for entropies
    planted = rng.uniform(0.1, 0.9, (BINS, BINS))
    at = [np.minimum((values * BINS).astype(int), BINS - 1) for values in (first, second)]
    share = planted[at[0], at[1]]
    p, q = rng.dirichlet(np.full(k, 0.4), n), rng.dirichlet(np.full(k, 0.4), n)
    mix = share[:, None] * p + (1 - share[:, None]) * q
    came = (rng.uniform(size=(n, 1)) > mix.cumsum(1)).sum(1).clip(max=k - 1)
    rows = np.arange(n)
    gate = fit_gate(p[rows, came] + 1e-12, q[rows, came] + 1e-12, first, second)
    assert np.abs(gate.weights - planted).max() < 0.05
    assert np.abs(gate.weights - planted).mean() < 0.015


def test_a_model_that_is_always_better_is_believed_alone() -> None:
    good, bad = np.full(50, 0.8), np.full(50, 0.2)
    entropies = np.random.default_rng(0).uniform(size=(2, 50))
    assert (fit_gate(good, bad, *entropies).weights == 1).all()
    assert (fit_gate(bad, good, *entropies).weights == 0).all()


def test_no_share_gives_the_fitted_text_less_loss() -> None:
    rng = np.random.default_rng(1)
    p, q, first, second = rng.uniform(0.01, 1, (4, 5000))
    gate = fit_gate(p, q, first, second)

    def loss(weights: np.ndarray) -> float:
        w = Gate(gate.edges, weights)(first, second)
        return -np.log(w * p + (1 - w) * q).mean()

    least = loss(gate.weights)
    for step in (-0.01, 0.01):
        for i in range(BINS):
            moved = gate.weights.copy()
            moved[i, 2] = np.clip(moved[i, 2] + step, 0, 1)
            assert loss(moved) >= least - 1e-12


def test_the_file_is_like_any_other_and_says_how_it_was_made(tmp_path: Path) -> None:
    make_run(tmp_path / "run", prose(), "lstm-1x8")
    home = tmp_path / "run" / "novel"
    splits = {part: home / f"{part}.npy" for part in ("val", "test")}
    models = {"model": home / "models/lstm-1x8.safetensors"}
    inputs = splits | models | {"corpus": home / "corpus.json"}
    inputs["n_gram"] = home / "models" / "n-gram.safetensors"
    corpus = Corpus.load(inputs["corpus"])
    output = tmp_path / "lstm-1x8+ngram.parquet"
    score_with_ngram(inputs, output, corpus.unroll, "cpu")
    columns = read_probabilities(output)
    alone = of_network(
        (load_trained(inputs["model"], corpus), None, corpus, np.load(inputs["test"]))
    )
    both, network = (-np.log(c["probability"]).mean() for c in (columns, alone))
    assert both < network - 0.1  # prose repeats itself, and the network is not trained long
    metadata = read_metadata(output)
    assert metadata.model == "lstm-1x8+ngram"
    assert metadata.config["order"] == 6
    assert np.shape(metadata.config["weights"]) == (BINS, BINS)
    other = {"corpus": "another", "corpus_sha256": "0" * 64}
    save_ngram(inputs["n_gram"], NgramModel.fit(b"another text", ORDER, metadata=other))
    with pytest.raises(CharlensError, match="fitted on another corpus"):
        score_with_ngram(inputs, output, corpus.unroll, "cpu")


# The cache


def cached_by_hand(
    states: np.ndarray, targets: np.ndarray, theta: float, size: int, k: int
) -> np.ndarray:
    """The formula, character by character: (length, K) of one stream."""
    rows = np.full((len(targets), k), 1 / k)
    for t in range(1, len(targets)):
        weights = np.zeros(k)
        for i in range(max(0, t - size), t):
            weights[targets[i]] += np.exp(theta * states[t] @ states[i])
        rows[t] = weights / weights.sum()
    return 0.99 * rows + 0.01 / k


@pytest.mark.parametrize("size", [1, 7, 20, 1000])
def test_the_cache_is_the_formula_over_windows(size: int) -> None:
    generator = torch.Generator().manual_seed(1)
    states = torch.randn(60, 3, 5, generator=generator, dtype=torch.float64)
    targets = torch.randint(0, 4, (60, 3), generator=generator)
    cache = Cache(size, 0.7, 4)
    parts = [slice(start, start + 20) for start in (0, 20, 40)]
    mixed = torch.cat([cache.distributions(states[part], targets[part]) for part in parts])
    for stream in range(3):
        one = states[:, stream].numpy(), targets[:, stream].numpy()
        expected = cached_by_hand(*one, 0.7, size, 4)
        np.testing.assert_allclose(mixed[:, stream], expected, rtol=1e-9)


def test_the_cache_sees_nothing_of_what_comes(parts) -> None:
    trained, _, corpus, codes = parts
    mixing = with_cache(trained, corpus, 1.0, STEPS, "cpu")
    before = mixing.mixed(everywhere(0.3), codes)
    changed = codes.copy()
    changed[:, 50:] = codes[:, 1:2]
    after = mixing.mixed(everywhere(0.3), changed)
    length = codes.shape[1] - 1
    for name in ("entropy", "top_probability", "top_byte"):
        old, new = (c[name].reshape(-1, length) for c in (before, after))
        # Row 49 is predicted from characters 0 to 49; the first that differs is 50.
        assert (old[:, :50] == new[:, :50]).all()
        assert (old[:, 50:] != new[:, 50:]).any()


def test_without_a_share_the_cache_changes_nothing(parts) -> None:
    trained, _, corpus, codes = parts
    both = with_cache(trained, corpus, 1.0, STEPS, "cpu").mixed(everywhere(1.0), codes)
    network = of_network(parts)
    for name in ("probability", "entropy", "top_probability"):
        np.testing.assert_allclose(both[name], network[name], rtol=1e-5, atol=1e-7)


def test_a_cache_helps_a_network_that_learned_little(tmp_path: Path) -> None:
    make_run(tmp_path / "run", prose(), "lstm-1x8")
    home = tmp_path / "run" / "novel"
    paths = {part: home / f"{part}.npy" for part in ("val", "test")}
    paths |= {"corpus": home / "corpus.json", "model": home / "models/lstm-1x8.safetensors"}
    corpus = Corpus.load(paths["corpus"])
    output = tmp_path / "lstm-1x8+cache.parquet"
    score_with_cache(paths, output, corpus.unroll, "cpu")
    trained = load_trained(paths["model"], corpus)
    alone = of_network((trained, None, corpus, np.load(paths["test"])))
    both = read_probabilities(output)
    losses = [-np.log(c["probability"]).mean() for c in (both, alone)]
    assert losses[0] < losses[1]
    assert read_metadata(output).config["theta"] in (0.3, 1.0, 3.0)


def test_its_name() -> None:
    assert scored("lstm-2x64+ngram") == ("lstm-2x64", "ngram")
    assert scored("lstm-2x64+else") is None
    assert scored("mine+ngram") is None
    assert title("lstm-2x64+ngram") == "LSTM-2 (64) + n-gram"
    names = ["mine", "gru-1x64+ngram", "n-gram-20", "lstm-1x64+ngram", "gru-1x64"]
    assert sorted(names, key=sort_key) == [
        "gru-1x64",
        "n-gram-20",
        "lstm-1x64+ngram",
        "gru-1x64+ngram",
        "mine",
    ]
