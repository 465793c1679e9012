"""Config files and values as people write them: each fault is one line with file, line and key."""

import os
from pathlib import Path

import pytest
from charlens.errors import CharlensError
from charlens.study.command_line import check
from charlens.study.config import Config
from charlens.study.config_file import check_file, typed

CORPORA = "corpora: {prose: {source: {builtin: python_docs}}}\n"


def refusal(path: Path) -> str:
    with pytest.raises(CharlensError) as error:
        check_file(path)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    return line.removeprefix(str(path))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"run: x\n\tb: 2\n", ", line 2: not valid YAML: tabs are not allowed here, use spaces"),
        (b"run: x\n# caf\xe9\n", ", line 2: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("run: x\n".encode("utf-16"), ", line 1: this is UTF-16; save the file as UTF-8"),
        (b"run: x\nseed: \x00\n", ", line 2: not valid YAML: the character 0x00 is not allowed"),
        (b"", ": holds no keys"),
        (b"# all commented out\n", ": holds no keys"),
        (b"{}", ": holds no keys"),
        (b'{"run": "a", "run": "b"}', ": the key run is given twice"),
        ("run: x\n".encode("utf-16-le"), ", line 1: this is UTF-16; save the file as UTF-8"),
        ("run: x\n".encode("utf-16-be"), ", line 1: this is UTF-16; save the file as UTF-8"),
        (b"[" * 100_000, ": not valid YAML: more than 50 lists and mappings are inside each other"),
        (b"a: " + b"[" * 60 + b"]" * 60, ", line 1: more than 50 lists and mappings"),
        (b"a: &a\n  b: *a\n", ", line 1: the anchor there is used inside itself"),
        (b"a: &a [1, *a]\n", ", line 1: the anchor there is used inside itself"),
        (b"a: !include b.yaml\n", ", line 1: not valid YAML: nothing is known of the tag"),
        (b"!mine a: 1\n", ", line 1: the key a is no text: YAML reads it as something else"),
        (b"=: 1\n", ", line 1: the key = is no text: YAML reads it as something else"),
        (rb'run: "C:\Users\me"', ", line 1: not valid YAML: a backslash in double quotes begins"),
        (b"seed: " + b"9" * 5000, ": not valid YAML: a number has too many digits"),
        (b"training: {rate: 0,1}\n", ", line 1: a comma ends a value here; write numbers with"),
        (b"training: {rate: 0,001, b: 2}\n", ", line 1: a comma ends a value here"),
        (b"a: {2015}\n", ", line 1: the key 2015 is no text: YAML reads it as a number"),
        (b"? [a, b]\n: 1\n", ", line 1: the config: a list or mapping is no key"),
    ],
)
def test_broken_files(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_bytes(data)
    assert refusal(path).startswith(words)


def test_anchors_that_multiply_are_refused_and_repeated_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    tenfold = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    tenfold += [f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]" for i in range(12)]
    path.write_text("\n".join(tenfold))  # 10^13 values
    assert refusal(path) == ", line 5: more than 100,000 values, anchors counted at each use"
    path.write_text("\n".join(tenfold[:4]))
    check_file(path)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    assert refusal(Path("/dev/zero")).startswith(": is a device")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refusal(tmp_path / "pipe.yaml").startswith(": is a pipe, which can be read once")
    path = tmp_path / "sparse.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert refusal(path).startswith(": has 1,099,511,627,776 bytes, too many for a config")


def test_folders_and_missing_files(tmp_path: Path) -> None:
    assert "cannot be read (Is a directory)" in refusal(tmp_path)
    assert "no such config file in" in refusal(tmp_path / "lost.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run: x\nseed: 010\n", "line 2: seed: found 010, which YAML reads in base 8 as 8"),
        ("training:\n  epochs: 1:30\n", "line 2: training.epochs: found 1:30, which YAML reads in"),
        ("n_gram: {contexts: [1, 012]}\n", "n_gram.contexts[1]: found 012"),
        ("training: {learning_rate: 1:30.5}\n", "in base 60 as 90.5"),
        ("run: 2026-11-25\n", "line 1: run: found 2026-11-25, which YAML reads as a date"),
        ("corpora:\n  no: {}\n", "line 2: the key no is no text: YAML reads it as true or false"),
        ("corpora:\n  2015: {}\n", "the key 2015 is no text: YAML reads it as a number"),
        ("corpora:\n  null: {}\n", "the key null is no text: YAML reads it as nothing"),
    ],
)
def test_what_yaml_reads_otherwise_than_it_looks(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text)
    assert words in refusal(path)


