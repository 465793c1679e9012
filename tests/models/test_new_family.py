"""A new family of the grid: entries in the catalogue and in ``families``, a shape and a class.

The family knows the last character alone, through the tables of a 1-NN. Its weights start from a
draw of its own, and an optimiser of its own trains them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest
import torch
from charlens.analyses.context_length import table as table2
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.cross_entropy.markdown import markdown
from charlens.errors import CharlensError
from charlens.models import catalogue
from charlens.models import names as model_id
from charlens.models.families import FAMILIES, Family, build_model, family_of, shape_of, shapes_for
from charlens.models.n_nn import Context, ContextModel
from charlens.models.parameters import budget, parameter_count, solve_width
from charlens.study.config import Config
from charlens.text.corpus import Corpus
from charlens.training.optimisers import OPTIMISERS
from charlens.training.settings import Training
from charlens.training.task import Keep, Task
from charlens.training.trainer import Trainer
from probability_files import constant, sha256, write_model


@dataclass(frozen=True)
class Pairs(Context):
    """The architecture; ``layers`` is read from the id and changes nothing."""

    layers: int = 1


class Momentum:
    """Gradient descent with momentum: its state has another name than RMSProp's."""

    def __init__(self, weights, training, layout, windows):
        self.weights, self.rate = weights, training.learning_rate
        self.velocity = torch.zeros_like(weights)

    @property
    def state(self):
        return {"velocity": self.velocity}

    def start_epoch(self, epoch):
        pass

    def rate_in(self, epoch):
        return self.rate

    def update(self, grad):
        self.velocity.mul_(0.9).add_(grad)
        self.weights.sub_(self.velocity * self.rate)


def read(model, k, widths):
    point = model_id.parse(model)
    if point is None or catalogue.grid_family(point.cell) != "pairs":
        return []
    width = solve_width(lambda w: Pairs(1, w, k, point.layers), budget(point.size, k), model)
    return [Pairs(1, width, k, point.layers)]


def halves(layout, generator, init_range):
    """All weights of a size, with random signs."""
    return {
        name: init_range * torch.sign(torch.rand(1, *entry.true, generator=generator) - 0.5)
        for name, entry in layout.entries.items()
    }


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    entry = catalogue.Cell("Pairs", quantities="h", color="#E69F00", family="pairs")
    monkeypatch.setitem(catalogue.CELLS, "pairs", entry)
    monkeypatch.setitem(catalogue.GRID_FAMILIES, "pairs", "pair model")
    monkeypatch.setitem(OPTIMISERS, "momentum", Momentum)
    family = Family(Pairs, ContextModel, read, initial=halves, optimiser="momentum")
    monkeypatch.setitem(FAMILIES, "pairs", family)


def test_an_id_means_the_architecture_that_fits_its_budget():
    (shape,) = shapes_for("pairs-2x16", 30)
    assert (family_of(shape), shape.layers) == ("pairs", 2)
    misses = [abs(parameter_count(Pairs(1, w, 30)) - budget(16, 30)) for w in range(1, 200)]
    assert misses.index(min(misses)) + 1 == shape.width
    metadata = {"family": "pairs"} | {f.name: getattr(shape, f.name) for f in fields(shape)}
    assert shape_of(metadata) == shape
    assert family_of(Context(1, 5, 30)) == "n-nn"
    assert isinstance(build_model(shape, batch=1, steps=1, training=False), ContextModel)


def trainer(folder, epochs, **more):
    """Text in which a character says what follows it: 0 1 2 3 0 1 2 3 …"""
    codes = np.resize(np.arange(4, dtype=np.uint8), (2, 81))
    settings = {"epochs": epochs, "batch": 2, "unroll": 8, "device": "cpu", "learning_rate": 0.05}
    training = Training(**settings, dropout=(0.0, 0.1), patience=more.pop("patience", None))
    (shape,) = shapes_for("pairs-1x8", 4)
    return Trainer(Task("text/pairs-1x8", shape, training, 1), codes, codes, Keep(folder, **more))


