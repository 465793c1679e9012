"""n-gram models against a slow reference, KenLM's reader, the paper's row, and properties."""

import logging
import os
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.models.ngram import file as ngram_file
from charlens.models.ngram import suffix_array
from charlens.models.ngram.arpa import hex_words, write_arpa
from charlens.models.ngram.file import load_ngram, save_ngram
from charlens.models.ngram.kneser_ney import CONTINUATION, FALLBACK, RAW, discounts
from charlens.models.ngram.model import NgramModel
from charlens.runtime import progress
from charlens.text.corpus import encode
from charlens.text.splits import split_streams
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_ngram import END, START, UNKNOWN, ReferenceModel

SHARED = Path(__file__).parents[2] / ".." / "shared" / "corpora"
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", SHARED))
PAPER = {2: 2.399, 3: 1.928, 4: 1.521, 5: 1.314, 6: 1.232, 7: 1.203, 8: 1.194, 9: 1.194}
PAPER |= {10: 1.194, 21: 1.195}


@pytest.fixture(params=["pydivsufsort", "numpy"])
def sorter(request, monkeypatch):
    """Both ways to sort suffixes."""
    if request.param == "numpy":
        monkeypatch.setattr(suffix_array, "divsufsort", None)
    elif suffix_array.divsufsort is None:
        pytest.skip("pydivsufsort is not installed")


def texts(symbols, max_size=60):
    return st.lists(st.integers(0, symbols - 1), max_size=max_size).map(bytes)


@st.composite
def repetitive(draw):
    """Texts made of few pieces, so that long contexts repeat."""
    pieces = draw(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=3))
    chosen = draw(st.lists(st.sampled_from(pieces), max_size=12))
    return b"".join(chosen)


TEXTS = st.one_of(texts(1), texts(2), texts(4), texts(256), repetitive())


def compare(train, test, max_order, kenlm_quirk=True):
    model = NgramModel.fit(train, max_order, kenlm_quirk=kenlm_quirk)
    scored = model.probabilities(test)
    assert scored.shape == (max_order, len(test))
    for order in range(1, max_order + 1):
        expected = ReferenceModel(train, order, kenlm_quirk).score(test)
        np.testing.assert_allclose(scored[order - 1], expected, rtol=1e-9, atol=0)


@settings(max_examples=300)
@given(train=TEXTS, test=TEXTS, max_order=st.integers(1, 7), quirk=st.booleans())
def test_equals_the_slow_reference(train, test, max_order, quirk):
    compare(train, test, max_order, quirk)


@settings(max_examples=100)
@given(train=TEXTS, cut=st.integers(0, 60), max_order=st.integers(1, 7))
def test_equals_the_slow_reference_on_its_own_text(train, cut, max_order):
    compare(train, train[:cut] + train[cut + 1 :], max_order)


def test_discounts_estimated_from_the_text_with_and_without_the_quirk():
    # Long enough that orders do not fall back, and a seed whose last n-grams shift two orders.
    rng = np.random.default_rng(60)
    words = [b"ab", b"ca", b"bbc", b"ad", b"dcb", b"eba", b"fad", b"gc"]
    weights = np.array([8, 8, 6, 6, 4, 3, 2, 0.4]) / 37.4
    train = b"".join(bytes(word) for word in rng.choice(words, 400, p=weights).tolist())
    with_quirk, without = (NgramModel.fit(train, 5, kenlm_quirk=quirk) for quirk in (True, False))
    assert (with_quirk.discounts[:, 1:] != FALLBACK).any(axis=2).all()
    differ = (with_quirk.discounts != without.discounts).any(axis=2)
    assert np.flatnonzero(differ[CONTINUATION]).tolist() == [1, 2]
    assert not differ[RAW].any()
    test = train[::-1] + train[5:90]
    compare(train, test, 5, kenlm_quirk=True)
    compare(train, test, 5, kenlm_quirk=False)


