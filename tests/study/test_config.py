"""The config model: what it accepts, and the one line it says about everything else."""

import copy
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from charlens.config_types import LARGEST_SEED, MOST_SEEDS
from charlens.errors import CharlensError
from charlens.predictions.contract import COLUMNS
from charlens.report.contents import ANALYSES
from charlens.study.checks import check_probabilities, check_references, watched_file
from charlens.study.config import SCHEMA_PATH, Config, CorpusEntry, schema_text
from charlens.study.config_file import check_file, run_named_after
from charlens.study.default_study import MOST_STREAMS, GridBlock
from charlens.text.blocks import block_counts
from charlens.text.sources.builtin import BuiltinSource
from charlens.text.sources.tree import TreeSource
from charlens.text.sources.web import UrlSource
from charlens.training.settings import Training

ROOT = Path(__file__).parents[2]
SHA256 = "ab" * 32

GOOD = {
    "run": "test",
    "corpora": {"prose": {"source": {"builtin": "python_docs"}}},
    "grid": [{"cells": ["lstm", "gru"], "layers": [1, 2], "sizes": [8]}],
}


def changed(path: str, value: object) -> dict:
    """GOOD with the value at a dotted path replaced."""
    values = copy.deepcopy(GOOD)
    inner = values
    *parents, last = path.split(".")
    for key in parents:
        inner = inner.setdefault(key, {}) if isinstance(inner, dict) else inner[int(key)]
    if isinstance(inner, dict):
        inner[last] = value
    else:
        inner[int(last)] = value
    return values


def elsewhere(*names: str) -> list[dict]:
    """Models from elsewhere by these names."""
    return [{"corpus": "prose", "model": name, "file": "a.csv"} for name in names]


EXTERNAL = elsewhere("mine")[0]

