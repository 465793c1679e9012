"""Training dynamics: KL and losses against whole distributions written out, and the summary."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.analyses.training_dynamics import figure as figure5_right
from charlens.analyses.training_dynamics import table as dynamics
from charlens.analyses.training_dynamics.measure import measure, symmetric_kl
from charlens.display import style
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models.ngram.model import NgramModel
from charlens.models.running import windows
from charlens.models.trained import load_trained
from charlens.predictions.score_ngram import fit_n_gram
from charlens.text.corpus import Corpus, load_split, prepare, save_split
from charlens.text.splits import SPLITS
from charlens.training.grid_point import train_grid_point
from charlens.training.settings import Training
from scripts_alone import run_script

TEXT = b"".join(b"%d is before %d;\n" % (n, n + 1) for n in range(260))
EPOCHS = [0.25, 1.0, 2.0]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A corpus, early checkpoints of an LSTM, two n-NNs and an n-gram model."""
    folder = tmp_path_factory.mktemp("dynamics")
    corpus, splits = prepare(TEXT, "toy", "a test", "streams", 4, 10, 0.8, 0.1)
    corpus.save(folder / "corpus.json")
    paths = {"corpus": folder / "corpus.json"}
    for split in SPLITS:
        paths[split] = folder / f"{split}.npy"
        save_split(paths[split], splits[split])
    training = Training(epochs=2, batch=4, unroll=10, device="cpu", learning_rate=0.01)

    def train(model, widths=(), early=()):
        outputs = {"model": folder / f"{model}.safetensors", "curve": folder / "curve.parquet"}
        outputs["checkpoints"] = [folder / f"{model}.{epoch}.safetensors" for epoch in early]
        train_grid_point(paths, outputs, model, training, 1, folder / "resume", "", widths, early)
        return outputs

    made = train("lstm-2x8", early=EPOCHS)
    paths["checkpoints"] = made["checkpoints"]
    paths["n_nn"] = [train(f"n-nn-{n}", (6,))["model"] for n in (1, 3)]
    paths["n_gram"] = [folder / "n-gram.safetensors"]
    fit_n_gram({k: paths[k] for k in ("corpus", "train")}, paths["n_gram"][0], [1, 2, 12])
    return folder, paths


def whole_distributions(path, corpus, codes):
    """What a trained model predicts at every target, float64 (B, length, K)."""
    model = load_trained(path, corpus)
    parts = [
        log_p.transpose(0, 1).numpy().astype(np.float64).copy()
        for _, log_p, _ in windows(model.shape, model.weights, codes, 10)
    ]
    return np.exp(np.concatenate(parts, axis=1))


def n_gram_distributions(paths, corpus, codes, n):
    model = NgramModel.fit(load_split(paths["train"])[:, :-1].ravel(), 13)
    targets = codes[:, 1:].ravel()
    rows = np.empty((len(targets), corpus.k))
    for at, order, chances in model.distributions(targets, [n + 1], symbols=corpus.k):
        assert order == n + 1
        rows[at] = chances
    return rows.reshape(*codes[:, 1:].shape, corpus.k)


def test_every_number_equals_the_definition(study):
    folder, paths = study
    output = folder / "dynamics.csv"
    csv_tables.write(measure(paths, EPOCHS, [1, 2, 12], 10, "cpu"), output)
    table = dynamics.read(output)
    corpus, codes = Corpus.load(paths["corpus"]), load_split(paths["test"])
    others = {
        "n-nn-1": whole_distributions(paths["n_nn"][0], corpus, codes),
        "n-nn-3": whole_distributions(paths["n_nn"][1], corpus, codes),
    } | {f"n-gram-{n}": n_gram_distributions(paths, corpus, codes, n) for n in (1, 2, 12)}
    index = codes[:, 1:, None].astype(np.int64)
    assert len(table) == len(EPOCHS) * len(others)
    for epoch, path in zip(EPOCHS, paths["checkpoints"], strict=True):
        p = whole_distributions(path, corpus, codes)
        for name, q in others.items():
            row = table[(table["epoch"] == epoch) & (table["other"] == name)].iloc[0]
            kl = (p * np.log(p / q)).sum(-1) + (q * np.log(q / p)).sum(-1)
            assert row["kl"] == pytest.approx(kl.mean(), rel=1e-6, abs=1e-6)
            losses = [-np.log(np.take_along_axis(d, index, -1)).mean() for d in (p, q)]
            assert row["loss"] == pytest.approx(losses[0], abs=1e-6)
            assert row["other_loss"] == pytest.approx(losses[1], abs=1e-6)
            assert row["loss_difference"] == pytest.approx(losses[1] - losses[0], abs=1e-6)
            assert row["characters"] == codes[:, 1:].size


