"""Who competes where errors are compared."""

from dataclasses import replace

import numpy as np
import pytest
from charlens.analyses.contest import (
    REASONS,
    Record,
    best_lstm,
    best_n_nn,
    choose,
    contests,
    deepest_lstm,
    longest_n_gram,
    read,
    smallest_lstm,
)
from charlens.analyses.shared_errors import overlap
from charlens.display.wording import rst_model
from charlens.errors import CharlensError
from charlens.models.names import title
from charlens.predictions.file import read_metadata, read_probabilities, write_probabilities
from contests import a_corpus
from hypothesis import given
from hypothesis import strategies as st
from probability_files import constant, random_columns, sha256, write_model

ROWS = 300
LOSSES = {
    "lstm-1x512": 1.0, "lstm-1x64": 1.6, "lstm-3x64": 1.5, "lstm-3x512": 1.2, "lstm-3x256": 1.1,
    "gru-3x512": 0.5, "gru-4x32": 0.4, "rnn-3x64": 0.3, "n-nn-2": 1.9, "n-nn-6": 1.4,
    "n-nn-10": 1.7, "n-gram-9": 0.1, "n-gram-20": 1.3, "n-gram-3": 0.2, "transformer-5x512": 0.01,
}  # fmt: skip
RECORDS = [Record(f"{model}.parquet", model, loss) for model, loss in LOSSES.items()]
CHOICES = {
    deepest_lstm: "lstm-3x256",  # the best of all has one layer
    best_lstm: "lstm-1x512",
    smallest_lstm: "lstm-3x64",
    best_n_nn: "n-nn-6",
    longest_n_gram: "n-gram-20",  # though a shorter one is better
}


@given(st.permutations(RECORDS))
def test_choices(records):
    for choice, expected in CHOICES.items():
        assert choice(records).model == expected


def test_a_diverged_model_is_chosen_only_where_there_is_no_other():
    losses = {"lstm-1x64": 1.6, "lstm-1x32": 2.0, "lstm-3x64": 5.6, "lstm-2x16": np.inf}
    records = [Record("x", model, loss, loss > 5.5) for model, loss in losses.items()]
    chosen = [choice(records).model for choice in (deepest_lstm, best_lstm, smallest_lstm)]
    assert chosen == ["lstm-1x64", "lstm-1x64", "lstm-1x32"]
    assert deepest_lstm(records[2:]).model == "lstm-3x64"
    assert smallest_lstm(records[2:]).model == "lstm-2x16"


def test_nothing_to_choose_from():
    others = [Record("x", model, 1.0) for model in ("gru-1x64", "my-model", "n-nn", "n-gram-07")]
    for choice in CHOICES:
        assert choice([]) is None
        assert choice(others) is None


def test_equal_losses_are_settled_by_name():
    records = [Record("x", model, 1.0) for model in ("lstm-2x128", "lstm-2x64", "lstm-1x64")]
    assert {deepest_lstm(order).model for order in (records, records[::-1])} == {"lstm-2x64"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [("lstm-3x512", "LSTM-3 (512)"), ("n-nn-7", "7-NN"), ("n-gram-20", "20-gram"),
     ("my-model", "my-model"), ("n-nn", "n-nn")],
)  # fmt: skip
def test_titles(model, expected):
    assert title(model) == expected


# Files


def files(folder, corpus, losses):
    """Files of given mean losses (of one probability throughout)."""
    return [
        write_model(folder, model, corpus, **constant(float(np.exp(-loss))))
        for model, loss in losses.items()
    ]


def test_from_files(tmp_path):
    ours = files(tmp_path, "a", LOSSES)
    ours += files(tmp_path, "b", {"lstm-1x8": 2.0, "n-gram-2": 2.0})
    # One whose name is that of an LSTM, and better than all of ours, competes as itself.
    external = files(tmp_path, "a", {"lstm-9x9": 0.1, "my_model": 3.0})
    corpora = [a_corpus("a", ROWS), a_corpus("b", ROWS)]
    first, second = contests(ours, external, corpora, "deepest")
    assert (first.lstm, first.n_nn, first.n_gram) == ("lstm-3x256", "n-nn-6", "n-gram-20")
    assert first.external == ("lstm-9x9", "my_model")
    assert list(first.probability) == [
        "lstm-3x256", "n-nn-6", "n-gram-20", "lstm-9x9", "my_model",
    ]  # fmt: skip
    np.testing.assert_allclose(first.probability["n-nn-6"], np.exp(-1.4), rtol=1e-6)
    assert first.byte.tolist() == random_columns(ROWS)["byte"].tolist()
    assert (second.corpus.name, second.lstm, second.n_nn) == ("b", "lstm-1x8", None)
    assert second.external == ()