# dotted path to change, bad value, words of the line that tells (key, value, what is allowed)
BROKEN = [
    ("training.epoch", 3, ["training.epoch:", "unknown key", "did you mean epochs?", "patience"]),
    ("trainig", {}, ["trainig:", "unknown key", "did you mean training?"]),
    ("training.epochs", "ten", ["training.epochs:", "'ten'", "a whole number at least 1"]),
    ("training.epochs", 0, ["training.epochs:", "found 0", "at least 1"]),
    ("training.epochs", 2.0, ["training.epochs:", "found 2.0", "a whole number"]),
    ("training.epochs", True, ["training.epochs:", "found true", "a whole number"]),
    ("training.epochs", None, ["training.epochs:", "found null", "a whole number"]),
    ("training.batch", 2**15 + 1, ["training.batch:", "found 32769", "at most 32768"]),
    ("training.batch", -5, ["training.batch:", "found -5", "at least 1"]),
    ("training.learning_rate", 0, ["training.learning_rate:", "greater than 0"]),
    ("training.learning_rate", "fast", ["training.learning_rate:", "'fast'", "a number"]),
    ("training.clip", float("nan"), ["training.clip:", "nan", "greater than 0"]),
    ("training.rmsprop_decay", 1, ["training.rmsprop_decay:", "at least 0 and less than 1"]),
    ("training.anneal_factor", 1.5, ["training.anneal_factor:", "greater than 0 and at most 1"]),
    ("training.dropout", 0.5, ["training.dropout:", "found 0.5", "a non-empty list"]),
    ("training.dropout", [], ["training.dropout:", "found []", "non-empty"]),
    ("training.dropout", [0, 1.0], ["training.dropout[1]:", "found 1.0", "less than 1"]),
    ("training.dropout", [0.1, 0.1], ["training.dropout:", "[0.1, 0.1]", "each value once"]),
    ("training.learning_rate", 1e308, ["training.learning_rate:", "1e+308", "at most 10"]),
    ("training.init_range", 1e300, ["training.init_range:", "at most 10"]),
    ("training.epsilon", 1e-300, ["training.epsilon:", "at least 1e-30 and at most 1"]),
    ("training.clip", 1e300, ["training.clip:", "at most 1000000"]),
    ("training.epochs", 10**12, ["training.epochs:", "at most 100000"]),
    ("figure5.bins", [0], ["figure5.bins:", "found [0]", "a list of at least 2, each"]),
    ("figure5.bins", [0, 10**30], ["figure5.bins[1]:", "at most 1000000000"]),
    ("figure5.bins", [20, 10], ["figure5.bins:", "increasing order"]),
    ("figure5.pairs", ["{}", "''"], ["figure5.pairs[1]:", "two different characters"]),
    ("figure5.bins", [-1, 20], ["figure5.bins[0]:", "at least 0"]),
    ("training.patience", 0, ["training.patience:", "at least 1 or null"]),
    ("training.device", "gpu", ["training.device:", "'gpu'", "one of auto, cpu, cuda"]),
    ("training.precision", "mixd", ["training.precision:", "did you mean mixed?"]),
    (
        "grid",
        [
            {"cells": ["lstm"], "layers": [1], "sizes": [8], "dropout": [0.5]},
            {"cells": ["lstm"], "layers": [1, 2], "sizes": [8]},
        ],
        ["grid[1].dropout:", "found [0.0]", "an earlier block has lstm-1x8 with [0.5]"],
    ),
    (
        "grid",
        [
            {"cells": ["gpt"], "layers": [1], "sizes": [8]},
            {"cells": ["gpt"], "layers": [1], "sizes": [8], "adamw": {"learning_rate": 0.002}},
        ],
        ["grid[1].adamw.learning_rate:", "found 0.002", "an earlier block has gpt-1x8 with 0.008"],
    ),
    (
        "grid",
        [{"cells": ["gpt"], "layers": [1], "sizes": [8], "adamw": {"learning_rates": 0.002}}],
        ["grid[0].adamw.learning_rates:", "did you mean learning_rate?"],
    ),
    (
        "grid",
        [
            {"cells": ["lstm"], "layers": [1], "sizes": [8], "seeds": 2},
            {"cells": ["lstm", "gru"], "layers": [1], "sizes": [8], "seeds": 3},
        ],
        ["grid[1].seeds:", "found [1, 2, 3]", "an earlier block has lstm-1x8 with [1, 2]"],
    ),
    ("training", [1], ["training:", "found [1]", "a mapping with the keys epochs"]),
    ("run", "a/b", ["run:", "'a/b'", "letters a-z and A-Z, digits, - and _"]),
    ("run", 2015, ["run:", "found 2015", "text of letters a-z and A-Z, digits, - and _"]),
    ("run", "x" * 101, ["run:", "'xxx", "at most 100 characters"]),
    ("run", "reference", ["run:", "committed reference run"]),
    ("seed", -1, ["seed:", "found -1", "at least 0"]),
    ("seed", 10**18 + 1, ["seed:", "at most 1000000000000000000"]),
    ("seeds", [1, 10**18 + 1], ["seeds:", "at most 10^18"]),
    ("corpora_dir", ["x"], ["corpora_dir:", "['x']", "text or null"]),
    ("corpora", {}, ["corpora:", "found {}", "non-empty"]),
    ("corpora", None, ["corpora:", "found null", "mapping"]),
    ("corpora.Prose", {"source": {"builtin": "python_docs"}}, ["corpora.Prose:", "lower-case"]),
    (f"corpora.{'x' * 5000}", GOOD["corpora"]["prose"], ["xxx...: found", "at most 100"]),
    (f"corpora.{'a' * 28}", GOOD["corpora"]["prose"], ["found 'aaaa", "repeating itself"]),
    (f"corpora.novel{'_1' * 20}", GOOD["corpora"]["prose"], ["_1', expected", "repeating"]),
    ("corpora", {1984: GOOD["corpora"]["prose"]}, ["found 1984", "a letter first"]),
    ("corpora.tables", {"source": {"builtin": "python_docs"}}, ["corpora.tables:", "figures"]),
    ("corpora.prose", None, ["corpora.prose:", "found null", "source, split"]),
    ("corpora.prose", {"file": "my.txt"}, ["prose.file:", "did you mean source: {file: ...}?"]),
    ("learning_rate", 0.1, ["learning_rate:", "did you mean training: {learning_rate: ...}?"]),
    ("corpora.prose", {"split": "streams"}, ["corpora.prose.source:", "missing", "builtin"]),
    ("corpora.prose.split", "stream", ["corpora.prose.split:", "did you mean streams?"]),
    ("corpora.prose.split", "files", ["prose.split:", "'files'", "source: {tree: ...}"]),
    ("corpora.prose.train", 0.95, ["corpora.prose.val:", "train + val < 1", "1.05"]),
    ("corpora.prose.train", 1e-9, ["corpora.prose.train:", "1e-09", "at least 0.0001"]),
    ("corpora.prose.val", 0, ["corpora.prose.val:", "found 0", "at least 0.0001"]),
    ("corpora.prose.train", 1, ["corpora.prose.train:", "less than 1"]),
    ("corpora.prose.source", "text.txt", ["corpora.prose.source:", "'text.txt'", "exactly one"]),
    ("corpora.prose.source", {}, ["corpora.prose.source:", "nothing", "exactly one"]),
    ("corpora.prose.source", {"bultin": "x"}, ["prose.source:", "did you mean builtin?"]),
    ("corpora.prose.source.file", "x", ["prose.source:", "builtin, file", "exactly one"]),
    ("corpora.prose.source.builtin", "python_doc", ["did you mean python_docs?", "torch_headers"]),
    ("corpora.prose.source.bytes", 7, ["prose.source.bytes:", "unknown key", "limit_bytes"]),
    ("corpora.prose.source.limit_bytes", 7, ["source.limit_bytes:", "found 7", "10000 or null"]),
    ("corpora.prose.source", {"file": "x", "sha256": "12"}, ["source.sha256:", "'12'", "64 hex"]),
    ("corpora.prose.source", {"file": "x", "bytes": 0}, ["source.bytes:", "at least 1"]),
    ("corpora.prose.source", {"urls": ["https://a.b/c"], "filename": "c"}, ["sha256", "git_blob"]),
    (
        "corpora.prose.source",
        {"urls": ["a.b/c"], "filename": "c", "sha256": SHA256},
        ["source.urls[0]:", "'a.b/c'", "https://"],
    ),
    (
        "corpora.prose.source",
        {"urls": ["https://a.b/c"], "filename": "../c", "sha256": SHA256},
        ["source.filename:", "'../c'", "without a folder"],
    ),
    ("corpora.prose.source", {"tree": "linux", "glob": []}, ["source.glob:", "non-empty list"]),
    (
        "corpora.prose.source",
        {"tree": "linux", "glob": ["*.c", "/etc/*"]},
        ["corpora.prose.source.glob[1]:", "'/etc/*'", "inside the tree"],
    ),
    ("corpora.prose.source", {"tree": "x", "glob": ["a/../../*.c"]}, ["prose.source.glob[0]:"]),
    ("corpora.prose.source", {"tree": "x", "glob": ["./"]}, ["prose.source.glob[0]:", "'./'"]),
    ("corpora.prose.source", {"published": "hamlet"}, ["source.published:", "war_and_peace"]),
    ("grid", {"cells": ["lstm"]}, ["grid:", "a list, each a mapping with the keys cells"]),
    ("grid.0.cells", ["lstn"], ["grid[0].cells[0]:", "did you mean lstm?"]),
    ("grid.0.layers", [0], ["grid[0].layers[0]:", "found 0", "at least 1"]),
    ("grid.0.sizes", [64, 64], ["grid[0].sizes:", "[64, 64]", "each value once"]),
    ("grid.0", {"cells": ["lstm"], "layers": [1]}, ["grid[0].sizes:", "missing"]),
    ("corpora.prose.grid", [{"cell": ["lstm"]}], ["prose.grid[0].cell:", "did you mean cells?"]),
    ("figure1.tsne_corpus", "code", ["figure1.tsne_corpus:", "'code'", "one of", "prose"]),
    ("figure1.perplexity", 4, ["figure1.perplexity:", "less than 4", "prose"]),
    ("figure1.bootstrap", 1, ["figure1.bootstrap:", "found 1", "at least 2"]),
    ("figure1.bootstrap", 10**9, ["figure1.bootstrap:", "at most 100000"]),
    ("figure4.network", "lstm-9x99", ["figure4.network:", "an LSTM: lstm-1x8, lstm-2x8"]),
    ("figure5.network", "lstm-1x9", ["figure5.network:", "an LSTM: lstm-1x8, lstm-2x8"]),
    ("figure4.min_count", 10**30, ["figure4.min_count:", "at most 1000000000"]),
    ("figure4.characters", 257, ["figure4.characters:", "at most 256"]),
    ("n_gram.corpora", ["prose", "prose"], ["n_gram.corpora:", "each value once"]),
    ("n_nn.corpora", ["prose", "prose"], ["n_nn.corpora:", "each value once"]),
    ("figure4.corpora", ["prose", "prose"], ["figure4.corpora:", "each value once"]),
    ("figure5.corpora", ["prose", "prose"], ["figure5.corpora:", "each value once"]),
    ("external", elsewhere("x" * 101), ["external[0].model:", "at most 100 characters"]),
    ("external", elsewhere("lstm-1x8"), ["external[0].model:", "no model of ours"]),
    ("external", elsewhere("n-gram"), ["external[0].model:", "kept for the baselines"]),
    ("external", elsewhere("n-nn"), ["external[0].model:", "kept for the baselines"]),
    ("external", elsewhere("mine", "n-gram-77"), ["external[1].model:", "kept for the baselines"]),
    ("external", elsewhere("n-nn-99"), ["external[0].model:", "kept for the baselines"]),
    ("external", elsewhere("a", "b", "a"), ["external[2].model:", "'a'", "once per corpus"]),
]