def test_symmetric_kl_is_symmetric_zero_on_equals_and_known_for_two_coins():
    p, q = (torch.tensor([x, 1 - x]).log() for x in (0.5, 0.9))
    expected = 0.4 * np.log(0.9 / 0.5) - 0.4 * np.log(0.1 / 0.5)
    assert float(symmetric_kl(p, q)) == pytest.approx(expected, rel=1e-6)
    assert float(symmetric_kl(q, p)) == pytest.approx(expected, rel=1e-6)
    assert float(symmetric_kl(p, p)) == 0


def table_of(kl, lead, other="n-nn-2"):
    epochs = np.arange(1, len(kl) + 1) / 2
    columns = {"corpus": "war_and_peace", "model": "lstm-3x512", "epoch": epochs, "other": other}
    columns |= {"characters": 9, "kl": kl, "loss": 2.0, "other_loss": np.add(lead, 2.0)}
    return pd.DataFrame(columns | {"loss_difference": lead}).astype(dynamics.COLUMNS)


def test_summary_finds_the_minimum_and_where_the_loss_crosses():
    row = dynamics.summary(table_of([3.0, 1.0, 2.0], [-1.0, -0.5, 1.0])).iloc[0]
    assert (row["kl_minimum"], row["kl_minimum_epoch"]) == (1.0, 1.0)
    assert row["crossing_epoch"] == pytest.approx(1.0 + 0.5 / 3)
    assert row["paper_kl_minimum"] == 1.6
    assert row["paper_crossing_epoch"] == 0.98


@pytest.mark.parametrize(("lead", "crossing"), [([-2, -1, -0.5], np.nan), ([1, 2, 3], 0.5)])
def test_summary_where_it_never_or_always_leads(lead, crossing):
    table = table_of([3.0, 1.0, 2.0], lead, "n-gram-9")
    row = dynamics.summary(table).iloc[0]
    assert row["crossing_epoch"] == pytest.approx(crossing, nan_ok=True)
    assert np.isnan(row["paper_kl_minimum"])
    text = dynamics.markdown(table)
    assert ("not yet" in text) == bool(np.isnan(crossing))


def test_a_kl_that_still_falls_has_no_minimum():
    table = table_of([3.0, 2.0, 1.0], [1, 2, 3])
    row = dynamics.summary(table).iloc[0]
    assert np.isnan([row["kl_minimum"], row["kl_minimum_epoch"]]).all()
    assert "| 2-NN | not yet (1.60) | not yet (1.07) |" in dynamics.markdown(table)


def test_losses_that_are_no_numbers_break_nothing():
    table = table_of([np.nan] * 3, [np.nan, -np.inf, np.nan])
    assert dynamics.summary(table)[["kl_minimum", "crossing_epoch"]].isna().all(axis=None)
    assert list(dynamics.sentences(table))[-1] == "It overtook none of them."
    row = dynamics.summary(table_of([3.0, np.nan, 2.0], [-1, -np.inf, 1])).iloc[0]
    assert row["crossing_epoch"] == 1.5


def test_nothing_to_compare_is_one_clear_error(study):
    _, paths = study
    lonely = {k: v for k, v in paths.items() if k not in ("n_nn", "n_gram")}
    with pytest.raises(CharlensError, match=r"figure5\.dynamics: expected .* 3 and 0"):
        measure(lonely, EPOCHS, [1], 10, "cpu")


def test_scripts_and_the_figure(study, monkeypatch, tmp_path):
    _, paths = study
    config = {"epochs": EPOCHS, "contexts": [1, 2], "unroll": 10, "device": "cpu"}
    config["encodings"] = {"toy": None}
    made = run_script(
        tmp_path, monkeypatch, "dynamics", paths, {"csv": "d.csv", "md": "d.md"}, **config
    )
    assert "| 2-gram |" in made["md"].read_text()
    names = {"pdf": "f.pdf", "png": "f.png", "csv": "f.csv"}
    given, module = {"dynamics": made["csv"]}, "charlens.analyses.training_dynamics.figure"
    one = run_script(tmp_path, monkeypatch, "draw", given, names, module)
    bytes_ = {kind: path.read_bytes() for kind, path in one.items()}
    two = run_script(tmp_path, monkeypatch, "draw", given, names, module)
    assert bytes_ == {kind: path.read_bytes() for kind, path in two.items()}
    figure = figure5_right.draw(dynamics.read(made["csv"]))
    kl, lead = figure.axes
    assert len(kl.lines) == 4  # two n-NNs, two n-gram models
    assert len(lead.lines) == 5  # and the line at zero
    assert figure.get_size_inches()[0] == style.COLUMN