def test_it_trains_from_its_own_weights_with_its_own_optimiser(tmp_path):
    run = trainer(tmp_path, 6)
    assert isinstance(run.windows.optimiser, Momentum)
    assert torch.equal(run.windows.model.flat.abs(), torch.full_like(run.windows.model.flat, 0.08))
    trained = run.run()
    losses = [row["train_loss"] for row in trained.curve if row["dropout"] == 0.0]
    assert losses[0] < np.log(4)
    assert losses[-1] < 0.1 * losses[0]


def test_the_state_of_its_optimiser_survives_an_interruption(tmp_path):
    whole = trainer(tmp_path / "whole", 4).run()
    half = trainer(tmp_path / "half", 4)
    for _ in range(2):
        half.run_epoch(lambda windows: None)
    half.save()
    again = trainer(tmp_path / "half", 4)
    trained = again.run()
    assert trained.curve == whole.curve
    assert all(torch.equal(trained.weights[name], w) for name, w in whole.weights.items())


def test_a_candidate_that_stops_takes_its_state_along(tmp_path):
    run = trainer(tmp_path, 4)
    for _ in range(2):
        run.run_epoch(lambda windows: None)
    velocity = run.windows.optimiser.velocity[1].clone()
    run._stop_the_others([1])
    assert torch.equal(run.windows.optimiser.velocity, velocity[None])


def test_config_titles_order_and_tables(tmp_path):
    block = {"cells": ["pairs", "lstm"], "layers": [1], "sizes": [8]}
    corpora = {"text": {"source": {"builtin": "python_docs"}}}
    config = Config.load({"run": "test", "corpora": corpora, "grid": [block]})
    assert config.models("text") == ("pairs-1x8", "lstm-1x8")
    files = [write_model(tmp_path, model) for model in config.models("text")]
    table = cross_entropy.table(files, bootstrap=2, seed=1)
    assert list(table["model"]) == ["lstm-1x8", "pairs-1x8"]
    assert "| Size | LSTM-1 | Pairs-1 |" in markdown(table, 2)


NAMES = ["zebra", "n-nn-10", "gpt2-1x16", "n-nn-2", "n-gram-20", "lstm-1x16", "gru-1x16", "apple"]


def test_ids_of_every_kind_pass_through_titles_and_sorting():
    ordered = sorted([*NAMES, "pairs-1x16"], key=model_id.sort_key)
    assert ordered == [
        "lstm-1x16", "gru-1x16", "pairs-1x16", "gpt2-1x16",
        "n-gram-20", "n-nn-2", "n-nn-10", "apple", "zebra",
    ]  # fmt: skip
    assert [model_id.title(name) for name in ordered] == [
        "LSTM-1 (16)", "GRU-1 (16)", "Pairs-1 (16)", "GPT2-1 (16)",
        "20-gram", "2-NN", "10-NN", "apple", "zebra",
    ]  # fmt: skip


def test_the_best_recurrent_model_of_table_2_is_recurrent(tmp_path):
    """A Transformer from elsewhere, or a model of another family, is not, however good it is."""
    sizes = {"train": 2400, "val": 300, "test": 300}
    facts = ("test", 3000, 2, sha256("text"), "streams", 10, 10, 0.8, 0.1, sizes, (65, 66))
    chances = {"lstm-1x8": 0.3, "gru-1x8": 0.2, "n-nn-2": 0.1, "pairs-1x8": 0.8, "gpt2-1x16": 0.9}
    files = [
        write_model(tmp_path, model, "text", **constant(chance))
        for model, chance in chances.items()
    ]
    table = table2.table([], files, [Corpus("text", *facts)], bootstrap=2, seed=1)
    assert dict(zip(table["family"], table["model"], strict=True)) == {
        "n-nn": "n-nn-2",
        "recurrent best": "lstm-1x8",
    }


def test_an_id_of_no_family_is_one_clear_error():
    for model in ("gpt2-1x16", "n-nn-0", "n-gram-3", "apple"):
        with pytest.raises(CharlensError, match=r"expected e\.g\. lstm-3x512 or n-nn-3"):
            shapes_for(model, 7, (4,))