@pytest.mark.parametrize(("path", "value", "words"), BROKEN, ids=lambda part: str(part)[:40])
def test_broken_config_is_reported_in_one_line(path: str, value: object, words: list[str]) -> None:
    with pytest.raises(CharlensError) as error:
        Config.load(changed(path, value), "my.yaml")
    line = str(error.value)
    assert line.startswith("my.yaml: ")
    assert "\n" not in line
    assert [word for word in words if word not in line] == []


def test_the_largest_of_what_tables_and_files_number_fits_into_their_columns() -> None:
    most = changed("seed", LARGEST_SEED) | {"seeds": MOST_SEEDS}
    assert Config.load(most).further_seeds[-1] == np.array(LARGEST_SEED + MOST_SEEDS - 1, np.int64)
    assert np.iinfo(COLUMNS["stream"]).max + 1 == MOST_STREAMS


NO_LSTM = [{"cells": ["gru"], "layers": [1], "sizes": [8]}]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"figure4": {"corpora": ["prose"]}, "grid": NO_LSTM}, ["figure4.corpora", "LSTM"]),
        ({"figure5": {"corpora": ["prose"]}, "grid": []}, ["figure5.corpora", "LSTM"]),
        ({"figure6": {"corpus": "prose"}, "n_gram": {"corpora": []}}, ["figure6.corpus", "n-gram"]),
        (
            {"figure5": {"dynamics": {"contexts": [2, 15]}}, "n_gram": {"contexts": [1, 2]}},
            ["figure5.dynamics.contexts", "[2, 15]", "1, 2"],
        ),
        (
            {
                "figure5": {"dynamics": {"model": "gru-1x8"}},
                "n_gram": {"corpora": []},
                "n_nn": {"corpora": []},
            },
            ["figure5.dynamics.contexts", "it has none"],
        ),
        (
            {
                "activations": [
                    {"corpus": "prose", "model": "lstm-1x8", "quantities": [q]} for q in "hc"
                ]
            },
            ["activations[1].model", "lstm-1x8", "once per corpus"],
        ),
    ],
)
def test_what_a_figure_could_not_show_is_refused(more: dict, words: list[str]) -> None:
    Config.load(GOOD)
    with pytest.raises(CharlensError) as caught:
        Config.load(GOOD | more)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("values", [None, [], "text", 3, {}])