@pytest.mark.parametrize(
    "text",
    [
        "seed: 0\n",
        "seed: 1_000\n",
        "training: {learning_rate: 0.002}\n",
        'corpora: {"no": 1}\n',
        'run: "010"\n',
        "base: &base {seed: 1}\nmore: {<<: *base}\n",
        '{\n\t"run": "x"\n}\n',  # JSON may indent by tabs
        "\ufeffrun: x\n",
    ],
)
def test_what_means_what_it_looks_like_passes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text, encoding="utf-8")
    check_file(path)


@pytest.mark.parametrize("value", [False, True, 1.1, 7])
def test_values_that_yaml_takes_for_no_text_say_that_quotes_are_missing(value: object) -> None:
    with pytest.raises(CharlensError, match=r"^config: run: found .* in quotes"):
        Config.load({"run": value, "corpora": {"prose": {"source": {"builtin": "python_docs"}}}})


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("device", "gpu", "; did you mean cuda?"),
        ("device", "GPU", "; did you mean cuda?"),
        ("device", "tpu", ""),
        ("device", "mps", ""),
        ("device", "cup", "; did you mean cpu?"),
        ("device", "cudda", "; did you mean cuda?"),
        ("precision", "float16", ""),
        ("precision", "float64", ""),
        ("precision", "bfloat16", "; did you mean mixed?"),
        ("precision", "flaot32", "; did you mean float32?"),
    ],
)
def test_hints_mean_what_was_meant(key: str, value: str, hint: str) -> None:
    corpora = {"prose": {"source": {"builtin": "python_docs"}}}
    with pytest.raises(CharlensError) as error:
        Config.load({"corpora": corpora, "training": {key: value}})
    assert str(error.value).partition("; did")[1:] == ("; did" * bool(hint), hint[5:])


