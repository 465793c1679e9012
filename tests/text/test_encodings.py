"""Encodings: guessing them, reading characters, and where lines begin."""

import codecs
import logging

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.study.config import Config
from charlens.text.characters import characters, graphemes
from charlens.text.corpus import Corpus, load_split, prepare, save_split
from charlens.text.encoding_guess import guess, of_corpora, of_corpus, of_whole
from charlens.text.encodings import ESCAPED, aligned, decode, line_end, line_starts
from charlens.text.from_source import write_corpus
from charlens.text.sources.own_file import FileSource
from hypothesis import example, given
from hypothesis import strategies as st
from languages import ARABIC, CHINESE, FRENCH, LANGUAGES, RUSSIAN, THAI, encoded

ENCODINGS = ("utf-8", "latin-1", "gb18030", "cp932", "utf-16-le", "utf-16-be", "koi8-r", "big5")


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("skipped", [0, 1, 2])
def test_a_guess(name, skipped):
    """The start may lie within a character, as that of a stream may."""
    _, encoding = LANGUAGES[name]
    assert guess(encoded(name, 20)[skipped:]) == codecs.lookup(encoding).name


POLISH = """Rano dziecko szło wzdłuż rzeki i powiedziało: „Woda jest zimna”.
Babcia się zaśmiała i nalała nam gorącej herbaty, źrebię spało przy płocie.
"""
TURKISH = """Sabah çocuk ırmak boyunca yürüdü ve “su soğuk” dedi; üşümüştü.
Büyükanne güldü, bize sıcak çay verdi. Kedi İstanbul’da pencerenin yanında uyuyordu.
"""
UKRAINIAN = """Вранці дитина йшла вздовж річки і сказала: вода холодна, її ґанок далеко.
Бабуся засміялася й налила нам гарячого чаю, кішка спала біля вікна.
"""
ICELANDIC = """Um morguninn gekk barnið meðfram ánni og sagði: „Vatnið er kalt“, það þótti því.
Amma hló og gaf okkur heitt te; kötturinn svaf við gluggann þó að dýrið væri ýmist úti.
"""
OLD = {
    "icelandic": (ICELANDIC, "cp1252"),
    "polish": (POLISH, "cp1250"),
    "polish_iso": (POLISH.replace("„", '"').replace("”", '"'), "iso8859-2"),
    "turkish": (TURKISH, "cp1254"),
    "russian_dos": (RUSSIAN.replace("«", '"').replace("»", '"'), "cp866"),
    "russian_iso": (RUSSIAN.replace("«", '"').replace("»", '"'), "iso8859-5"),
    "ukrainian": (UKRAINIAN, "koi8-u"),
    "arabic_iso": (ARABIC.replace("«", '"').replace("»", '"'), "iso8859-6"),
    "thai": (THAI, "cp874"),
    "french_mac": (FRENCH.replace("\n", "\r"), "mac-roman"),
    "chinese_wide": (CHINESE, "utf-16-le"),
    "chinese_wide_be": (CHINESE, "utf-16-be"),
    "thai_wide": (THAI, "utf-16-le"),
    "chinese_wider": (CHINESE, "utf-32-be"),
    "russian_wider": (RUSSIAN, "utf-32-le"),
    "emoji_wider": ("What 😀 a day 👍🏽\n", "utf-32-le"),
}


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("skipped", [0, 1, 3])
def test_a_guess_of_encodings_of_old(name, skipped):
    text, encoding = OLD[name]
    assert guess((text * 20).encode(encoding)[skipped:]) == encoding


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_western_text_in_wide_characters(encoding):
    """Cut within one it would read the same in either order."""
    assert guess((FRENCH * 20).encode(encoding)) == encoding
    lines = np.frombuffer(("one\n" * 9).encode(encoding), np.uint8)
    assert line_starts(lines, guess(lines)).size == 8


@pytest.mark.parametrize("data", [bytes(4000), np.arange(4000).tobytes(), b"\0\0\0" * 9])
def test_numbers_are_no_text_in_utf_32(data):
    assert not guess(data).startswith("utf-32")


@pytest.mark.parametrize(("apart", "length"), [(200, 101), (201, 101), (201, 100)])
@pytest.mark.parametrize("name", ["russian", "chinese", "korean"])
def test_streams_that_begin_within_characters_of_two_bytes(name, apart, length):
    """As a text lies in a split: rows that overlap by one byte, at even or odd places."""
    data = np.frombuffer((LANGUAGES[name][0] * 60).encode("utf-16-le"), np.uint8)
    rows = [data[start : start + length] for start in range(0, len(data) - length, apart)]
    assert guess(np.array(rows)) == "utf-16-le"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text\n" * 9,
        b"\xef\xbb\xbfwith a mark\n",
        bytes(range(256)) * 40,
        b"\0" * 3000,
        b"ends\0\nin\0\nzeros\0\n" * 50,
        np.random.default_rng(0).integers(256, size=20_000, dtype=np.uint8).tobytes(),
    ],
    ids=["nothing", "ASCII", "mark", "all bytes", "zeros", "C strings", "noise"],
)
def test_what_is_no_text_is_shown_as_utf_8(data):
    assert guess(data) == "utf-8"