def test_config_that_is_no_mapping(values: object) -> None:
    with pytest.raises(CharlensError, match=r"^my\.yaml: .*(the whole config|missing)"):
        Config.load(values, "my.yaml")


def test_several_problems_are_counted_and_the_misspelt_key_comes_first() -> None:
    values = {"run": "x", "corpra": GOOD["corpora"], "seed": "one"}
    with pytest.raises(CharlensError, match=r"corpra: unknown key .*\(and 1 more fault\)$"):
        Config.load(values)
    values |= {"runs": "x", "grid": 3}
    with pytest.raises(CharlensError, match=r"unknown key .*\(and 3 more faults\)$"):
        Config.load(values)


def test_a_misspelt_key_is_one_fault_and_one_that_is_missing_besides_another() -> None:
    with pytest.raises(CharlensError, match=r"^config: corpra: unknown key .*, [a-z_0-9]+$"):
        Config.load({"run": "x", "corpra": GOOD["corpora"]})
    with pytest.raises(CharlensError, match=r"verbose: unknown key .*\(and 1 more fault\)$"):
        Config.load({"run": "x", "verbose": True})


@pytest.mark.parametrize("key", ["file", "tree"])
def test_only_a_relative_path_is_looked_for_in_folders(key, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    glob = {"glob": ["*"]} if key == "tree" else {}
    for name, end in (("no.tar", f" in {tmp_path}"), (f"{tmp_path}/no.tar", ""), ("~/no.tar", "")):
        source = {key: name} | glob
        with pytest.raises(CharlensError, match=rf"there is no such {key}{end}$"):
            check_references(Config.load(GOOD | {"corpora": {"prose": {"source": source}}}))
        external = {"external": [{"corpus": "prose", "model": "mine", "file": name}]}
        with pytest.raises(CharlensError, match=f"there is no such file{end}$"):
            check_references(Config.load(GOOD | external))


def test_models_from_elsewhere_may_be_points_of_the_grid_that_the_study_lacks() -> None:
    values = changed("external", elsewhere("lstm-4x512", "transformer-2x256", "n-gram-mine"))
    assert Config.load(values).external_models("prose")[0] == "lstm-4x512"


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        ({}, (1, 0.5)),
        ({"epochs": 2}, (1, 0.5)),
        ({"learning_rate": 0.01}, (1, 0.5)),
        ({"epochs": 40}, (10, 0.95)),
        ({"epochs": 3}, (10, 0.95)),
        ({"epochs": 40, "anneal_after": 4}, (4, 0.95)),
        ({"epochs": 40, "anneal_factor": 0.5}, (10, 0.5)),
        ({"epochs": 40, "anneal_after": 1, "anneal_factor": 0.5}, (1, 0.5)),
    ],
)
def test_many_epochs_are_not_annealed_as_two(training: dict, expected: tuple) -> None:
    """Half the learning rate at every epoch leaves a billionth of it after thirty."""
    config = Config.load({"corpora": GOOD["corpora"], "training": training})
    assert (config.training.anneal_after, config.training.anneal_factor) == expected


def test_a_config_of_corpora_alone_has_the_default_studys_settings() -> None:
    default = Config.load(yaml.safe_load((ROOT / "config.yaml").read_text()))
    config = Config.load({"corpora": GOOD["corpora"]})
    assert config.run == "study"
    assert config.models("prose") == default.models("python_docs")
    for model in config.models("prose"):
        seeds = config.further_seeds_of("prose", model)
        assert seeds == default.further_seeds_of("python_docs", model)
        assert len(seeds) == (2 if model == "lstm-1x32" else 0)
    for section in ("seed", "training", "n_gram", "figure1", "figure4", "figure5", "figure6"):
        assert getattr(config, section) == getattr(default, section), section
    assert config.n_nn.model_dump() == default.n_nn.model_dump() | {"corpora": None}
    # Nothing else of the default study: not its corpora, not the files that it keeps.
    assert config.activations == ()


