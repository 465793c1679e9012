"""The vocabulary and the two splits, against PAPER facts, a slow reference and properties."""

import json
import os
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.blocks import block_counts
from charlens.text.corpus import Corpus, decode, encode, load_split, prepare, save_split
from charlens.text.splits import SCHEMES, SPLITS
from hypothesis import given
from hypothesis import strategies as st

SHARED = Path(__file__).parents[2] / ".." / "shared" / "corpora"
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", SHARED))


def published(name):
    path = CORPORA / name
    if not path.is_file():
        pytest.skip(f"{name} is not in CHARLENS_CORPORA or ../shared/corpora")
    return path.read_bytes()


def prepared(data, split, batch, unroll, train=0.8, val=0.1):
    return prepare(data, "some", "a text", split, batch, unroll, train, val)


@st.composite
def layouts(draw):
    """Corpus positions as data (every byte tells where it is), with a layout that fits."""
    batch, unroll = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    percents = draw(st.tuples(st.integers(5, 80), st.integers(5, 40)))
    percents = (percents[0], min(percents[1], 95 - percents[0]))
    train, val = percents[0] / 100, percents[1] / 100
    blocks = draw(st.integers(3, 30))
    while min(block_counts(blocks * batch * unroll, batch, unroll, train, val)) < 1:
        blocks += 1
    tail = draw(st.integers(0, batch * unroll - 1))
    return blocks * batch * unroll + tail, batch, unroll, train, val