PROSE = {"source": {"builtin": "python_docs"}}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"training": {"epochs": "3"}}, "; write the number without quotes"),
        ({"training": {"epochs": "010"}}, "at most 100000"),  # which is 8 without them
        ({"training": {"epochs": "1,000"}}, "; write numbers without commas, with a point before"),
        ({"training": {"learning_rate": "0,1"}}, "; write numbers without commas, with a point"),
        ({"run": None}, "a letter or digit first (such as my-study)"),
        ({"run": None}, "; leave the key out or give it a value"),
        ({"seed": None}, "; leave the key out or give it a value"),
        ({"training": {"precision": None}}, "mixed; leave the key out or give it a value"),
        ({"corpora": {"x": PROSE | {"split": None}}}, "files; leave the key out or give it a val"),
        ({"corpora": {"x": {"source": {"file": None}}}}, "expected text; give it a value"),
        ({"corpora": {"x": {"source": None}}}, "urls, tree; give it a value"),
        ({"corpora": {"x": None}}, "; give it a value"),
        ({"n_nn": {"widths": [128, None]}}, "; leave it out of the list or give a value"),
        ({"external": [{"corpus": None, "model": "a", "file": "b"}]}, "; give it a value"),
        ({"run": False}, '; to YAML this is no text unless it is in quotes, such as "no"'),
        ({"grid": None}, "seeds; for none write []"),
        ({"interventions": False}, "; for none write []"),
        ({"n_gram": {"contexts": None}}, "at most 250; for none write n_gram: {corpora: []}"),
        ({"tr\u0430ining": {}}, "; did you mean training? (\u0430 is CYRILLIC SMALL LETTER A)"),
        ({"seed\u200b": 1}, "'seed\\u200b': unknown key (value 1); did you mean seed?"),
        ({"seed ": 1}, "'seed ': unknown key (value 1); did you mean seed?;"),
        ({"": 1}, "'': unknown key (value 1); allowed: run,"),
        ({"[x]": 1}, "[x]: unknown key (value 1); allowed: run,"),
        ({"training": {"(x)": 1}}, "training.(x): unknown key (value 1); allowed: epochs,"),
        ({"corpora": {"[a]": {"source": {"builtin": "python_docs"}}}}, "corpora.[a]: found '[a]'"),
        ({"corpora": {"소설": {"source": {"builtin": "python_docs"}}}}, "letters a-z, digits"),
        ({"seed": 10**19}, "seed: found 10000000000000000000, expected a whole number at least 0"),
        ({"seeds": [1, 10**19]}, "each once and at most 10^18"),
    ],
)
def test_a_slip_is_named_with_what_to_write_instead(more: dict, line: str) -> None:
    values = {"corpora": {"prose": {"source": {"builtin": "python_docs"}}}} | more
    with pytest.raises(CharlensError) as error:
        Config.load(values)
    message = str(error.value)
    assert line in message
    assert ("without quotes" in message) == ("without quotes" in line)
    assert ("[]" in message) == ("[]" in line)
    assert ("to YAML" in message) == ("to YAML" in line)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config", "training.epochs=3"], "write --config 'training={epochs: 3}'"),
        (["-n", "-C", "a.b.c=1"], "write --config 'a={b: {c: 1}}'"),
        (["--config", "seed=2", "run"], "--config run: expected key=value"),
        (["--config=seed", "-n"], "--config seed: expected key=value"),
        (["--config", "seed=010"], "--config: seed: found 010"),
        (["--config", "training={epochs: 1:30}"], "--config: training.epochs: found 1:30"),
        (
            ["--config", "seed=7", "-n", "--config", "run=zz"],
            "--config given twice, of which Snakemake takes the last alone; write it once: "
            "--config seed=7 run=zz",
        ),
        (["--config=seed=7", "-C", "seed=8"], "--config and -C given twice"),
        (["-C", "a_b={c: 1}", "-C", "d_e=2", "-C", "f_g=3"], "-C given 3 times"),
        (["-C", "a_b={c: 1}", "-C", "d_e=2"], "write it once: --config 'a_b={c: 1}' d_e=2"),
        (["--config", "seed=2", "run=b", "seed=3"], "--config: the key seed is given twice"),
        (
            ["--configfile", "my.yaml", "--cores", "1", "--configfile", "my.yaml"],
            "write it once: --configfile my.yaml my.yaml",
        ),
        (["--configfile", "my.yaml", "--configfiles=my.yaml"], "--configfile and --configfiles"),
        (["--configfile", "lost.yaml", "-n"], "lost.yaml: no such config file"),
        (["--configfile", "my.yaml", "figure1"], "such as figure1, goes before --configfile"),
        (["--configfile=lost.json"], "lost.json: no such config file"),
    ],
)
def test_a_call_that_snakemake_cannot_read(
    tmp_path: Path, monkeypatch, capsys, arguments: list[str], words: str
) -> None:
    (tmp_path / "my.yaml").write_text(CORPORA)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        check(arguments)
    message = capsys.readouterr().err
    assert end.value.code == 1
    assert message.startswith("charlens: error: ")
    assert message.count("\n") == 1
    assert words in message


def test_a_call_that_snakemake_can_read(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "my.yaml").write_text(CORPORA)
    monkeypatch.chdir(tmp_path)
    check(
        ["figure1", "-n", "--configfile", "my.yaml", "--config", "seed=2", "training={epochs: 1}"]
    )
    check(["--configfiles", "my.yaml", "my.yaml", "--cores", "1", "lost.yaml", "-C", "run=a: b: c"])
    check(["--config", "run=seed=2", "seed=2", "--config-like", "seed=3"])  # no value of --config
    check(["--configfile", "base64//bXkueWFtbA==", "--config", "base64//c2VlZD0y"])  # of a job


def test_nested_command_line_values_get_their_types() -> None:
    given = {"training": {"epochs": "7", "patience": "null", "dropout": ["0.1"]}, "run": "abc"}
    assert typed(given) == {
        "training": {"epochs": 7, "patience": None, "dropout": [0.1]},
        "run": "abc",
    }
    assert typed({"run": "a: b: c"}) == {"run": "a: b: c"}
    assert typed(3) == 3