def test_the_papers_recipe_is_the_librarys_and_the_papers_configs() -> None:
    training = Config.load(yaml.safe_load((ROOT / "config.paper.yaml").read_text())).training
    dropout = {"dropout": training.dropout}
    assert training.model_dump() == Training(**dropout).model_dump()
    assert (training.epochs, training.batch, training.unroll) == (50, 100, 100)
    assert (training.learning_rate, training.rmsprop_decay, training.clip) == (2e-3, 0.95, 5.0)
    assert (training.anneal_after, training.anneal_factor) == (10, 0.95)
    assert training.init_range == 0.08
    campaign = yaml.safe_load((ROOT / "benchmarks" / "campaign.yaml").read_text())
    shared = campaign["training"].keys() & {"epochs", "batch", "unroll", "learning_rate"}
    assert {key: campaign["training"][key] for key in shared} == training.model_dump(include=shared)


@pytest.mark.parametrize(
    "more",
    [
        {"grid": []},
        {"grid": [], "n_nn": {"corpora": []}},
        {"grid": [], "n_gram": {"corpora": []}},
        {"grid": [], "n_nn": {"corpora": []}, "external": [EXTERNAL]},
        {"corpora": {"prose": GOOD["corpora"]["prose"] | {"grid": []}}},
    ],
)
def test_a_study_without_recurrent_networks_names_no_figure(more: dict) -> None:
    config = Config.load({"corpora": GOOD["corpora"]} | more)
    assert config.tsne_corpus == ""
    assert config.models("prose") == ()
    shown = {name for name, analysis in ANALYSES.items() if analysis.when(config)}
    assert "agreement" not in shown
    assert ("cross_entropy" in shown) == bool(config.external)
    assert shown >= {"table2", "paper_vs_ours"}


def test_the_t_sne_takes_the_first_corpus_with_networks() -> None:
    corpora = {"bare": {"source": {"builtin": "python_docs"}, "grid": []}} | GOOD["corpora"]
    assert Config.load(GOOD | {"corpora": corpora}).tsne_corpus == "prose"
    with pytest.raises(CharlensError, match="tsne_corpus: found 'bare', expected a corpus with"):
        Config.load(GOOD | {"corpora": corpora, "figure1": {"tsne_corpus": "bare"}})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("mine.yaml", "mine"),
        ("texts/my novel.v2.yaml", "my-novel-v2"),
        ("Überblick.yaml", "berblick"),
        ("小说.yaml", "study"),
        ("x" * 200 + ".yaml", "x" * 100),
    ],
)
def test_a_study_is_named_after_its_file(path: str, name: str) -> None:
    assert run_named_after(Path(path)) == name
    assert Config.load({"run": name, "corpora": GOOD["corpora"]}).run == name


def test_empty_sections_and_exponents_without_a_point() -> None:
    values = yaml.safe_load("training:\nfigure1:\n")
    assert Config.load(GOOD | values) == Config.load(GOOD)
    values = yaml.safe_load("training: {epsilon: 1e-6, learning_rate: 2E-3}")
    assert Config.load(GOOD | values).training.epsilon == 1e-6


def test_grids_are_unions_in_order_and_a_corpus_may_have_its_own() -> None:
    blocks = [
        {"cells": ["rnn"], "layers": [2, 1], "sizes": [8]},
        {"cells": ["lstm", "rnn"], "layers": [1], "sizes": [8]},
    ]
    values = changed("corpora.code", {"source": {"builtin": "torch_headers"}, "grid": blocks})
    config = Config.load(values)
    assert config.models("code") == ("rnn-2x8", "rnn-1x8", "lstm-1x8")
    assert config.models("prose") == ("lstm-1x8", "lstm-2x8", "gru-1x8", "gru-2x8")
    assert config.tsne_corpus == "prose"
    assert Config.load(values | {"figure1": {"tsne_corpus": "code"}}).tsne_corpus == "code"


def test_sources_differ_by_their_key() -> None:
    def source(**keys: object) -> object:
        return CorpusEntry.model_validate({"source": keys}).source

    assert source(builtin="python_docs") == BuiltinSource(builtin="python_docs")
    tree = source(tree="linux.tar.xz", glob=["kernel/**/*.c"])
    assert isinstance(tree, TreeSource)
    assert tree.shuffle_seed == 0
    urls = source(urls=["https://a.b/c"], filename="c", git_blob_sha1="AB" * 20)
    assert isinstance(urls, UrlSource)
    assert urls.git_blob_sha1 == "ab" * 20


def test_dumped_sections_load_again() -> None:
    """Rules hand sections to scripts as plain dicts; nothing may be lost on the way."""
    config = Config.load(changed("figure5.bins", [5, 10]))
    plain = json.loads(json.dumps(config.model_dump(mode="json")))
    assert Config.load(plain) == config