def with_val_losses(folder, losses):
    """Files whose validation losses rank the models the other way round."""
    paths = files(folder, "a", losses)
    for path, loss in zip(paths, losses.values(), strict=True):
        metadata = replace(read_metadata(path), config={"val_loss": 3 - loss})
        write_probabilities(path, read_probabilities(path), metadata)
    return paths


NETWORKS = {
    "best": ("lstm-1x64", "n-nn-2", "best"),  # by validation loss, the worst on the test split
    "deepest": ("lstm-3x256", "n-nn-6", "deepest"),
    "lstm-3x64": ("lstm-3x64", "n-nn-6", "named"),
}


@pytest.mark.parametrize(("network", "expected"), NETWORKS.items())
def test_the_config_says_which_lstm_is_compared(tmp_path, network, expected):
    paths = with_val_losses(tmp_path, LOSSES)
    (compared,) = contests(paths, [], [a_corpus("a", ROWS)], network)
    assert (compared.lstm, compared.n_nn, compared.chosen) == expected
    assert compared.n_gram == "n-gram-20"
    table = overlap.table([compared])
    (sentence,) = [line for line in overlap.sentences(table) if line.startswith("Compared")]
    assert sentence == f"Compared on A is {rst_model(compared.lstm)}, {REASONS[compared.chosen]}."


def test_without_a_validation_loss_the_test_loss_decides(tmp_path):
    paths = with_val_losses(tmp_path, LOSSES)
    (bare,) = files(tmp_path / "bare", "a", {"lstm-2x8": 2.5})
    (compared,) = contests([*paths, bare], [], [a_corpus("a", ROWS)])
    assert (compared.lstm, compared.chosen) == ("lstm-1x512", "tested")


def test_an_lstm_that_a_corpus_lacks(tmp_path):
    with pytest.raises(CharlensError, match=r"a: has no LSTM-7 \(8\) to compare errors with"):
        contests(files(tmp_path, "a", LOSSES), [], [a_corpus("a", ROWS)], "lstm-7x8")


def test_losses_of_files(tmp_path):
    path = write_model(tmp_path, "lstm-1x8", "a")
    zero = write_model(tmp_path, "n-gram-1", "a", **constant(0.0))
    (scored,) = read([path, zero], [], [a_corpus("a", ROWS)])
    probability = scored.probability["lstm-1x8"].astype(float)
    assert scored.records[0].path == path
    assert scored.records[0].loss == pytest.approx(-sum(np.log(probability)) / ROWS)
    assert scored.records[1].loss == np.inf
    assert [record.diverged for record in scored.records] == [False, True]


def test_files_that_do_not_go_together(tmp_path):
    ours = files(tmp_path, "a", {"lstm-1x8": 2.0, "n-gram-2": 2.0})
    (foreign,) = files(tmp_path, "b", {"lstm-1x8": 2.0})
    moved = random_columns(ROWS)["byte"].copy()
    moved[7] ^= 1
    other = write_model(tmp_path, "my-model", "a", byte=moved)
    shorter = write_model(tmp_path, "short", "a", rows=200)
    a, b = a_corpus("a", ROWS), a_corpus("b", ROWS)
    for arguments, message in (
        ((ours, [foreign], [a]), "belongs to the corpus b, expected one of a"),
        ((ours, [ours[0]], [a]), "model lstm-1x8 on a is already in"),
        ((ours, [other], [a]), "my-model.parquet: row 7: byte is"),
        ((ours, [shorter], [a]), "short.parquet: holds 200 characters, expected 300"),
        ((ours, [], [a, b]), "b: expected probabilities files of its models, found none"),
        ((ours[:1], [], [a]), "a: has no n-gram model to compare"),
        ((ours[1:], [], [a]), "a: has no LSTM to compare"),
    ):
        with pytest.raises(CharlensError, match=message) as caught:
            contests(*arguments)
        assert "\n" not in str(caught.value)
    assert a.sha256 == sha256("a")
    with pytest.raises(CharlensError, match="no LSTM"):
        choose(read([], ours, [a])[0])