def positions(size, batch, unroll, train, val, scheme):
    """Split an array of corpus positions by splitting its base-256 digits one after another."""
    index = np.arange(size)
    low, high = (index % 256).astype(np.uint8), (index // 256).astype(np.uint8)
    splits = [SCHEMES[scheme](digit, batch, unroll, train, val) for digit in (low, high)]
    return {name: splits[0][name] + 256 * splits[1][name].astype(int) for name in SPLITS}


@pytest.mark.parametrize("scheme", SCHEMES)
@given(layout=layouts())
def test_targets_follow_inputs_and_splits_are_disjoint(scheme, layout):
    size, batch, unroll, train, val = layout
    blocks = size // (batch * unroll)
    counts = block_counts(size, batch, unroll, train, val)
    cut = positions(size, batch, unroll, train, val, scheme)
    for name, count in zip(SPLITS, counts, strict=True):
        assert cut[name].shape == (batch, count * unroll + 1)
        assert np.array_equal(cut[name][:, 1:], (cut[name][:, :-1] + 1) % size)
    inputs = np.concatenate([cut[name][:, :-1].ravel() for name in SPLITS])
    # Disjoint and together the whole corpus less its tail.
    assert np.array_equal(np.sort(inputs), np.arange(blocks * batch * unroll))
    assert counts[0] == Fraction(str(train)) * blocks // 1
    assert counts[1] == Fraction(str(val)) * blocks // 1


@given(layout=layouts())
def test_streams_is_the_layout_of_the_paper(layout):
    size, batch, unroll, train, val = layout
    length = size // (batch * unroll) * unroll
    first, second, _ = (n * unroll for n in block_counts(size, batch, unroll, train, val))
    cut = positions(size, batch, unroll, train, val, "streams")
    for row in range(batch):
        start = row * length
        assert cut["train"][row, 0] == start
        assert cut["val"][row, 0] == start + first
        assert cut["test"][row, 0] == start + first + second
        assert cut["test"][row, -2] == start + length - 1


@given(layout=layouts())
def test_position_puts_all_training_text_before_all_test_text(layout):
    size, batch, unroll, train, val = layout
    cut = positions(size, batch, unroll, train, val, "position")
    inputs = [cut[name][:, :-1].ravel() for name in SPLITS]
    assert np.array_equal(np.concatenate(inputs), np.arange(sum(map(len, inputs))))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("tail", [0, 1])
def test_last_target_wraps_only_when_the_corpus_ends_there(scheme, tail):
    size = 2 * 3 * 10 + tail
    cut = positions(size, 2, 3, 0.8, 0.1, scheme)
    assert cut["test"][-1, -1] == (0 if tail == 0 else 60)


@given(data=st.binary(min_size=1, max_size=300))
def test_encoding_is_reversible_and_sorted(data):
    codes, vocabulary = encode(data)
    assert codes.dtype == np.uint8
    assert vocabulary == tuple(sorted(set(data)))
    assert decode(codes, vocabulary) == data


def test_all_256_byte_values_fit():
    codes, vocabulary = encode(bytes(range(256)))
    assert len(vocabulary) == 256
    assert codes.max() == 255


def test_fractions_are_taken_as_written():
    # 0.29 * 100 is 28.999… in floating point.
    assert block_counts(100, 1, 1, 0.29, 0.57) == (29, 57, 14)


@pytest.mark.parametrize("split", SCHEMES)
def test_one_distinct_byte_is_a_corpus(split):
    corpus, splits = prepared(b"a" * 1000, split, 10, 10)
    assert corpus.k == 1
    assert all(not rows.any() for rows in splits.values())


def test_war_and_peace_has_the_sizes_of_the_paper():
    data = published("warpeace_input.txt")
    corpus, splits = prepared(data, "streams", 100, 100)
    assert (corpus.k, corpus.bytes) == (87, 3_258_246)
    assert corpus.sizes == {"train": 2_600_000, "val": 320_000, "test": 330_000}
    text = np.frombuffer(data, np.uint8)[:3_250_000].reshape(100, 32_500)
    for name, start, stop in (
        ("train", 0, 26_000),
        ("val", 26_000, 29_200),
        ("test", 29_200, 32_500),
    ):
        assert decode(splits[name][:, :-1], corpus.vocabulary) == text[:, start:stop].tobytes()
    assert decode(splits["test"][-1, -1:], corpus.vocabulary) == data[3_250_000:3_250_001]


def test_war_and_peace_by_position():
    data = published("warpeace_input.txt")
    corpus, splits = prepared(data, "position", 100, 100)
    assert corpus.sizes == {"train": 2_600_000, "val": 320_000, "test": 330_000}
    assert decode(splits["test"][:, :-1], corpus.vocabulary) == data[2_920_000:3_250_000]


def test_linux_kernel_has_the_sizes_of_the_paper():
    corpus, _ = prepared(
        published("linux_kernel_v4.1-rc6.txt"), "streams", 100, 100, train=0.9, val=0.05
    )
    assert corpus.k == 101
    assert corpus.sizes == {"train": 5_580_000, "val": 310_000, "test": 310_000}


def test_too_short_is_reported_with_the_size_that_is_enough():
    with pytest.raises(CharlensError, match=r"at least 1,000 bytes") as caught:
        prepared(b"x" * 999, "streams", 10, 10)
    assert "\n" not in str(caught.value)
    prepared(b"x" * 1000, "streams", 10, 10)


@pytest.mark.parametrize(
    ("train", "val"), [(1e-9, 0.1), (0.8, 1e-4), (0.29, 0.7), (0.9, 0.05), (0.55, 0.449)]
)
def test_the_size_that_is_enough_is_found_at_once_and_is_the_least(train, val):
    with pytest.raises(CharlensError) as caught:
        prepared(b"x" * 8, "streams", 2, 3, train, val)
    enough = int(re.search(r"at least ([\d,]+) bytes", str(caught.value))[1].replace(",", ""))
    assert min(block_counts(enough, 2, 3, train, val)) >= 1
    assert min(block_counts(enough - 1, 2, 3, train, val)) < 1


def test_unknown_split_is_reported():
    with pytest.raises(CharlensError, match=r"corpora\.some\.split.*'random'"):
        prepared(b"x" * 1000, "random", 10, 10)


def test_saved_and_loaded_are_equal(tmp_path):
    corpus, splits = prepared(b"hello, world! " * 100, "streams", 5, 7)
    corpus.save(tmp_path / "corpus.json")
    assert Corpus.load(tmp_path / "corpus.json") == corpus
    for name, rows in splits.items():
        save_split(tmp_path / f"{name}.npy", rows)
        loaded = load_split(tmp_path / f"{name}.npy")
        assert loaded.dtype == np.uint8
        assert np.array_equal(loaded, rows)
        assert rows[:, 1:].size == corpus.sizes[name]
        with pytest.raises(ValueError, match="read-only"):
            loaded[0, 0] = 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "corpus.json",
        "test.npy",
        "train.npy",
        "val.npy",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "format 1, found 99"),
        ({"bytes": "many"}, "int under 'bytes'"),
        ({"colour": "red"}, "unknown keys colour"),
        ({"split": "random"}, "found 'random'"),
        ({"sizes": {"train": 1}}, "sizes of train, val, test"),
        ({"vocabulary": [3, 2, 1]}, "increasing"),
        ({"vocabulary": [1000]}, "byte values"),
    ],
)
def test_a_changed_corpus_json_is_reported(tmp_path, change, message):
    path = tmp_path / "corpus.json"
    prepared(b"ab" * 500, "streams", 10, 10)[0].save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CharlensError, match=message) as caught:
        Corpus.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_corpus_json_that_is_none_is_reported(tmp_path, content):
    path = tmp_path / "corpus.json"
    path.write_bytes(content)
    with pytest.raises(CharlensError, match="expected"):
        Corpus.load(path)


def test_missing_files_are_reported(tmp_path):
    for load in (Corpus.load, load_split):
        with pytest.raises(CharlensError, match="cannot be read"):
            load(tmp_path / "nothing")


@pytest.mark.parametrize(
    "array", [np.zeros(5, np.uint8), np.zeros((2, 2)), np.zeros((0, 3), np.uint8)]
)
def test_an_array_that_is_no_split_is_reported(tmp_path, array):
    path = tmp_path / "train.npy"
    np.save(path, array)
    with pytest.raises(CharlensError, match="expected uint8 of shape"):
        load_split(path)


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY"])
def test_a_damaged_split_is_reported(tmp_path, content):
    path = tmp_path / "train.npy"
    path.write_bytes(content)
    with pytest.raises(CharlensError, match="damaged"):
        load_split(path)


def test_a_truncated_split_is_reported(tmp_path):
    path = tmp_path / "train.npy"
    save_split(path, np.zeros((10, 101), np.uint8))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(CharlensError, match="damaged"):
        load_split(path)