def test_values_never_change() -> None:
    config = Config.load(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        config.training.epochs = 3  # type: ignore[misc]


def test_a_grid_block_lists_models_cell_by_cell() -> None:
    block = GridBlock(cells=("lstm", "gru"), layers=(1, 3), sizes=(64, 512))
    assert block.models()[:3] == ("lstm-1x64", "lstm-1x512", "lstm-3x64")
    assert len(block.models()) == 8


@pytest.mark.parametrize(
    "name", ["config.yaml", "config.paper.yaml", "config/decade.yaml", "tests/config.tiny.yaml"]
)
def test_committed_configs_are_valid(name: str) -> None:
    check_file(ROOT / name)
    config = Config.load(yaml.safe_load((ROOT / name).read_text()), name)
    check_references(config, name)


def test_paper_config_is_the_papers() -> None:
    config = Config.load(yaml.safe_load((ROOT / "config.paper.yaml").read_text()))
    strict = ["war_and_peace_position", "linux_kernel_position"]
    assert list(config.corpora) == ["war_and_peace", "linux_kernel", *strict]
    assert [len(config.models(name)) for name in config.corpora] == [36, 36, 0, 0]
    assert sum(len(config.models(name)) for name in config.corpora) == 72
    kernel = config.corpora["linux_kernel"]
    assert (kernel.train, kernel.val, kernel.split) == (0.9, 0.05, "streams")


def test_default_config_covers_what_the_figures_need() -> None:
    config = Config.load(yaml.safe_load((ROOT / "config.yaml").read_text()))
    for corpus in ("python_docs", "torch_headers"):
        models = config.models(corpus)
        assert {model.split("-")[0] for model in models} == {"lstm", "rnn", "gru"}
        assert any("-3x" in model for model in models)
        assert len({model for model in models if model.startswith("lstm-1x")}) >= 2
        assert "file" not in str(config.corpora[corpus].source)


def test_exported_schema_is_up_to_date() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), "run `make schema`"


def test_schema_accepts_the_committed_configs_and_rejects_a_misspelt_key() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schema_text())
    for name in (
        "config.yaml",
        "config.paper.yaml",
        "config/decade.yaml",
        "tests/config.tiny.yaml",
    ):
        jsonschema.validate(yaml.safe_load((ROOT / name).read_text()), schema)
    with pytest.raises(jsonschema.ValidationError, match="epoch"):
        jsonschema.validate(changed("training.epoch", 3), schema)


def test_planning_imports_nothing_heavy() -> None:
    """The Snakefile imports these modules on every start of Snakemake, also once per remote job."""
    code = (
        "import sys, charlens.study.config, charlens.study.checks, charlens.runtime.fingerprint\n"
        "import charlens.runtime.hardware, charlens.runtime.job\n"
        "print([n for n in ('torch', 'numpy', 'pandas', 'matplotlib') if n in sys.modules])"
    )
    environment = {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- files: syntax, references ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run: x\nseed: [1,\n", ["my.yaml, line 3", "not valid YAML"]),
        ("run: x\n\tseed: 1\n", ["my.yaml, line 2", "not valid YAML"]),
        ("run: x\nseed: 1\nrun: y\n", ["my.yaml, line 3", "the key run is given twice"]),
        ("training: {epochs: 1, epochs: 2}\n", ["line 1", "the key epochs is given twice"]),
        ("", ["my.yaml: holds no keys"]),
        ("- run\n", ["my.yaml: holds no keys"]),
    ],
)
def test_broken_yaml_is_reported_with_its_line(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text)
    with pytest.raises(CharlensError) as error:
        check_file(path)
    line = str(error.value)
    assert "\n" not in line
    assert [word for word in words if word not in line] == []


