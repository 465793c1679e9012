"""General compressors: their numbers, their table, and that the config knows each."""

import lzma
import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.context_length import compressors
from charlens.analyses.context_length.compressors import COMPRESSORS, compressed, read
from charlens.study.sections.models import Compressors
from charlens.text.corpus import prepare, save_split
from scripts_alone import run_script
from small_run import prose


def splits(data: bytes):
    return prepare(data, "novel", "test", "streams", 4, 20, 0.8, 0.1)


def test_numbers_are_the_growth_of_the_compressed_text() -> None:
    corpus, parts = splits(prose(6000))
    frame = compressed(corpus, parts["train"], parts["test"], ["xz"]).iloc[0]
    vocabulary = bytes(corpus.vocabulary)
    train, test = (
        bytes(vocabulary[code] for row in parts[name] for code in row[:-1])
        for name in ("train", "test")
    )
    chain = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    grown = [
        len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=chain))
        for data in (train, train + test)
    ]
    assert [frame["train_bytes"], frame["both_bytes"]] == grown
    assert frame["characters"] == len(test)
    bits = 8 * (grown[1] - grown[0]) / len(test)
    assert frame["cross_entropy"] == pytest.approx(bits * math.log(2))


@pytest.mark.parametrize("name", COMPRESSORS)
def test_each_gains_from_order_and_from_text_seen_before(name: str) -> None:
    size = COMPRESSORS[name].size
    draw = np.random.default_rng(0)
    noise, text = draw.integers(0, 256, 20_000, np.uint8).tobytes(), prose(4000)
    assert size(noise) == pytest.approx(len(noise), rel=0.03)
    assert size(text) < len(text) / 2
    assert size(text) == size(text)
    assert size(text + text) < 1.9 * size(text)


def test_the_config_has_every_compressor() -> None:
    element = get_args(Compressors.model_fields["names"].annotation)[0]
    assert set(get_args(element)) == COMPRESSORS.keys() == set(Compressors().names)


def test_the_script_writes_a_table_that_is_read_again(tmp_path, monkeypatch) -> None:
    corpus, parts = splits(prose(3000))
    inputs = {name: tmp_path / f"{name}.npy" for name in ("train", "test")}
    for name, path in inputs.items():
        save_split(path, parts[name])
    inputs["corpus"] = tmp_path / "corpus.json"
    corpus.save(inputs["corpus"])
    names = ["zstd", "ppmd"]
    made = run_script(tmp_path, monkeypatch, "compress", inputs, {"csv": "c.csv"}, names=names)
    frame = read(made["csv"])
    assert frame["compressor"].tolist() == names
    expected = compressed(corpus, parts["train"], parts["test"], names)
    pd.testing.assert_frame_equal(frame, expected)
    text = "\n".join(compressors.lines(frame))
    assert (
        f"| PPMd (variant I, order 16, 512 MB) | streams | {frame['cross_entropy'][1]:.3f} |"
        in text
    )
    assert compressors.lines(frame.iloc[:0]) == []
