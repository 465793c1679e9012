"""How many bytes a character of a corpus has, and what its numbers are therefore per."""

from __future__ import annotations

import numpy as np
import pytest
from charlens.text.code_points import unit_of
from charlens.text.corpus import prepare, save_split
from charlens.text.encoding_guess import guess, of_corpus
from charlens.text.units import BYTE, CHARACTER, per
from charlens.text.widths import widths
from languages import LANGUAGES, encoded


def width(folder, data: bytes, encoding: str | None = None) -> float:
    """Bytes of a character of a text, from the files of a corpus."""
    corpus, splits = prepare(data, "text", "a test", "streams", 4, 20, 0.8, 0.1)
    corpus.save(folder / "corpus.json")
    save_split(folder / "test.npy", splits["test"])
    made = widths([folder / "corpus.json"], [folder / "test.npy"], {"text": encoding})
    assert made == widths([corpus], [folder / "test.npy"], {"text": encoding})
    return made["text"]


@pytest.mark.parametrize(
    ("name", "low", "high", "what"),
    [
        ("korean", 2.3, 2.7, BYTE),
        ("chinese", 2.7, 3.0, BYTE),
        ("chinese_gb", 1.8, 2.0, BYTE),
        ("russian_wide", 2.0, 2.0, BYTE),
        ("russian", 1.0, 1.0, CHARACTER),
        ("french", 1.0, 1.0, CHARACTER),
    ],
)
def test_by_language(tmp_path, name: str, low: float, high: float, what: str) -> None:
    data = encoded(name, 60)
    bytes_ = width(tmp_path, data, LANGUAGES[name][1])
    # Each stream may begin and end inside a character, whose bytes then count for themselves.
    assert low * 0.95 <= bytes_ <= high * 1.0001
    assert per(bytes_) == what
    assert unit_of(data) == f"nats per {what}"


def test_of_ascii_it_is_one_and_a_rare_letter_changes_no_unit(tmp_path) -> None:
    plain = b"The cat sat on the mat, and nobody asked it why. " * 300
    assert width(tmp_path, plain) == 1.0
    rare = width(tmp_path, plain[:-200] + "é".encode() + plain[-200:])
    assert 1.0 < rare < 1.001
    assert per(rare) == CHARACTER


def test_the_encoding_that_a_config_names_decides(tmp_path) -> None:
    data = encoded("korean", 60)
    assert per(width(tmp_path, data, "latin-1")) == CHARACTER
    assert per(width(tmp_path, data)) == BYTE


@pytest.mark.parametrize("name", ["chinese_gb", "russian_wide", "japanese_sjis", "french", "thai"])
def test_the_encoding_of_a_corpus_is_guessed_from_the_bytes_that_are_predicted(name: str) -> None:
    """Streams so short that another byte makes another guess; the tables must agree on one."""
    data = encoded(name, 20)
    for batch, unroll in ((2, 15), (3, 20), (4, 31), (4, 20)):
        corpus, splits = prepare(data, "text", "a test", "streams", batch, unroll, 0.5, 0.2)
        predicted = np.array(corpus.vocabulary, np.uint8)[splits["test"]][:, 1:]
        assert of_corpus(None, corpus, splits["test"]) == guess(predicted)