def test_unreadable_config_files(tmp_path: Path) -> None:
    with pytest.raises(CharlensError, match=r"no such config file in .*--configfile"):
        check_file(tmp_path / "lost.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"run: caf\xe9\n")
    with pytest.raises(CharlensError, match="UTF-8"):
        check_file(tmp_path / "latin.yaml")


def test_missing_files_are_reported_by_their_key(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config.load(changed("corpora.prose.source", {"file": "novel.txt"}))
    with pytest.raises(CharlensError, match=r"^my: corpora\.prose\.source\.file: .*novel\.txt"):
        check_references(config, "my")
    assert watched_file(config, "prose") is None

    config = Config.load(changed("corpora_dir", "texts"))
    with pytest.raises(CharlensError, match=r"^my: corpora_dir: found 'texts', expected a folder"):
        check_references(config, "my")

    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "novel.txt").write_text("Once upon a time. " * 1000)
    values = changed("corpora.prose.source", {"file": "novel.txt"}) | {"corpora_dir": "texts"}
    config = Config.load(values)
    check_references(config)
    assert watched_file(config, "prose") == "texts/novel.txt"


def test_texts_too_short_are_refused_while_planning(tmp_path: Path, monkeypatch) -> None:
    """20 streams of blocks of 50 characters: 10 % of the blocks for each split needs 10,000."""
    monkeypatch.chdir(tmp_path)
    values = changed("corpora.prose.source", {"file": "novel.txt"})
    values["training"] = {"batch": 20, "unroll": 50}
    config = Config.load(values)
    shares = config.corpora["prose"].train, config.corpora["prose"].val
    least = next(n for n in range(0, 200_000, 1000) if min(block_counts(n, 20, 50, *shares)) > 0)
    for size, fine in ((least, True), (least - 1, False), (9, False)):
        (tmp_path / "novel.txt").write_bytes(b"x" * size)
        if fine:
            check_references(config)
            continue
        with pytest.raises(CharlensError) as caught:
            check_references(config, "my")
        message = str(caught.value)
        assert message.startswith(f"my: corpora.prose: the text is too short: {size:,} bytes in")
        assert "\n" not in message
        assert "smaller training.batch or unroll" in message


def test_positions_beyond_the_test_split_are_refused_while_planning(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "novel.txt").write_bytes(b"x" * 100_000)
    values = changed("corpora.prose.source", {"file": "novel.txt"})
    values["training"] = {"batch": 20, "unroll": 50}
    entry = Config.load(values).corpora["prose"]
    test = block_counts(100_000, 20, 50, entry.train, entry.val)[2] * 20 * 50
    model = Config.load(values).models("prose")[0]
    for stop, fine in ((test, True), (test + 1, False)):
        dump = {"corpus": "prose", "model": model, "positions": [0, stop]}
        config = Config.load(values | {"activations": [dump]})
        if fine:
            check_references(config)
            continue
        message = (
            rf"^my: activations\[0\]\.positions: found \[0, {stop}\], but .* has {test:,} char"
        )
        with pytest.raises(CharlensError, match=message):
            check_references(config, "my")


def test_a_study_without_any_model_is_refused() -> None:
    none = {"n_gram": {"corpora": []}, "n_nn": {"corpora": []}}
    corpora = {"corpora": {"prose": GOOD["corpora"]["prose"]}}
    for grid in (
        corpora | {"grid": []},
        {"corpora": {"prose": GOOD["corpora"]["prose"] | {"grid": []}}},
    ):
        with pytest.raises(CharlensError) as caught:
            Config.load(grid | none, "my")
        assert str(caught.value).startswith("my: grid: found [], and no n-gram models, n-NNs or")
        assert "\n" not in str(caught.value)
        Config.load(grid | none | {"external": [EXTERNAL]})
        Config.load(grid | {"n_gram": {"corpora": []}})
        Config.load(grid | {"n_nn": {"corpora": []}})
    Config.load(corpora | none)


def test_files_of_models_from_elsewhere_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").touch()
    (tmp_path / "folder").mkdir()
    names = ["a.csv", str(tmp_path / "a.csv"), "folder"]
    entries = [{"corpus": "prose", "model": f"m{i}", "file": f} for i, f in enumerate(names)]
    check_references(Config.load(GOOD | {"external": entries[:2]}))
    with pytest.raises(CharlensError) as caught:
        check_references(Config.load(GOOD | {"external": entries}), "my")
    message = (
        "my: external[2].file: found 'folder', which is not a file but a folder, a device or a pipe"
    )
    assert str(caught.value) == message
    entries[2]["file"] = "lost.csv"
    with pytest.raises(CharlensError, match=f"but there is no such file in {tmp_path}"):
        check_references(Config.load(GOOD | {"external": entries}), "my")
    with (tmp_path / "lost.csv").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CharlensError, match="has 1,099,511,627,776 bytes; it may have"):
        check_references(Config.load(GOOD | {"external": entries}), "my")


def parquet(rows: int, **columns: list) -> pa.Table:
    return pa.table({"position": range(rows), "probability": [0.5] * rows, **columns})


WRONG_PROBABILITIES = {
    "shape.npy": (lambda path: np.save(path, np.full(9, 0.5)), "float64 of shape (9,), expected"),
    "type.npy": (lambda path: np.save(path, np.full(480, 1)), "is int64 of shape (480,)"),
    "cut.npy": (lambda path: path.write_bytes(npy(480)[:999]), "no NumPy array that can be read"),
    "rows.parquet": (lambda path: pq.write_table(parquet(481), path), "481 rows, expected one"),
    "few.parquet": (lambda path: pq.write_table(parquet(479), path), "479 rows, expected one"),
    "columns.parquet": (lambda path: pq.write_table(pa.table({"p": [1]}), path), "no column pos"),
    "cut.parquet": (lambda path: path.write_bytes(b"PAR1" + bytes(99)), "neither Parquet nor CSV"),
    "a.npz": (lambda path: np.savez(path, np.full(480, 0.5)), "a zip archive (as .npz"),
    "empty.csv": (lambda path: None, "empty.csv: is empty, expected Parquet, CSV or .npy"),
    "large.csv": (lambda path: os.truncate(path, 1 << 30), "; it may hold 26,377,216 for 480"),
}


def npy(count: int) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.full(count, 0.5))
    return stream.getvalue()


