"""How well closing characters are predicted, by how far back they were opened."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.closings import table as closings
from charlens.analyses.contest import Contest
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.paper import numbers as paper
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import prepare, save_split
from charlens.text.whole_text import CorpusText, load_text
from contests import a_contest
from hypothesis import given
from hypothesis import strategies as st
from probability_files import constant, random_columns
from scripts_alone import run_script

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", ROOT / ".." / "shared" / "corpora"))
KERNEL = CORPORA / "linux_kernel_v4.1-rc6.txt"
BINS = (0, 20, 40, 60, 80, 100, 125, 150, 200, 250, 300)


def cut(folder: Path, data: bytes, split: str = "streams", batch: int = 2, unroll: int = 5):
    """A corpus's description, its text put together from its splits, and its test targets."""
    corpus, splits = prepare(data, "c", "a test", split, batch, unroll, 0.5, 0.2)
    paths = {name: folder / f"{name}.npy" for name in splits}
    for name, rows in splits.items():
        save_split(paths[name], rows)
    targets = np.array(corpus.vocabulary, np.uint8)[splits["test"][:, 1:].ravel()]
    return corpus, load_text(corpus, paths), targets


# An independent way: letter by letter, over the corpus as it is.


def slow_code(data: bytes) -> list[bool]:
    """Which bytes are code: neither in a comment nor in a literal (ended by a newline, if open)."""
    is_code, state, i = [], "", 0
    text = data.decode("latin-1")
    while i < len(text):
        two = text[i : i + 2]
        if not state and two in ("/*", "//"):
            state, step = two, 2
            is_code += [False, False]
        elif not state and text[i] in "\"'":
            state, step = text[i], 1
            is_code.append(False)
        elif state == "/*" and two == "*/":
            state, step = "", 2
            is_code += [False, False]
        elif (state in ('"', "'") and two[:1] == "\\") or (state == "//" and two == "\\\n"):
            step = len(two)  # an escape, or two lines joined
            is_code += [False] * step
        elif state and text[i] in (state, "\n") and not (state == "/*" or text[i] == "/"):
            is_code.append(text[i] == "\n")
            state, step = "", 1
        else:
            is_code.append(not state)
            step = 1
        i += step
    return is_code


def slow_closings(data: bytes, split: str, batch: int, unroll: int) -> list[tuple[int, int, bool]]:
    """Row among the test targets, distance, and whether the opener is in the same stream."""
    opened, opener = [], {}
    for i, (byte, is_code) in enumerate(zip(data, slow_code(data), strict=True)):
        if is_code and byte == ord("{"):
            opened.append(i)
        elif is_code and byte == ord("}") and opened:
            opener[i] = opened.pop()
    blocks = len(data) // (batch * unroll)
    train, val = int(0.5 * blocks), int(blocks / 5)
    rows, row = [], 0
    for stream in range(batch):
        if split == "streams":
            first = stream * blocks * unroll + (train + val) * unroll
            length = (blocks - train - val) * unroll
        else:
            length = (blocks - train - val) * unroll
            first = (train + val) * unroll * batch + stream * length
        for i in range(first, first + length):
            if i + 1 in opener:
                back = opener[i + 1]
                rows.append((row, i + 1 - back, back >= first))
            row += 1
    return rows


def tuples(columns: closings.Closings) -> list[tuple[int, int, bool]]:
    """Of marks of one byte."""
    assert (columns.width == 1).all()
    return [(row, distance, seen) for row, _, distance, seen in wide_tuples(columns)]


