"""A network that learns as it reads: nothing comes from later text, a step is the equation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.trained import TrainedModel
from charlens.predictions.file import read_metadata, read_probabilities
from charlens.predictions.score import predictions
from charlens.predictions.scorers import with_dynamic
from charlens.predictions.scorers.with_dynamic import EPSILON, Learner, Rule, columns, loss
from charlens.text.corpus import Corpus, prepare
from reference_recurrence import losses
from small_run import make_run, prose

STEPS = 20


@pytest.fixture(scope="module")
def parts() -> tuple[TrainedModel, Corpus, dict[str, np.ndarray]]:
    corpus, splits = prepare(prose(1200), "novel", "test", "streams", 4, STEPS, 0.6, 0.2)
    shape = Shape("lstm", 2, 6, corpus.k)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(3), 0.5)
    return TrainedModel("lstm-2x6", shape, weights, {}), corpus, splits


@pytest.fixture
def learner(parts) -> Learner:
    trained, _, splits = parts
    learner = Learner(trained, STEPS, "cpu")
    learner.measure(splits["train"][:2, :101])
    return learner


def test_without_steps_it_is_the_network(parts, learner: Learner) -> None:
    trained, corpus, splits = parts
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    alone = predictions(trained.shape, trained.weights, splits["test"], vocabulary, STEPS)
    scored = columns(learner, splits["test"], Rule(), corpus)
    for name in ("position", "stream", "byte", "top_byte"):
        np.testing.assert_array_equal(scored[name], alone[name])
    for name in ("probability", "entropy", "top_probability"):
        np.testing.assert_allclose(scored[name], alone[name], rtol=2e-5)


def test_later_text_changes_no_earlier_prediction(parts, learner: Learner) -> None:
    _, corpus, splits = parts
    codes, rule = splits["test"].copy(), Rule(1e-2, 0.01)
    before = columns(learner, codes, rule, corpus)["probability"]
    length = codes.shape[1] - 1
    changed = 2 * length + 33  # in the third stream
    codes[2, 34] = (codes[2, 34] + 1) % corpus.k
    after = columns(learner, codes, rule, corpus)["probability"]
    np.testing.assert_array_equal(before[:changed], after[:changed])
    assert (before[changed + 1 :] != after[changed + 1 :]).mean() > 0.9
    again = columns(learner, splits["test"], rule, corpus)["probability"]
    np.testing.assert_array_equal(before, again)  # each reading begins with the trained weights


def test_one_step_is_the_equation(parts, learner: Learner) -> None:
    _, _, splits = parts
    rule, codes = Rule(0.02, 0.3), splits["test"][:1, : 2 * learner.segment + 1]
    held = learner._start
    moved = learner._start = held + 0.01 * torch.sign(held)  # weights that are off the trained ones
    learner.model.flat.copy_(held)
    window = torch.from_numpy(codes[0, : learner.segment + 1].astype(np.int64))
    named = learner.model.layout.unpack(held)
    weights = {name: weight[0].requires_grad_() for name, weight in named.items()}
    total = losses("lstm", weights, window[:-1, None], window[1:, None]) / learner.segment
    total.backward()
    gradient = torch.zeros_like(held)
    learner.model.layout.pack({n: w.grad[None] for n, w in weights.items()}, gradient)
    pull = (0.3 * learner._root / learner._root.mean()).clamp(max=1)
    expected = held - 0.02 * gradient / (learner._root + EPSILON)
    expected = expected + pull * (moved - held)
    reading = learner._segments(codes, rule)
    next(reading)
    next(reading)
    torch.testing.assert_close(learner.model.flat, expected, rtol=1e-4, atol=1e-6)


def test_a_network_learns_a_text_that_repeats(parts, learner: Learner) -> None:
    _, _, splits = parts
    codes = np.tile(splits["test"][:1, :40], (1, 50))[:, :1961]
    still, learning = (loss(learner, codes, rule, "x") for rule in (Rule(), Rule(0.02, 0.0)))
    assert learning < still - 0.3


def test_the_choice_is_made_on_validation_text_and_standing_still_is_one(parts, learner) -> None:
    _, _, splits = parts
    rule, nats = with_dynamic.chosen(learner, splits["val"], "x")
    tried = [Rule()] + [
        Rule(rate, decay) for rate in with_dynamic.RATES for decay in with_dynamic.DECAYS
    ]
    values = [loss(learner, splits["val"], one, "x") for one in tried]
    assert nats == min(values) <= values[0]
    assert rule == tried[int(np.argmin(values))]


def test_it_writes_an_ordinary_probabilities_file(tmp_path: Path) -> None:
    make_run(tmp_path, prose(800))
    home = tmp_path / "novel"
    inputs = {part: home / f"{part}.npy" for part in ("train", "val", "test")}
    inputs |= {"corpus": home / "corpus.json", "model": home / "models" / "lstm-2x8.safetensors"}
    path = home / "probabilities" / "lstm-2x8+dynamic.parquet"
    with_dynamic.score_with_dynamic(inputs, path, STEPS, "cpu")
    made = read_metadata(path)
    assert made.model == "lstm-2x8+dynamic"
    assert {"network", "rate", "decay", "segment"} <= made.config.keys()
    adapted, alone = (
        read_probabilities(path),
        read_probabilities(home / "probabilities" / "lstm-2x8.parquet"),
    )
    np.testing.assert_array_equal(adapted["byte"], alone["byte"])
    assert len(adapted["byte"]) == len(np.load(inputs["test"])[:, 1:].ravel())