@pytest.mark.parametrize("name", WRONG_PROBABILITIES)
def test_probabilities_that_cannot_fit_are_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "novel.txt").write_bytes(b"abcd" * 1200)
    values = changed("corpora.prose.source", {"file": "novel.txt"})
    values["training"] = {"batch": 4, "unroll": 10}
    values["external"] = [{"corpus": "prose", "model": "m", "file": name}]
    config = Config.load(values)
    Path(name).touch()
    make, words = WRONG_PROBABILITIES[name]
    make(Path(name))
    check_references(config, "my")
    with pytest.raises(CharlensError) as caught:
        check_probabilities(config, "my")
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"my: external[0].file: {name}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", [{"file": "novel.txt"}, {"builtin": "python_docs"}])
def test_probabilities_that_may_fit_are_let_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: dict
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "novel.txt").write_bytes(b"abcd" * 1200)
    np.save("a.npy", np.full((480, 1), 0.5))
    pq.write_table(parquet(480, note=["x"] * 480), "a.parquet")
    Path("a.csv").write_text("position,probability\n")
    values = changed("corpora.prose.source", source) | {"training": {"batch": 4, "unroll": 10}}
    values["external"] = [
        {"corpus": "prose", "model": f"m{i}", "file": name}
        for i, name in enumerate(("a.npy", "a.parquet", "a.csv"))
    ]
    check_probabilities(Config.load(values))
    if "builtin" in source:  # of how many characters, only the job knows
        np.save("a.npy", np.full((3, 4), 0.5))
        with pytest.raises(CharlensError, match=r"a.npy: is float64 of shape \(3, 4\)"):
            check_probabilities(Config.load(values))


def test_a_text_split_by_files_is_measured_by_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole files may give a part what fractions of the text would not, and the reverse."""
    monkeypatch.chdir(tmp_path)
    Path("lib").mkdir()
    for i in range(3):
        Path(f"lib/{i}.c").write_bytes(b"x" * 101)
    values = changed("corpora.prose", {"source": {"tree": "lib"}, "split": "files"})
    values["training"] = {"batch": 5, "unroll": 10}
    values["corpora"]["prose"] |= {"train": 0.9, "val": 0.05}
    check_references(Config.load(values))  # by fractions no block would be left for validation
    values["activations"] = [{"corpus": "prose", "model": "lstm-1x8", "positions": [0, 101]}]
    with pytest.raises(CharlensError, match="the test split of prose has 100 characters"):
        check_references(Config.load(values))
    Path("lib/2.c").write_bytes(b"")
    with pytest.raises(CharlensError, match="at least 3 files that are not empty, found 2"):
        check_references(Config.load(values))


@pytest.mark.parametrize("name", ["~nouser/x", "x" * 5000])
@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("corpora_dir", "NAME", "corpora_dir"),
        ("corpora.prose.source", {"file": "NAME"}, "corpora.prose.source.file"),
        ("corpora.prose.source", {"tree": "NAME"}, "corpora.prose.source.tree"),
        ("external", [{"corpus": "prose", "model": "m", "file": "NAME"}], "external[0].file"),
    ],
)
def test_paths_that_no_file_can_have_are_reported_by_their_key(
    path: str, value: object, key: str, name: str
) -> None:
    values = json.loads(json.dumps(changed(path, value)).replace("NAME", name))
    with pytest.raises(CharlensError) as caught:
        check_references(Config.load(values), "my")
    line = str(caught.value)
    assert line.startswith(f"my: {key}: found '{name[:7]}")
    assert line.endswith(("no home folder '~nouser'", "(File name too long)"))
    assert len(line) < 400


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"file": "folder"}, ["source.file: found 'folder'", "say tree: instead of file:"]),
        ({"file": "empty.txt"}, ["source.file: found 'empty.txt', which is empty"]),
        ({"tree": "novel.txt"}, ["source.tree: found 'novel.txt'", ".zip", "say file:"]),
        ({"tree": "lost"}, ["source.tree: found 'lost'", "no such tree"]),
    ],
)
def test_sources_of_the_wrong_kind_are_reported_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: dict, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "novel.txt").write_text("Once upon a time. " * 1000)
    with pytest.raises(CharlensError) as caught:
        check_references(Config.load(changed("corpora.prose.source", source)), "my")
    assert [word for word in words if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def test_trees_are_folders_and_archives_by_name_or_content(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text("Once upon a time. " * 1000)
    (tmp_path / "a.c").write_text("int x;\n" * 10_000)
    with tarfile.open(tmp_path / "linux", "w:gz") as archive:
        archive.add(tmp_path / "novel.txt", "novel.txt")
    (tmp_path / "damaged.TAR.XZ").write_text("told by the job, which reads it")
    for name in ("", "linux", "damaged.TAR.XZ"):
        values = changed("corpora.prose.source", {"tree": str(tmp_path / name)})
        check_references(Config.load(values))


def test_a_tree_that_is_too_short_or_matches_nothing_is_refused(tmp_path: Path) -> None:
    config = Config.load(changed("corpora.prose.source", {"tree": str(tmp_path)}))
    with pytest.raises(CharlensError, match=r"but no file matches the glob \*\*/\*\.c"):
        check_references(config)
    (tmp_path / "a.c").write_text("int x;\n" * 10)
    (tmp_path / "a.txt").write_text("no part of it\n" * 10_000)
    with pytest.raises(CharlensError, match=r"corpora\.prose: .*too short: 70 bytes"):
        check_references(config)


def test_folders_and_pinned_sources_are_not_watched(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int x;\n" * 10_000)
    config = Config.load(changed("corpora.prose.source", {"tree": str(tmp_path)}))
    check_references(config)
    assert watched_file(config, "prose") is None
    assert watched_file(Config.load(GOOD), "prose") is None