@pytest.mark.usefixtures("sorter")
@pytest.mark.parametrize("size", [1, 2, 253, 254, 255, 256])
def test_alphabets_of_every_size(size):
    rng = np.random.default_rng(size)
    train = bytes(range(size)) + rng.integers(0, size, 700, dtype=np.uint8).tobytes()
    compare(train, rng.integers(0, 256, 200, dtype=np.uint8).tobytes() + train[:100], 4)


@pytest.mark.usefixtures("sorter")
@pytest.mark.parametrize("train", [b"", b"a", b"\x00", b"\xff", b"aa", b"ab"])
@pytest.mark.parametrize("test", [b"", b"a", b"\x00", b"ab\xffaab"])
def test_tiny_texts(train, test):
    compare(train, test, 5)


@pytest.mark.usefixtures("sorter")
def test_repeats_longer_than_the_highest_order():
    rng = np.random.default_rng(5)
    piece = rng.integers(0, 7, 90, dtype=np.uint8).tobytes()
    compare(piece * 4 + b"\x09" + piece * 3 + b"\x01" * 50, piece + b"\x01" * 60 + piece, 21)


@pytest.mark.parametrize("max_order", [247, 248, 249, 250, 251, 252, 254, 255])
@pytest.mark.parametrize("period", [1, 5, 300])
def test_repeats_beyond_256_characters_at_the_highest_orders(max_order, period):
    """Lengths are kept in a byte: 256 equal characters must not count as none."""
    block = np.random.default_rng(2).integers(0, 4, period, dtype=np.uint8)
    text = np.tile(block, -(-700 // period))
    prefix = NgramModel.fit(text, max_order).prefix
    assert prefix.max() == max_order
    low, high = (NgramModel.fit(text, order) for order in (20, max_order))
    test = np.concatenate([text[:400], block[::-1][:50], text[:30]])
    expected = low.probabilities(test, [1, 2, 19])
    np.testing.assert_allclose(high.probabilities(test, [1, 2, 19]), expected, rtol=1e-12)
    top = high.probabilities(test, [max_order])
    assert ((top > 0) & (top <= 1)).all()


def test_a_model_worked_out_by_hand():
    # One a, one </s>: n2 = 0, so the discounts are 0.5, 1, 1.5 and three types share
    # 1 / 3 of the mass 0.5 each: P(a) = 0.5 / 2 + 0.5 / 3.
    scored = NgramModel.fit(b"a", 2).probabilities(b"ab")
    # a follows <s> once: P(a | <s>) = 0.5 + 0.5 P(a); b is unknown after <s> a.
    np.testing.assert_allclose(scored[0], [5 / 12, 1 / 6], rtol=1e-12)
    np.testing.assert_allclose(scored[1], [0.5 + 0.5 * 5 / 12, 0.5 / 6], rtol=1e-12)


def test_discounts_follow_chen_and_goodman():
    computed, fallback = discounts(np.array([9, 100, 40, 20, 10]))
    y = 100 / 180
    expected = [0, 1 - 2 * y * 40 / 100, 2 - 3 * y * 20 / 40, 3 - 4 * y * 10 / 20]
    np.testing.assert_allclose(computed, expected, rtol=1e-6)
    assert not fallback


@pytest.mark.parametrize(
    "counts", [[0, 0, 4, 4, 4], [0, 4, 0, 4, 4], [0, 4, 4, 0, 4], [0, 90, 1, 90, 0]]
)
def test_discounts_that_cannot_be_are_replaced(counts):
    computed, fallback = discounts(np.array(counts))
    assert fallback
    assert tuple(computed) == FALLBACK


def test_fallbacks_are_logged_by_order(caplog):
    with caplog.at_level(logging.INFO, logger="charlens"):
        NgramModel.fit(b"abc", 3)
    messages = " ".join(record.getMessage() for record in caplog.records)
    assert "order 1, 2, 3 as the highest order" in messages
    assert "order 1, 2 as the lower order" in messages


@settings(max_examples=60)
@given(train=TEXTS, test=TEXTS, max_order=st.integers(1, 6))
def test_distributions_sum_to_one_and_hold_the_probabilities(train, test, max_order):
    model = NgramModel.fit(train, max_order)
    vocabulary = model.vocabulary.symbols.tolist()
    contexts = [test[:i] for i in range(len(test))]
    scored = model.probabilities(test)
    for order in range(1, max_order + 1):
        full = model.distribution(contexts, order, kenlm=True)
        assert full.shape == (len(contexts), len(vocabulary) + 2)
        np.testing.assert_allclose(full.sum(axis=1), 1, rtol=0, atol=1e-12)
        names = [*vocabulary, END, UNKNOWN]
        column = [names.index(byte if byte in names else UNKNOWN) for byte in test]
        of_test = full[np.arange(len(test)), column]
        np.testing.assert_allclose(of_test, scored[order - 1], rtol=1e-12)
        over_bytes = model.distribution(contexts, order)
        np.testing.assert_allclose(over_bytes.sum(axis=1), 1, rtol=0, atol=1e-12)
        if contexts:
            reference = ReferenceModel(train, order)
            for name, value in zip(names, full[-1], strict=True):
                expected = reference.probability([START, *contexts[-1]], name)
                assert value == pytest.approx(expected, rel=1e-9)


def test_predictions_are_those_of_the_distributions():
    rng = np.random.default_rng(1)
    train, test = (rng.choice([0, 1, 1, 2, 5], size).astype(np.uint8) for size in (4000, 5000))
    test[7] = 3  # never seen
    model, orders, symbols = NgramModel.fit(train, 6), [1, 4, 6], 7
    predicted, scored = model.predictions(test, orders, symbols), model.probabilities(test, orders)
    blocks = {order: [] for order in orders}
    for rows, order, block in model.distributions(test, orders, symbols):
        assert block.shape == (rows.stop - rows.start, symbols)
        blocks[order].append(block.copy())
    for row, order in enumerate(orders):
        p = np.concatenate(blocks[order])
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=1e-12)
        np.testing.assert_allclose(predicted[order].probability, scored[row], rtol=1e-6)
        np.testing.assert_allclose(predicted[order].entropy, -(p * np.log(p)).sum(1), rtol=1e-5)
        np.testing.assert_array_equal(predicted[order].top, p.argmax(axis=1))
        np.testing.assert_allclose(predicted[order].top_probability, p.max(axis=1), rtol=1e-6)


def test_a_distribution_where_all_followers_fall_back_to_nothing():
    # Discounts of 0 leave a context no mass: entropy must not become NaN.
    train = np.random.default_rng(2).integers(0, 2, 3000, dtype=np.uint8)
    model = NgramModel.fit(train, 3)
    model.discounts[:] = 0
    predicted = model.predictions(train[:50], [3], 4)[3]
    assert np.isfinite(predicted.entropy).all()


def test_orders_and_texts_are_checked():
    model = NgramModel.fit(b"abracadabra", 3)
    for orders in ([0], [4], [2, 7], []):
        with pytest.raises(CharlensError, match="order"):
            model.probabilities(b"abra", orders)
    for max_order in (0, 256):
        with pytest.raises(CharlensError, match="1 to 255"):
            NgramModel.fit(b"abra", max_order)
    for symbols in (114, 257):
        with pytest.raises(CharlensError, match="115 to 256"):
            model.predictions(b"abra", [2], symbols)
    with pytest.raises(CharlensError, match=r"uint8 of shape \(n,\), found int64 \(3,\)"):
        model.probabilities(np.arange(3))


def test_sorts_agree_and_prefixes_are_what_they_say():
    rng = np.random.default_rng(3)
    codes = np.append(rng.integers(1, 4, 2000), 0).astype(np.uint8)
    codes[500:800] = codes[100:400]
    suffixes = [codes[i:].tobytes() for i in range(len(codes))]
    for depth in (1, 7, 8, 9, 21):
        for order in (
            suffix_array.suffix_array(codes, depth),
            suffix_array.packed_suffix_array(codes, depth),
        ):
            in_order = [suffixes[i][:depth] for i in order]
            assert in_order == sorted(s[:depth] for s in suffixes)
            shared = [
                next((i for i, (x, y) in enumerate(zip(*pair, strict=False)) if x != y), depth)
                for pair in pairwise(in_order)
            ]
            assert suffix_array.common_prefixes(codes, order, depth).tolist() == [0, *shared]


# The model file.


@pytest.fixture
def fitted():
    return NgramModel.fit(b"she sells sea shells by the sea shore " * 40, metadata={"corpus": "x"})


def test_a_model_comes_back_from_its_file(tmp_path, fitted):
    save_ngram(tmp_path / "a.safetensors", fitted)
    save_ngram(tmp_path / "b.safetensors", load_ngram(tmp_path / "a.safetensors"))
    data = (tmp_path / "a.safetensors").read_bytes()
    assert data == (tmp_path / "b.safetensors").read_bytes()
    assert len(data) <= 7 * len(fitted.text) + 4096
    again = load_ngram(tmp_path / "a.safetensors")
    assert again.metadata == {"corpus": "x"}
    test = b"she saw the sea \xff"
    np.testing.assert_array_equal(again.probabilities(test), fitted.probabilities(test))


def test_an_empty_model_comes_back_from_its_file(tmp_path):
    save_ngram(tmp_path / "a.safetensors", NgramModel.fit(b"", 2))
    assert load_ngram(tmp_path / "a.safetensors").max_order == 2


def test_damage_to_the_file_is_noticed(tmp_path, fitted):
    path = tmp_path / "model.safetensors"
    save_ngram(path, fitted)
    data = path.read_bytes()
    places = np.random.default_rng(0).integers(0, len(data), 60)
    for place in [*range(0, 400, 7), *places.tolist(), len(data) - 1]:
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(CharlensError, match=re.escape(str(path))):
            load_ngram(path)
    for length in (0, 5, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(CharlensError, match=re.escape(str(path))):
            load_ngram(path)


def test_other_files_are_refused(tmp_path, fitted):
    with pytest.raises(CharlensError, match="no such n-gram model"):
        load_ngram(tmp_path / "nothing.safetensors")
    (tmp_path / "text").write_text("not a model at all")
    with pytest.raises(CharlensError, match="damaged"):
        load_ngram(tmp_path / "text")
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(CharlensError, match="expected an n-gram model"):
        load_ngram(tmp_path / "other.safetensors")


def test_files_of_other_versions_are_refused(tmp_path, fitted, monkeypatch):
    monkeypatch.setattr(ngram_file, "FORMAT", ngram_file.FORMAT + 1)
    save_ngram(tmp_path / "new.safetensors", fitted)
    monkeypatch.undo()
    with pytest.raises(CharlensError, match="format 1, found 2"):
        load_ngram(tmp_path / "new.safetensors")


# ARPA text.


def read_arpa(path):
    """log10 probabilities and back-off weights by n-gram."""
    table = {}
    for line in path.read_text().splitlines():
        parts = line.split("\t")
        if len(parts) > 1:
            weight = float(parts[2]) if len(parts) > 2 else 0.0
            table[tuple(parts[1].split(" "))] = (float(parts[0]), weight)
    return table


def arpa_log10(table, context, word):
    if (*context, word) in table:
        return table[(*context, word)][0]
    if not context:
        return table[("<unk>",)][0]
    return table.get(context, (0, 0.0))[1] + arpa_log10(table, context[1:], word)


@settings(max_examples=40)
@given(train=TEXTS, test=TEXTS, order=st.integers(1, 5))
def test_arpa_text_gives_the_same_probabilities(tmp_path_factory, train, test, order):
    path = tmp_path_factory.mktemp("arpa") / "model.arpa"
    model = NgramModel.fit(train, 6)
    write_arpa(path, model, order)
    table = read_arpa(path)
    words = [START, *(f"{byte:02x}" for byte in test)]
    read = [
        arpa_log10(table, tuple(words[max(0, i - order + 1) : i]), words[i])
        for i in range(1, len(words))
    ]
    np.testing.assert_allclose(read, np.log10(model.probabilities(test, [order])[0]), atol=1e-7)
    sizes = re.findall(r"ngram \d+=(\d+)", path.read_text())
    assert sum(map(int, sizes)) == len(table)


def test_arpa_text_is_for_short_orders_and_real_bytes(tmp_path, fitted):
    with pytest.raises(CharlensError, match="1 to 9, found 10"):
        write_arpa(tmp_path / "a.arpa", fitted, 10)
    assert hex_words(b"a \n\xff") == "61 20 0a ff"
    codes, vocabulary = encode(b"she sells sea shells")
    write_arpa(tmp_path / "codes.arpa", NgramModel.fit(codes), 4, vocabulary)
    write_arpa(tmp_path / "bytes.arpa", NgramModel.fit(b"she sells sea shells"), 4)
    assert (tmp_path / "codes.arpa").read_bytes() == (tmp_path / "bytes.arpa").read_bytes()
    assert hex_words(codes, vocabulary) == hex_words(b"she sells sea shells")


def test_arpa_text_spells_a_mass_of_zero_so_that_readers_take_it(tmp_path, fitted):
    fitted.discounts[:] = 0
    write_arpa(tmp_path / "a.arpa", fitted, 3)
    assert {value for pair in read_arpa(tmp_path / "a.arpa").values() for value in pair} >= {-99.0}
    assert "inf" not in (tmp_path / "a.arpa").read_text()


@pytest.mark.parametrize("order", [2, 3, 5, 6])
def test_kenlm_reads_the_export(tmp_path, order):
    kenlm = pytest.importorskip("kenlm", reason="the kenlm Python module is not installed")
    rng = np.random.default_rng(4)
    words = [b"tar", b"rat", b"art ", b"\n\x00", b"\xf0\xff", b" "]
    train, test = (b"".join(rng.choice(words, 400).tolist()) + b"end" for _ in range(2))
    test += b"?" + train[:50]
    model = NgramModel.fit(train, order)
    write_arpa(tmp_path / "model.arpa", model, order)
    read = kenlm.Model(str(tmp_path / "model.arpa"))
    scores = [score for score, _, _ in read.full_scores(hex_words(test), bos=True, eos=False)]
    np.testing.assert_allclose(scores, np.log10(model.probabilities(test, [order])[0]), atol=2e-6)


# The paper.


def test_the_row_of_table_2():
    path = CORPORA / "warpeace_input.txt"
    if not path.is_file():
        pytest.skip("warpeace_input.txt is not in CHARLENS_CORPORA or ../shared/corpora")
    rows = split_streams(encode(path.read_bytes())[0], 100, 100, 0.8, 0.1)
    train, test = (np.ascontiguousarray(rows[name][:, :-1]).ravel() for name in ("train", "test"))
    losses = -np.log(NgramModel.fit(train).probabilities(test, list(PAPER))).mean(axis=1)
    assert np.round(losses, 3).tolist() == list(PAPER.values())


def test_a_long_text_says_how_far_it_is(monkeypatch, caplog):
    monkeypatch.setattr(progress, "SECONDS_OF_FIRST_LINES", ())
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    text = np.random.default_rng(0).integers(0, 4, 5000).astype(np.uint8)

    def shares(begin: str) -> list[str]:
        lines = [r.message for r in caplog.records if r.message.startswith(begin)]
        caplog.clear()
        return [re.search(r": (\d+)%, [\d,]+ \w+/s, .* left$", line)[1] for line in lines]

    with caplog.at_level("INFO", "charlens"):
        model = NgramModel.fit(text, 4)
        assert "sorting the suffixes of 5,000 characters" in caplog.text
        assert shares("n-grams of 5,000 characters") == ["25", "50", "75", "100"]
        model.probabilities(text[:2500])
        assert shares("contexts in 2,50") == ["33", "67", "100"]
        model.predictions(text[:2500], [1, 4], 4)
        assert shares("2 n-gram models") == ["41", "82", "91", "100"]
