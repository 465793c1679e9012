"""A corpus's text put together again."""

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.corpus import prepare, save_split
from charlens.text.whole_text import load_text
from hypothesis import given, settings
from hypothesis import strategies as st


def saved(folder, data, split, batch=3, unroll=4, train=0.5, val=0.2, files=()):
    corpus, splits = prepare(data, "text", "test", split, batch, unroll, train, val, files)
    paths = {name: folder / f"{name}.npy" for name in splits}
    for name, rows in splits.items():
        save_split(paths[name], rows)
    return corpus, splits, paths


def text_of(size, seed=0):
    return np.random.default_rng(seed).integers(60, 90, size).astype(np.uint8).tobytes()


@pytest.mark.parametrize("tail", [0, 1, 7])
@pytest.mark.parametrize("split", ["streams", "position"])
def test_the_text_of_the_corpus(tmp_path, split, tail):
    data = text_of(120 + tail)  # 10 blocks of 4 in each of 3 streams
    corpus, splits, paths = saved(tmp_path, data, split)
    loaded = load_text(corpus, paths)
    follower = data[120:121] or data[:1]
    assert loaded.text.tobytes() == data[:120] + follower
    assert loaded.inputs.shape == loaded.targets.shape == (3, 12)
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    assert np.array_equal(loaded.text[loaded.inputs], vocabulary[splits["test"][:, :-1]])
    assert np.array_equal(loaded.text[loaded.targets], vocabulary[splits["test"][:, 1:]])


def test_where_the_test_split_lies(tmp_path):
    """Of 40 bytes in each of three streams the last 12; of 120 in a row the last 36."""
    corpus, _, paths = saved(tmp_path, text_of(125), "streams")
    expected = [list(range(start, start + 12)) for start in (28, 68, 108)]
    assert load_text(corpus, paths).inputs.tolist() == expected
    corpus, _, paths = saved(tmp_path, text_of(125), "position")
    expected = [list(range(start, start + 12)) for start in (84, 96, 108)]
    assert load_text(corpus, paths).inputs.tolist() == expected


@settings(max_examples=30)
@given(st.sampled_from(["streams", "position"]), st.integers(1, 4), st.integers(1, 5),
       st.integers(5, 12), st.integers(0, 30), st.integers(0, 9))  # fmt: skip
def test_any_corpus(tmp_path_factory, split, batch, unroll, blocks, extra, seed):
    folder = tmp_path_factory.getbasetemp()
    used = batch * unroll * blocks
    data = text_of(used + extra % (batch * unroll), seed)
    corpus, splits, paths = saved(folder, data, split, batch, unroll)
    loaded = load_text(corpus, paths)
    assert loaded.text[:-1].tobytes() == data[:used]
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    assert np.array_equal(loaded.text[loaded.inputs], vocabulary[splits["test"][:, :-1]])
    assert np.array_equal(loaded.text[loaded.targets], vocabulary[splits["test"][:, 1:]])


def test_a_text_split_by_files_lacks_what_is_left_of_each_part(tmp_path):
    data = text_of(70 + 20 + 30)
    corpus, splits, paths = saved(tmp_path, data, "files", files=[40, 30, 20, 10, 20])
    loaded = load_text(corpus, paths)
    used = data[:60] + data[70:82] + data[90:114]  # blocks of 12 in each part
    assert loaded.text.tobytes() == used + data[114:115]
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    assert np.array_equal(loaded.text[loaded.inputs], vocabulary[splits["test"][:, :-1]])
    assert np.array_equal(loaded.text[loaded.targets], vocabulary[splits["test"][:, 1:]])


def test_a_missing_split(tmp_path):
    corpus, _, paths = saved(tmp_path, text_of(120), "streams")
    paths["val"].unlink()
    with pytest.raises(CharlensError, match=r"val\.npy: cannot be read"):
        load_text(corpus, paths)