@pytest.mark.parametrize("encoding", ENCODINGS)
@example(data=b"\x08\x90\x00")  # a sign of Arabic that joins what follows, here a torn byte
@given(data=st.binary(max_size=120))
def test_characters_cover_every_byte_once(encoding, data):
    decoded = decode(data, encoding)
    assert decoded.bounds.tolist() == sorted(set(decoded.bounds.tolist()))
    assert decoded.bounds[-1] == len(data)
    for parts in (characters(data, encoding), graphemes(data, encoding)):
        assert [part.start for part in parts] == [0, *(p.stop for p in parts)][: len(parts)]
        assert "".join(part.text for part in parts) == "".join(
            "\ufffd" if ESCAPED <= ord(c) < ESCAPED + 256 else c for c in decoded.text
        )
    for start, stop, character in zip(
        decoded.bounds[:-1], decoded.bounds[1:], decoded.text, strict=True
    ):
        part = data[start:stop]
        if ESCAPED <= ord(character) < ESCAPED + 256:
            assert part == bytes([ord(character) - ESCAPED])
        else:
            assert part.decode(encoding) == character


@pytest.mark.parametrize("name", LANGUAGES)
def test_lines_begin_where_python_says(name):
    text, encoding = LANGUAGES[name]
    data = np.frombuffer(encoded(name, 5), np.uint8)
    ends = np.cumsum([len(line.encode(encoding)) for line in (text * 5).splitlines(True)])
    starts = line_starts(data, encoding)
    assert starts.tolist() == ends[: len(starts)].tolist()
    assert len(starts) >= 9
    cut = len("\n".encode(encoding)) - 1  # a stream that begins within a character
    assert line_starts(data[cut:], encoding).tolist() == (ends - cut)[: len(starts)].tolist()
    assert aligned(data[cut:], encoding) == cut


@pytest.mark.parametrize(
    ("text", "end"), [("a\nb\r\nc", "\n"), ("a\rb\rc", "\r"), ("a\rb\nc", "\n"), ("", "\n")]
)
def test_the_end_of_lines(text, end):
    assert line_end(np.frombuffer(text.encode(), np.uint8)) == ord(end)


def test_a_guess_looks_at_whole_characters():
    """A sample that ended within a character was no text at all."""
    text = encoded("japanese_sjis", 1000)
    assert len(text) > 1 << 16
    assert {guess(b"a" * shift + text) for shift in range(4)} == {"cp932"}


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_guess_of_a_text_with_a_damaged_byte(name):
    _, encoding = LANGUAGES[name]
    text = encoded(name, 300)
    place = text.index(b"\n", 9000) + 1
    damaged = text[:place] + b"\x81\n" + text[place:]
    assert guess(damaged) == codecs.lookup(encoding).name


def corpus(data, name="novel"):
    return prepare(data, name, "a test", "streams", 4, 20, 0.6, 0.2)


def test_a_guess_is_named_in_the_log_and_the_config_decides(caplog, tmp_path):
    caplog.set_level(logging.INFO, "charlens")
    made, splits = corpus(encoded("french", 30))
    assert of_corpus(None, made, splits["test"]) == "cp1252"
    assert "novel: its bytes are shown as CP1252, a guess" in caplog.text
    assert "set corpora.novel.encoding" in caplog.text
    assert of_corpus("cp1250", made, splits["test"]) == "cp1250"
    made.save(tmp_path / "c.json")
    save_split(tmp_path / "t.npy", splits["test"])
    files = [tmp_path / "c.json"], [tmp_path / "t.npy"]
    assert of_corpora({}, *files) == {"novel": "cp1252"}
    assert of_corpora({"novel": "latin-1"}, *files) == {"novel": "latin-1"}


def test_of_plain_text_nothing_is_said(caplog):
    caplog.set_level(logging.INFO, "charlens")
    made, splits = corpus(b"plain text\n" * 200)
    assert of_corpus("utf-16-le", made, splits["test"]) == "utf-8"
    assert caplog.text == ""