def wide_tuples(columns: closings.Closings) -> list[tuple[int, int, int, bool]]:
    """Row, width, distance and whether it is visible."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


SPLITS = st.sampled_from(["streams", "position"])
PIECES = st.sampled_from(["{", "}", "{", "}", "a", "\n", '"', "'", "/*", "*/", "//", "\\"])


@given(st.lists(PIECES, min_size=60, max_size=140).map("".join), SPLITS)
def test_against_a_slow_one(tmp_path_factory, text, split):
    # Two plain bytes at each end: nothing wraps, nothing is decided by what follows the end.
    data = f"ab{text}".encode()
    data = data[: len(data) // 10 * 10 - 2] + b"\n\n;"
    _, whole, _ = cut(tmp_path_factory.mktemp("c"), data, split)
    matched = closings.closings(whole, closings.matched_pairs(whole.text, "{}", "c"))
    assert tuples(matched) == slow_closings(data, split, 2, 5)


@pytest.mark.parametrize("split", ["streams", "position"])
def test_on_a_slice_of_the_kernel(tmp_path, split):
    if not KERNEL.is_file():
        pytest.skip(f"{KERNEL} is absent; set CHARLENS_CORPORA to the folder that has it")
    data = KERNEL.read_bytes()[2_200_000:2_420_000]
    data = data[data.index(b"\n}\n") + 3 :]
    data = data[: len(data) // 500 * 500 + 1]
    corpus, whole, targets = cut(tmp_path, data, split, 10, 50)
    slow = slow_closings(data, split, 10, 50)
    assert len(slow) > 100
    assert sum(visible for *_, visible in slow) not in (0, len(slow))
    matched = closings.closings(whole, closings.matched_pairs(whole.text, "{}", "c"))
    assert tuples(matched) == slow
    contest = a_contest(targets, "c", external=("mine",))
    table = closings.table([contest], {"c": whole}, {}, None, BINS, 1)
    assert set(table["pair"]) == {"{}"}  # guessed to be C
    for (low, high), part in table.groupby(["low", "high"]):
        inside = [(row, visible) for row, distance, visible in slow if low <= distance < high]
        rows = [row for row, visible in inside if visible]
        assert set(part["closings"]) == {len(rows)}
        assert set(part["invisible"]) == {len(inside) - len(rows)}
        for model, mean in zip(part["model"], part["probability"], strict=True):
            values = [float(contest.probability[model][row]) for row in rows]
            assert mean == pytest.approx(sum(values) / len(values), rel=1e-6)
    assert set(table["beyond"]) == {sum(distance >= 300 for _, distance, _ in slow)}
    assert corpus.sizes["test"] == len(targets)


# By hand


def places(text: str, pair: str, kind: str) -> list[tuple[int, int]]:
    values = np.frombuffer(text.encode(), np.uint8)
    matched = closings.matched_pairs(values, pair, kind)
    return sorted(zip(matched.opener.tolist(), matched.closer.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "pair", "kind", "expected"),
    [
        ('{ "}" /* } */ }', "{}", "c", [(0, 14)]),
        ('{ "}" }', "{}", "prose", [(0, 3)]),
        ("(a(b) [)]", "()", "prose", [(0, 7), (2, 4)]),
        ('say "one" and "two" "', '""', "prose", [(4, 8), (14, 18)]),
        ('f("a\\"b", \'"\'); /* " */ "c"', '""', "c", [(2, 7), (24, 26)]),
        ("“a” \"b\"", '""', "prose", [(0, 4), (8, 10)]),  # curly ones have three bytes
        ("“a\" b", '""', "prose", [(0, 4)]),
        ("‘a’ it’s", '""', "prose", []),  # an apostrophe far more often
        ("（a（b） ）)", "（）", "prose", [(0, 12), (4, 8)]),
        ("", "{}", "c", []),
    ],
)  # fmt: skip
def test_pairs(text, pair, kind, expected):
    assert places(text, pair, kind) == expected


def test_visible_ones():
    """Two streams of 6; the test inputs are the last 3 of each, the targets one further."""
    text = np.frombuffer(b"{x{}}{}.{.}}|", np.uint8)
    inputs = np.array([[3, 4, 5], [9, 10, 11]])
    whole = CorpusText(text, inputs)
    matched = closings.closings(whole, closings.matched_pairs(text, "{}", "prose"))
    # 4 closes 0; 6 closes 5, the last input of its stream; 10 closes 8, before its stream.
    assert tuples(matched) == [(0, 4, False), (2, 1, True), (3, 2, False)]


# Marks of several bytes


def one_stream(data: bytes, first: int = 0, stop: int | None = None) -> CorpusText:
    """A text of which one test stream has the inputs from first to before stop."""
    values = np.frombuffer(data, np.uint8)
    return CorpusText(values, np.arange(first, (stop or len(data)) - 1)[None])


def marks_in(whole: CorpusText, pair='""', encoding="utf-8") -> list[tuple[int, int, int, bool]]:
    matched = closings.matched_pairs(whole.text, pair, "prose", encoding)
    return wide_tuples(closings.closings(whole, matched))


def test_a_mark_is_as_likely_as_all_its_bytes():
    data = "a“b“c”".encode()  # “ at 1 and 5, ” at 9: they share their first two bytes
    whole = one_stream(data + b".")
    assert marks_in(whole) == [(8, 3, 2, True)]  # the second “ closes nothing
    contest = a_contest(np.frombuffer(data + b".", np.uint8)[1:], "c")
    lstm = contest.probability["lstm-3x512"]
    lstm[8:11] = 0.5, 0.25, 0.125
    table = closings.table([contest], {"c": whole}, {"c": "prose"}, ['""'], [0, 2, 4], 1)
    assert table.loc[table["role"] == "lstm", "closings"].tolist() == [0, 1]
    assert table.loc[table["role"] == "lstm", "probability"].iloc[1] == 0.5 * 0.25 * 0.125


def test_a_mark_cut_by_an_end_of_its_stream():
    data = "a“b”cd".encode()  # “ at 1 to 3, ” at 5 to 7
    assert marks_in(one_stream(data, stop=7)) == []  # the last target is the second byte of ”
    assert marks_in(one_stream(data, stop=8)) == [(4, 3, 2, True)]
    assert marks_in(one_stream(data, first=1)) == [(3, 3, 2, True)]
    assert marks_in(one_stream(data, first=2)) == [(2, 3, 2, False)]  # “ was begun before
    assert marks_in(one_stream(data, first=5)) == []  # of ” the first byte is no target


def test_bytes_that_are_no_characters():
    data = b"\xff\xe2\x80" + "“né".encode() + b"\xc3" + "”".encode() + b"\xe2\x80"
    assert marks_in(one_stream(data)) == [(9, 3, 4, True)]  # n, é, a byte and ” after “


SCRIPTS = {
    "korean": ("“물이 차다.” 할머니는 “차, 꽃”를 주며 “네”라고 했다.\n", "“”", '""', "utf-8"),
    "french": ("Il dit : « L’eau est gelée. » Puis « là » « où ? ».\n", "«»", '""', "utf-8"),
    "japanese": ("彼は「水が冷たい。」と「はい」、「猫」と言った。\n", "「」", '""', "cp932"),
    "german": ("Er sagt: „Ja, schön.“ Sie: „Nein“, „nie“ und geht.\n", "„“", '""', "cp1252"),
    "chinese": ("他说（好（的）），又说（不）。再见！（完）\n", "（）", "（）", "gb18030"),
    "russian": ("Он сказал: «Вода». Она: «Да, да» и «нет».\n", "«»", '""', "utf-16-le"),
}


def slow_pairs(text: str, ends: str, encoding: str) -> list[tuple[int, int, int, int]]:
    """Character by character: first byte of both marks, width of the closing one, distance."""
    opened, rows = [], []
    for i, character in enumerate(text):
        if character == ends[0]:
            opened.append(i)
        elif character == ends[1]:
            first = opened.pop()
            places = [len(text[:place].encode(encoding)) for place in (first, i)]
            rows.append((*places, len(character.encode(encoding)), i - first))
    return rows


@pytest.mark.parametrize("script", SCRIPTS)
def test_other_scripts_against_a_slow_one(script):
    text, ends, pair, encoding = SCRIPTS[script]
    data = (text * 2).encode(encoding)
    values = np.frombuffer(data, np.uint8)
    rows = slow_pairs(text * 2, ends, encoding)
    assert len(rows) >= 6
    widths = set()
    for length in range(len(data) // 2 - 9, len(data) // 2):  # two streams, cut anywhere
        inputs = np.arange(2 * length).reshape(2, length)
        whole, expected, means = CorpusText(values, inputs), [], []
        contest = a_contest(values[whole.targets.ravel()], "c")
        chance = contest.probability["n-gram-20"]
        for opener, closer, width, distance in rows:
            for stream in range(2):
                first, last = stream * length, (stream + 1) * length
                if first < closer and closer + width - 1 <= last:
                    expected.append((closer - 1, width, distance, opener >= first))
                    means.append(np.prod([float(chance[closer - 1 + i]) for i in range(width)]))
        assert sorted(marks_in(whole, pair, encoding)) == sorted(expected)
        bins = [0, 4, 40]
        table = closings.table(
            [contest], {"c": whole}, {"c": "prose"}, [pair], bins, 1, {"c": encoding}
        )
        table = table[table["role"] == "n-gram"]
        for (low, high), (_, row) in zip(pairwise(bins), table.iterrows(), strict=True):
            inside = [(low <= d < high, seen) for _, _, d, seen in expected]
            chances = [m for m, (i, seen) in zip(means, inside, strict=True) if i and seen]
            mean = sum(chances) / len(chances) if chances else np.nan
            assert row["closings"] == len(chances)
            assert row["invisible"] == sum(i and not seen for i, seen in inside)
            assert row["probability"] == pytest.approx(mean, rel=1e-6, nan_ok=True)
        widths |= {width for _, width, _, _ in expected}
    assert widths == {len(ends[1].encode(encoding))}


def test_a_guessed_encoding():
    text, _, pair, encoding = SCRIPTS["german"]
    values = np.frombuffer((text * 40).encode(encoding), np.uint8)
    whole = CorpusText(values, np.arange(len(values) - 1)[None])
    table = closings.table([a_contest(values[1:], "c")], {"c": whole}, {}, [pair], [0, 99], 1)
    assert set(table["closings"]) == {3 * 40}


def test_table_by_hand():
    text = np.frombuffer(b"{}{ab}{cd}{efghi} {jklmnopq} .", np.uint8)
    whole = CorpusText(text, np.arange(29)[None])
    contest = a_contest(text[1:], "linux_kernel", external=("mine",))
    table = closings.table([contest], {"linux_kernel": whole}, {}, ["{}"], [0, 2, 5, 9], 7)
    assert list(zip(table["low"], table["high"], strict=True))[::3] == [(0, 2), (2, 5), (5, 9)]
    assert list(table["role"])[:3] == ["lstm", "n-gram", "external"]
    assert list(table["closings"])[::3] == [1, 2, 1]
    assert set(table["invisible"]) == {0}
    assert set(table["beyond"]) == {1}  # nine characters: the upper border is not in the bin
    values = contest.probability["n-gram-20"][[4, 8]]
    row = table.iloc[4]
    assert row["probability"] == pytest.approx(values.mean())
    # One stream is cut into 29 runs of a character each; resamples without either are left out.
    draws = generator(7, "closings", "linux_kernel", "{}")
    drawn = resample_streams(29, closings.RESAMPLES, draws)[:, [4, 8]]
    drawn = drawn[drawn.sum(axis=1) > 0]
    means = [np.average(values, weights=times) for times in drawn]
    expected = np.percentile(means, [2.5, 97.5])
    np.testing.assert_allclose([row["lower"], row["upper"]], expected, rtol=1e-6)
    assert table["lower"].isna().tolist() == [True] * 3 + [False] * 3 + [True] * 3


def test_intervals_cover_the_mean():
    """Of many samples from a known distribution nearly 95 % give an interval around its mean."""
    random = np.random.default_rng(0)
    hits = 0
    for i in range(200):
        run = np.repeat(np.arange(60), 5)
        values = np.repeat(random.random(60), 5)  # closings of one run are alike
        drawn = resample_streams(60, closings.RESAMPLES, generator(1, i))
        estimate = closings._mean(values, run, drawn)
        hits += estimate["lower"] <= 0.5 <= estimate["upper"]
    assert 180 <= hits <= 198


def test_closings_of_one_run_have_no_interval():
    drawn = resample_streams(9, 50, generator(1, "x"))
    estimate = closings._mean(np.array([0.2, 0.4]), np.array([3, 3]), drawn)
    assert estimate["probability"] == pytest.approx(0.3)
    assert np.isnan([estimate["lower"], estimate["upper"]]).all()


def test_the_paper_beside():
    printed = paper.closing_brace_probabilities("linux_kernel")
    assert list(printed) == list(pairwise(BINS))
    assert printed[40, 60] == (0.697, 0.372)
    assert paper.closing_brace_probabilities("war_and_peace") == {}
    text = np.frombuffer(b"{}()" * 10, np.uint8)
    whole = CorpusText(text, np.arange(39)[None])

    def table(name="linux_kernel", pair="{}", bins=BINS, **options):
        contest = a_contest(text[1:], name, external=("mine",), **options)
        return closings.table([contest], {name: whole}, {name: "c"}, [pair], bins, 1)

    shown = table().groupby("role")["paper"].apply(list)
    assert shown["lstm"] == [lstm for lstm, _ in printed.values()]
    assert shown["n-gram"] == [n_gram for _, n_gram in printed.values()]
    assert np.isnan(shown["external"]).all()
    assert not table()["papers_file"].dropna().any()
    assert table(size=6_206_996)["papers_file"].dropna().all()
    others = table(bins=(0, 20, 50))
    assert others["paper"].notna().tolist() == [True, True, False, False, False, False]
    for changes in ({"name": "war_and_peace"}, {"pair": "()"}, {"split": "position"}):
        assert table(**changes)[["paper", "papers_file"]].isna().all(axis=None)


def test_kinds():
    text = np.frombuffer(b'he said "yes" {no}\n' * 20, np.uint8)
    whole = CorpusText(text, np.arange(len(text) - 1)[None])
    contest = a_contest(text[1:], "c")

    def pairs(kinds, named):
        table = closings.table([contest], {"c": whole}, kinds, named, (0, 20), 1)
        return list(table["pair"])[::2]

    assert pairs({}, None) == pairs({"c": None}, None) == ['""']
    assert pairs({"c": "c"}, None) == ["{}"]
    assert pairs({}, ["{}", "()"]) == ["{}", "()"]


def test_what_users_can_get_wrong():
    text = np.frombuffer(b"{a}{b}{c}", np.uint8)
    whole = CorpusText(text, np.arange(8)[None])
    for pair, byte, message in (
        ("''", text[1:], r"figure5\.pairs: found \"''\", expected an opening"),
        ("{}", np.zeros(8, np.uint8), "c: its probabilities and its splits are of different texts"),
    ):
        with pytest.raises(CharlensError, match=message) as caught:
            closings.table([a_contest(byte, "c")], {"c": whole}, {}, [pair], (0, 20), 1)
        assert "\n" not in str(caught.value)


# Files


def made_table(name="linux_kernel", **options) -> pd.DataFrame:
    """Braces at many distances, some of them in the second stream's past."""
    random = np.random.default_rng(0)
    lines = ["x {" + "." * int(size) + "}\n" for size in random.integers(0, 320, 60)]
    text = np.frombuffer("".join(lines).encode(), np.uint8)
    whole = CorpusText(text, np.arange((len(text) - 1) // 2 * 2).reshape(2, -1))
    contest: Contest = a_contest(text[whole.targets.ravel()], name, **options)
    return closings.table([contest], {name: whole}, {name: "c"}, None, BINS, 1)


def test_csv_round_trip(tmp_path):
    table = made_table(external=("mine",))
    csv_tables.write(table, tmp_path / "t.csv")
    pd.testing.assert_frame_equal(closings.read(tmp_path / "t.csv"), table, rtol=1e-8)
    pd.testing.assert_frame_equal(made_table(external=("mine",)), table)
    with pytest.raises(CharlensError, match="run the rule closings first"):
        closings.read(tmp_path / "none.csv")


def test_markdown():
    table = made_table(external=("mine",))
    lines = closings.markdown(table).splitlines()
    start = lines.index("## Linux Kernel: { }")
    assert "another cut" in lines[start + 2]
    assert lines[start + 4] == (
        "| Distance | Closings | Invisible | LSTM-3 (512) | *paper* | 20-gram | *paper* | mine |"
    )
    first = table.iloc[:3].to_dict("records")
    cells = [f"{r['probability']:.3f} [{r['lower']:.2f}, {r['upper']:.2f}]" for r in first]
    count = first[0]["closings"]
    assert lines[start + 6] == (
        f"| 0–20 | {count} | {first[0]['invisible']} | {cells[0]} | *0.349* | {cells[1]} | *0.297* "
        f"| {cells[2]} |"
    )
    assert lines[-1] == f"In none of these groups: {first[0]['beyond']} closings."


def test_the_script(tmp_path, monkeypatch):
    line = b"f(x) {\n  g();\n}\n"
    corpus, splits = prepare(line * 125, "a", "a test", "streams", 10, 10, 0.5, 0.2)
    for name, rows in splits.items():
        save_split(tmp_path / f"{name}.npy", rows)
    corpus.save(tmp_path / "corpus.json")
    byte = np.array(corpus.vocabulary, np.uint8)[splits["test"][:, 1:].ravel()]
    models = []
    for model, value in (("lstm-1x8", 0.25), ("n-gram-2", 0.5)):
        columns = random_columns(len(byte)) | constant(value, len(byte)) | {"byte": byte}
        models.append(tmp_path / f"{model}.parquet")
        write_probabilities(models[-1], columns, ProbabilityMetadata(corpus.sha256, model, "a"))
    inputs = {"models": models, "corpora": [tmp_path / "corpus.json"]}
    inputs |= {name: [tmp_path / f"{name}.npy"] for name in splits}
    config = {"kinds": {"a": None}, "pairs": None, "bins": [0, 20], "seed": 1}
    config |= {"network": "best", "encodings": {}}
    outputs = {"csv": "c.csv", "md": "c.md"}
    made = run_script(tmp_path, monkeypatch, "closings", inputs, outputs, **config)
    table = closings.read(made["csv"])
    assert list(table["probability"]) == list(table["lower"]) == [0.25, 0.5]
    braces = int((byte == ord("}")).sum())
    assert set(table["closings"] + table["invisible"]) == {braces}
    assert table["invisible"].iloc[0] > 0