def config(encoding):
    entry = {"source": {"builtin": "python_docs"}, "encoding": encoding}
    return Config.load({"run": "a", "corpora": {"c": entry}}).corpora["c"].encoding


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("UTF8", "utf-8"), ("latin-1", "iso8859-1"), ("gbk", "gbk"), ("UTF-16LE", "utf-16-le"),
     ("ascii", "utf-8"), ("utf-8-sig", "utf-8"), ("ISO-2022-JP", "iso2022_jp"), ("HZ", "hz"),
     (None, None)],
)  # fmt: skip
def test_names_in_the_config(given_name, name):
    assert config(given_name) == name


@pytest.mark.parametrize("wrong", ["latin9x", "base64", "utf-16", "iso2022_jp_2", "", 1252, "a\0b"])
def test_what_is_no_encoding(wrong):
    with pytest.raises(CharlensError, match=r"^config: corpora\.c\.encoding: ") as caught:
        config(wrong)
    assert "\n" not in str(caught.value)


# Languages whose letters lie on the same bytes: few or many of them, in one encoding or another.
WEST, CENTRAL = ("cp1252", "latin-1"), ("cp1250", "iso8859-2")
PLAIN = "the road went on and on and nobody had anything to say of what lay at its end. "
ALIKE = {
    "portuguese": (
        "Não há nada que não possa ser dito; o coração, às três irmãs, põe a mão.\n",
        WEST,
    ),
    "english": (f"A naïve man. {PLAIN * 2}\n", WEST),
    "english_names": (f"Señor Müller of São Paulo. {PLAIN * 5}\n", WEST),
    "english_quotes": (f"“It’s naïve”, she said – “isn’t it?” {PLAIN * 2}\n", WEST[:1]),
    "english_menu": (f"Crème brûlée. {PLAIN * 2}\n", WEST),
    "german": ("Die Mädchen grüßten den König, für ihn war alles schön.\n", WEST),
    "spanish": ("¿Dónde está el niño? ¡Mañana será otro día!\n", WEST),
    "italian": ("Perché la città è così bella? Più in là c'è un caffè, però no.\n", WEST),
    "swedish": ("Flickan gick över ån och såg på de små husen.\n", WEST),
    "finnish": ("Tyttö näki, että yö oli jo lähellä ja söi eväänsä.\n", WEST),
    "danish": ("Pigen så på de små huse; æblerne var røde på søen.\n", WEST),
    "dutch": ("België zag de zeeën; één probleem voor de ideeën.\n", WEST),
    "turkish": (TURKISH, ("cp1254",)),
    "polish": (OLD["polish_iso"][0], CENTRAL),
    "czech": ("Příliš žluťoučký kůň úpěl ďábelské ódy; všechno bylo dobře.\n", CENTRAL),
    "hungarian": ("A lány látta a kis házakat; őrült idő, tűz, köszönöm szépen.\n", CENTRAL),
    "romanian": ("Fata a trecut râul şi a văzut casele; totul era bine în ţară.\n", CENTRAL),
    "croatian": ("Djevojka je vidjela kuće; noć, šešir, đak čeka žućkasto.\n", CENTRAL),
}


@pytest.mark.parametrize(
    ("name", "encoding"), [(name, e) for name, (_, some) in ALIKE.items() for e in some]
)
@pytest.mark.parametrize("times", [10, 300])
def test_a_guess_between_encodings_that_share_most_letters(name, encoding, times):
    """A guess is right where the text is: the two encodings of Central Europe share letters."""
    text = ALIKE[name][0] * times
    data = text.encode(encoding)
    assert data.decode(guess(data)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["french", "russian", "chinese", "emoji"])
def test_a_mark_names_the_encoding(name, encoding):
    text = "\ufeff" + LANGUAGES[name][0] * 30
    assert of_whole(text.encode(encoding)) == encoding


def test_the_whole_text_is_guessed_not_the_test_split_alone(tmp_path):
    """Here the accents come before the test split."""
    text = ALIKE["portuguese"][0] * 20 + PLAIN * 40
    (tmp_path / "novel.txt").write_bytes(text.encode("cp1252"))
    outputs = {part: tmp_path / f"{part}.npy" for part in ("train", "val", "test")}
    made = write_corpus(
        FileSource(file="novel.txt"), (tmp_path, tmp_path), "novel", "position", (4, 20, 0.6, 0.2),
        "", outputs | {"json": tmp_path / "c.json"},
    )  # fmt: skip
    test = load_split(outputs["test"])
    assert np.array(made.vocabulary)[test].max() < 128
    assert of_corpus(None, Corpus.load(tmp_path / "c.json"), test) == "cp1252"
    assert of_whole(b"\n" * (1 << 21) + "naïve\n".encode("cp1252") * 20000) == "cp1252"
    assert of_whole(PLAIN.encode()) == ""
