"""The workflow itself, run by Snakemake in a copy of the repository."""

import itertools
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from charlens.report.contents import FIGURES, PAGES
from charlens.study.again import config_of
from charlens.study.choices import scored_models, watched
from charlens.study.config import Config
from charlens.text.corpus import Corpus
from workflow_runs import TINY, copy_repository, rules, snakemake

OF_SEEDS = {"seeds", "seed_errors", "universality"}  # the paper has one
DRAWN = {f"draw_{name}" for name in FIGURES}


@pytest.fixture(scope="module")
def finished(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished study for tests that change it; others look at it meanwhile."""
    folder = tmp_path_factory.mktemp("changed") / "charlens"
    return shutil.copytree(finished, folder)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which nothing has run."""
    return copy_repository(tmp_path_factory.mktemp("planned") / "charlens")


# --- planning ---


def test_paper_is_planned_in_full(repository: Path) -> None:
    run = snakemake(repository, "-np", "--configfile", "config.paper.yaml")
    assert run.jobs == {
        "prepare_corpus": 4,
        "copied": 4,
        "compress": 4,
        "train": 71,
        "train_watched": 1,
        "train_n_nn": 14,
        "probabilities": 72 + 14,
        "scored_probabilities": 2,
        "fit_n_gram": 4,
        "n_gram_probabilities": 4,
        "dump_activations": 2,
        "search_cells": 4,
        "intervene": 2,
        "cell_evidence": 2,
        "memory": 16,
        "saturation": 2,
        # The table behind each page, and each figure; the paper's numbers are of one seed.
        **dict.fromkeys([*(PAGES.keys() - OF_SEEDS), *(DRAWN - {"draw_figure10"})], 1),
    }
    assert "python_docs" not in run.stdout, "the default study leaked into the paper's"
    # Wide and deep models start first, so that a long one is not left alone at the end.
    pattern = r"wildcards: corpus=\w+, model=\w+-(\d)x(\d+)\n +priority: (\d+)\n"
    rows = re.findall(pattern, run.stdout)
    trainings = [(int(size), int(layers), int(rank)) for layers, size, rank in rows]
    assert len(trainings) == 72
    assert sorted(trainings) == sorted(trainings, key=lambda training: (training[2], training))
    assert len({rank for *_, rank in trainings}) == 12


def test_command_line_values_reach_either_config(repository: Path, tmp_path: Path) -> None:
    grid = "grid=[{cells: [lstm], layers: [1, 2], sizes: [8]}]"
    own = ["--config", f"corpora_dir={tmp_path}", "training={epochs: 2, patience: null}", grid]
    default = snakemake(repository, "-n", *own)
    run = snakemake(repository, "-np", "--configfile", "config.paper.yaml", *own)
    for planned in (default.jobs, run.jobs):
        assert planned["train"] + planned["train_watched"] == 4
    assert "note: activations[0]: python_docs has no model lstm-1x128" in default.stderr
    assert "war_and_peace" in run.stdout


def test_targets_stop_where_they_say(repository: Path) -> None:
    planned = {target: snakemake(repository, "-n", "--", target).jobs for target in ("corpora",)}
    assert planned["corpora"] == {"prepare_corpus": 4}
    assert snakemake(repository, "-n", "--", "tables").jobs.keys() & DRAWN == set()
    figure1 = snakemake(repository, "-n", "figure1").jobs.keys()
    assert figure1 & DRAWN == {"draw_figure1_left", "draw_figure1_right"}


@pytest.mark.parametrize("arguments", [["-n"], ["--cores", "1"]])
def test_a_target_that_no_rule_makes_is_one_line(repository: Path, arguments: list[str]) -> None:
    run = snakemake(repository, *arguments, "figur11")
    assert run.code == 1
    (line,) = run.messages or run.stdout.splitlines()  # of a dry run Snakemake prints all there
    assert line.startswith(
        "charlens: error: figur11: no such target; did you mean figure11?; there are "
    )
    assert ", figure1, figure2, " in line
    assert ", all, " in line
    assert line.endswith(", and files in results/quick/")


def test_lint_is_clean(repository: Path) -> None:
    run = snakemake(repository, "--lint")
    assert run.code == 0, run.stderr


def test_every_working_rule_has_log_benchmark_environment_threads_and_resources(
    repository: Path,
) -> None:
    working = {name: rule for name, rule in rules(repository).items() if rule["script"]}
    assert working.keys() >= {"train", "train_watched", "page", *PAGES, *DRAWN}
    for name, rule in working.items():
        for word in ("log", "benchmark", "conda", "threads"):
            assert rule[word], f"{name}: {word}"
        assert {"mem_mb", "runtime"} <= set(rule["resources"]), name


def test_every_figure_and_table_of_the_registry_has_a_rule(repository: Path) -> None:
    named = {name for name in rules(repository) if name.startswith("draw_")}
    assert named == DRAWN


def test_three_lines_plan_a_small_study_named_after_their_file(
    repository: Path, tmp_path: Path
) -> None:
    path = tmp_path / "my novel.yaml"
    path.write_text("corpora:\n  novel:\n    source: {builtin: python_docs}\n")
    run = snakemake(repository, "-np", "--configfile", str(path))
    assert run.jobs["train"] + run.jobs["train_watched"] == 11
    assert run.jobs["train_n_nn"] == 4
    assert "results/my-novel/novel/models/lstm-1x128.safetensors" in run.stdout


def test_n_grams_alone_need_no_network_and_no_figure_named(
    repository: Path, tmp_path: Path
) -> None:
    path = tmp_path / "counted.yaml"
    text = "corpora: {novel: {source: {builtin: python_docs}}}\ngrid: []\nn_nn: {corpora: []}\n"
    path.write_text(text)
    run = snakemake(repository, "-n", "--configfile", str(path))
    expected = {"prepare_corpus", *N_GRAM, *TABLE2, *COMPARED, *LEAKAGE, *OF_TEXTS}
    assert run.jobs == dict.fromkeys(expected, 1)


# --- errors ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("training:\n  epoch: 3\n", ["training.epoch: unknown key", "did you mean epochs?"]),
        ("figure1: {tsne_corpus: code}\n", ["figure1.tsne_corpus: found 'code'", "prose"]),
        ("seed: 1\nseed: 2\n", ["line 5", "the key seed is given twice"]),
        ("corpora_dir: nowhere\n", ["corpora_dir: found 'nowhere'", "a folder that exists"]),
    ],
)
def test_a_wrong_config_is_one_line(
    repository: Path, tmp_path: Path, text: str, words: list[str]
) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("run: x\ncorpora:\n  prose: {source: {builtin: python_docs}}\n" + text)
    run = snakemake(repository, "--cores", "1", "--configfile", str(path))
    assert run.code == 1
    assert len(run.messages) == 1
    assert run.messages[0].startswith("charlens: error: ")
    assert "my.yaml" in run.messages[0]
    assert [word for word in words if word not in run.messages[0]] == []
    assert not (repository / "results" / "x").exists()


def test_a_wrong_value_on_the_command_line_is_one_line(repository: Path) -> None:
    run = snakemake(repository, "-n", "--config", "training={epochs: 0}")
    assert run.code == 1
    *_, line = run.messages
    assert line.startswith("charlens: error: config.yaml with --config: training.epochs: found 0")
    assert "Traceback" not in run.stderr + run.stdout


def test_broken_yaml_in_the_default_config_is_one_line(tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "charlens")
    (folder / "config.yaml").write_text("run: x\ncorpora: [\n")
    run = snakemake(folder, "-n")
    assert run.code == 1
    assert len(run.messages) == 1
    assert "config.yaml, line 3: not valid YAML" in run.messages[0]


def test_a_broken_config_on_the_command_line_is_one_line(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_bytes(b"run: x\n# caf\xe9\n")
    for arguments in (
        ("--configfile", str(tmp_path / "my.yaml")),
        ("--configfile", str(tmp_path / "lost.yaml")),
        ("--config", "training.epochs=3"),
    ):
        run = snakemake(repository, "-n", *arguments)
        assert run.code == 1
        assert len(run.messages) == 1
        assert run.messages[0].startswith("charlens: error: ")


def test_n_grams_of_a_larger_text_ask_for_more_memory(repository: Path, tmp_path: Path) -> None:
    asked = {}
    (tmp_path / "src").mkdir()
    for megabytes, source in ((1, "file: big.txt"), (100, "tree: src, glob: ['*.txt']")):
        for name in ("big.txt", "src/a.txt"):
            with (tmp_path / name).open("wb") as file:
                file.truncate(megabytes * 1_000_000)
        source = source.replace(": ", f": {tmp_path}/", 1)
        (tmp_path / "my.yaml").write_text(f"corpora: {{big: {{source: {{{source}}}}}}}\ngrid: []\n")
        target = "results/my/big/models/n-gram.safetensors"
        run = snakemake(repository, "-np", target, "--configfile", str(tmp_path / "my.yaml"))
        rules = ("prepare_corpus", "fit_n_gram")
        patterns = (rf"rule {rule}:.*?mem_mb=(\d+)" for rule in rules)
        asked[megabytes] = [re.findall(pattern, run.stdout, re.S) for pattern in patterns]
    assert asked == {1: [["1012"], ["2000"]], 100: [["2200"], ["6000"]]}


def test_analyses_of_a_larger_text_ask_for_more_memory(repository: Path, tmp_path: Path) -> None:
    asked = {}
    for megabytes in (1, 100):
        with (tmp_path / "big.txt").open("wb") as file:
            file.truncate(megabytes * 1_000_000)
        source = f"{{source: {{file: {tmp_path}/big.txt}}}}"
        grid = "grid: [{cells: [lstm], layers: [1], sizes: [8]}]"
        (tmp_path / "my.yaml").write_text(f"corpora: {{big: {source}}}\n{grid}\n")
        names = ("concepts/lstm-1x8.parquet", "context/lstm-1x8.csv")
        targets = [f"results/my/big/tables/{name}" for name in names]
        run = snakemake(
            repository, "-np", "--configfile", str(tmp_path / "my.yaml"), "--", *targets
        )
        patterns = (rf"rule {rule}:.*?mem_mb=(\d+)" for rule in ("cell_evidence", "memory"))
        asked[megabytes] = [re.findall(pattern, run.stdout, re.S) for pattern in patterns]
    assert asked == {1: [["3000"], ["3000"]], 100: [["26000"], ["8000"]]}


def test_files_whose_names_look_like_patterns(repository: Path, tmp_path: Path) -> None:
    text = "".join(f"{number} bottles of beer\n" for number in range(2000))
    names = ["war {1869}", "war <draft>", "{", "<results>"]
    corpora = {}
    for i, name in enumerate(names):
        (tmp_path / f"{name}.txt").write_text(text)
        corpora[f"text{i}"] = {"source": {"file": str(tmp_path / f"{name}.txt")}}
    (tmp_path / "my {best} model.csv").write_text("position,probability\n0,0.5\n")
    external = {"corpus": "text0", "model": "mine", "file": str(tmp_path / "my {best} model.csv")}
    (tmp_path / "my.yaml").write_text(
        yaml.safe_dump({"corpora": corpora, "run": "patterns", "external": [external]})
    )
    file = "results/patterns/text0/probabilities/mine.parquet"
    arguments = ("--configfile", str(tmp_path / "my.yaml"))
    run = snakemake(repository, "--cores", "1", "corpora", *arguments)
    assert run.code == 0, run.stderr
    assert (repository / "results/patterns/text3/corpus.json").exists()
    run = snakemake(repository, "--cores", "1", file, *arguments)
    (line,) = (line for line in run.messages if line.startswith("charlens: error: "))
    assert "my {best} model.csv" in line  # read, and found too short
    (tmp_path / "war <draft>.txt").write_text(text + "more\n")
    run = snakemake(repository, "-n", "corpora", *arguments)
    assert run.jobs == {"prepare_corpus": 1}


def test_files_whose_names_control_the_terminal(repository: Path, tmp_path: Path) -> None:
    name = "beer\n\x1b[2J.txt"
    source = {"source": {"file": str(tmp_path / name)}}
    (tmp_path / "my.yaml").write_text(yaml.safe_dump({"run": "odd", "corpora": {"beer": source}}))
    arguments = ("corpora", "--configfile", str(tmp_path / "my.yaml"))
    lost = snakemake(repository, "-n", *arguments)
    assert lost.code == 1
    assert len(lost.messages) == 1
    assert r"/beer\n\x1b[2J.txt', but there is no such file" in lost.messages[0]
    (tmp_path / name).write_text("".join(f"{number} bottles of beer\n" for number in range(2000)))
    run = snakemake(repository, "--cores", "1", *arguments)
    assert run.code == 0, run.stderr
    (tmp_path / name).write_text("too short")
    short = snakemake(repository, "--cores", "1", *arguments)
    (tmp_path / name).write_text("".join(f"{number} bottles of wine\n" for number in range(2000)))
    planned = snakemake(repository, "-np", *arguments)
    assert planned.jobs == {"prepare_corpus": 1}
    for made in (lost, run, short, planned):
        assert "\x1b" not in made.stdout + made.stderr


def test_a_wrong_corpus_is_one_line_and_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("not the text that was meant\n" * 10_000)
    source = f"{{file: {tmp_path}/other.txt, sha256: {'ab' * 32}}}"
    (tmp_path / "my.yaml").write_text(f"run: short\ncorpora:\n  mine: {{source: {source}}}\n")
    arguments = ("--cores", "1", "--configfile", str(tmp_path / "my.yaml"))
    run = snakemake(repository, *arguments, "--", "corpora")
    assert run.code == 1
    (line,) = (line for line in run.messages if line.startswith("charlens: error: "))
    assert "other.txt: " in line
    assert "sha256" in line
    assert line.endswith(" [logs/short/mine/prepare_corpus.log]")
    assert "Traceback" not in run.stderr + run.stdout
    made = [path for path in (repository / "results" / "short").rglob("*") if path.is_file()]
    made = [path for path in made if path.name != "settings.json"]
    assert made == []


# --- the tiny study, run to its end ---


def test_every_promised_file_is_there(finished: Path) -> None:
    config = Config.load(yaml.safe_load((finished / TINY).read_text()))
    results = finished / "results" / config.run
    for name in config.corpora:
        corpus = Corpus.load(results / name / "corpus.json")
        assert corpus.name == name
        for model in config.models(name):
            assert (results / name / "models" / f"{model}.safetensors").stat().st_size > 100
            assert len(pd.read_parquet(results / name / "curves" / f"{model}.parquet")) > 0
            rows = pd.read_parquet(results / name / "probabilities" / f"{model}.parquet")
            assert len(rows) == corpus.sizes["test"]
            assert (finished / "logs" / config.run / name / "train" / f"{model}.log").is_file()
            assert (results / "benchmarks" / "train" / name / f"{model}.tsv").is_file()
    network = watched(config)
    for epoch in network.epochs:
        folder = results / network.corpus / "checkpoints" / network.model
        assert (folder / f"epoch={epoch:g}.safetensors").is_file()
    table = pd.read_csv(results / "tables" / "cross_entropy.csv")
    models = ((*config.models(name), *scored_models(config, name)) for name in config.corpora)
    assert sorted(table["model"]) == sorted(itertools.chain(*models))
    for name in FIGURES:
        assert (results / "figures" / f"{name}.pdf").read_bytes()[:4] == b"%PDF"
        assert (results / "figures" / f"{name}.png").read_bytes()[1:4] == b"PNG"
        assert len(pd.read_csv(results / "figures" / f"{name}.csv")) > 0
    table = pd.read_csv(results / "tables" / "table2.csv")
    assert {"n-gram-1", "n-gram-5", "n-nn-1", "n-nn-3"} <= set(table["model"])


def test_a_second_run_does_nothing(finished: Path) -> None:
    run = snakemake(finished, "--cores", "2", "--configfile", TINY)
    assert run.code == 0
    assert "Nothing to be done" in run.stderr


def test_the_config_that_a_manifest_holds_plans_the_same(finished: Path) -> None:
    again = finished / "again.yaml"
    again.write_text(config_of(finished / "results" / "tiny"), encoding="utf-8")
    planned = snakemake(finished, "-n", "--configfile", again.name)
    again.unlink()
    assert planned.code == 0
    assert "Nothing to be done" in planned.stdout + planned.stderr


FIGURE1 = {"cross_entropy", "agreement", "draw_figure1_left", "draw_figure1_right"}
TABLE2 = {"table2", "draw_table2"}
INSIDE = {"dump_activations", "search_cells", "draw_figure2", "saturation", "draw_figure3"}
FIGURE4 = {"error_overlap", "advantage", "draw_figure4"}
CLOSINGS = {"closings", "draw_figure5_left"}
DYNAMICS = {"dynamics", "draw_figure5_right"}
FIGURE6 = {"errors", "seed_errors", "draw_figure6", "draw_figure6_bars"}
DECADE = {"decade", "hypotheses", "draw_figure11"}
EVIDENCE = {"cell_evidence", "evidence", "draw_figure7"}
CAUSAL = {"intervene", "causal_cells", "draw_figure8"}
MEMORY = {"memory", "context_curve", "closing_memory", "memory_probes"}
MEMORY |= {"draw_figure9", "draw_figure9_memory"}
ASKED = EVIDENCE | CAUSAL | MEMORY  # of single networks
LEAKAGE = {"leakage", "draw_figure12"}
OF_TEXTS = {"copied", "compress"}
UNIVERSAL = {"match_cells", "universality", "draw_figure10"}
COMPARED = {"paper_vs_ours"}  # follows every table
SCORED = FIGURE1 | TABLE2 | FIGURE4 | CLOSINGS | FIGURE6 | DECADE | LEAKAGE | COMPARED
TRAINED = {"train", "train_watched", "train_seed", "train_n_nn"}
AGAIN = {"probabilities_seed", "seeds"}
MIXED = {"scored_probabilities"}
NEURAL = TRAINED | {"probabilities"} | MIXED | SCORED | INSIDE | DYNAMICS | ASKED
NEURAL |= AGAIN | UNIVERSAL
N_GRAM = {"fit_n_gram", "n_gram_probabilities"}


@pytest.mark.parametrize(
    ("module", "rerun"),
    [
        ("analyses/cross_entropy/figure.py", {"draw_figure1_left"}),
        ("analyses/agreement/figure.py", {"draw_figure1_right"}),
        ("analyses/agreement/tsne.py", {"draw_figure1_right"}),
        ("analyses/agreement/table.py", {"agreement", "draw_figure1_right"} | COMPARED),
        ("analyses/context_length/figure.py", {"draw_table2"}),
        ("analyses/oracles/oracles.py", FIGURE6 | DECADE | COMPARED),
        ("inside/store.py", {"dump_activations"}),
        (
            "text/brackets.py",
            {"search_cells", "draw_figure2"}
            | CLOSINGS
            | FIGURE6
            | DECADE
            | ASKED
            | UNIVERSAL
            | COMPARED,
        ),
        ("models/ngram/kneser_ney.py", N_GRAM | MIXED | SCORED | DYNAMICS | MEMORY),
        (
            "models/running.py",
            {"probabilities"} | AGAIN | MIXED | SCORED | INSIDE | DYNAMICS | ASKED | UNIVERSAL,
        ),
        ("text/sources/web.py", {"prepare_corpus"} | OF_TEXTS | NEURAL | N_GRAM),
        ("runtime/job.py", set()),
    ],
)
def test_editing_a_module_reruns_what_uses_it(finished: Path, module: str, rerun: set[str]) -> None:
    path = finished / "workflow" / "charlens" / module
    original = path.read_text()
    try:
        path.write_text(original + "\n# edited\n")
        planned = snakemake(finished, "-n", "--configfile", TINY).jobs
    finally:
        path.write_text(original)
    assert planned.keys() == rerun


def test_a_script_counts_by_its_content_and_not_by_its_date(finished: Path) -> None:
    """As after a change of branch or a copy, which may not retrain a grid."""
    scripts = list((finished / "workflow" / "scripts").glob("*.py"))
    times = {path: path.stat() for path in scripts}
    try:
        for path in scripts:
            path.touch()
        assert snakemake(finished, "-n", "--configfile", TINY).jobs == {}
        script = finished / "workflow" / "scripts" / "draw.py"
        original = script.read_text()
        script.write_text(original + "\n# edited\n")
        assert snakemake(finished, "-n", "--configfile", TINY).jobs.keys() == DRAWN
        script.write_text(original)
    finally:
        for path, status in times.items():
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_corpus_of_a_new_date_and_the_old_content_is_not_prepared_again(tmp_path: Path) -> None:
    repository = copy_repository(tmp_path / "charlens")
    text = repository / "text.txt"
    text.write_bytes(b"a text of more than a megabyte\n" * 40_000)
    config = repository / "own.yaml"
    config.write_text(
        "run: own\ncorpora: {own: {source: {file: text.txt}, train: 0.8, val: 0.1}}\n"
        "grid: [{cells: [rnn], layers: [1], sizes: [16]}]\n"
    )
    arguments = ("--cores", "1", "corpora", "--configfile", "own.yaml")
    assert snakemake(repository, *arguments).code == 0
    text.touch()
    assert snakemake(repository, "-n", *arguments).jobs == {}
    text.write_bytes(text.read_bytes() + b"one more\n")
    assert snakemake(repository, "-n", *arguments).jobs == {"prepare_corpus": 1}


@pytest.mark.parametrize(
    ("values", "rerun"),
    [
        (
            "figure1={bootstrap: 30}",
            {"cross_entropy", "seeds", "draw_figure1_left", "n_gram_probabilities"}
            | (SCORED - FIGURE1),
        ),
        ("figure1={perplexity: 2}", {"draw_figure1_right"}),
        ("training={learning_rate: 0.003}", NEURAL),
        (
            "n_nn={widths: [5]}",
            {"train_n_nn", "probabilities"} | (SCORED - FIGURE1 - FIGURE6) | DYNAMICS | MEMORY,
        ),
        ("figure6={definitions: stated}", FIGURE6 | DECADE | COMPARED),
    ],
)
def test_changing_a_setting_reruns_what_depends_on_it(
    finished: Path, values: str, rerun: set[str]
) -> None:
    # Replaced on purpose, as the refusal of other settings in the same folder says.
    (finished / "results" / "tiny" / "settings.json").unlink(missing_ok=True)
    planned = snakemake(finished, "-n", "--configfile", TINY, "--config", values).jobs
    assert planned.keys() == rerun


def test_other_settings_do_not_write_over_a_runs_results(tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "charlens")
    text = "".join(f"{number} bottles of beer\n" for number in range(2000))
    (folder / "beer.txt").write_text(text)
    (folder / "beer.yaml").write_text(
        "corpora: {beer: {source: {file: beer.txt}}}\ngrid: []\nn_nn: {corpora: []}\n"
    )
    target = "results/beer/beer/models/n-gram.safetensors"
    arguments = ("--cores", "1", target, "--configfile", "beer.yaml")
    assert snakemake(folder, *arguments).code == 0
    for values, words in (
        ("seed=2", "seed = 1, this config has 2;"),
        ("training={batch: 10}", "training.batch = 20, this config has 10;"),
        ("corpora={beer: {split: position}}", "corpora.beer.split = 'streams'"),
    ):
        run = snakemake(folder, *arguments, "--config", values)
        assert run.code == 1
        line = run.messages[-1]
        assert line.startswith("charlens: error: results/beer holds results made with ")
        assert words in line
        assert "run=NAME" in line
    assert snakemake(folder, "-n", *arguments[:2], "--configfile", "beer.yaml").code == 0
    named = snakemake(folder, "-np", *arguments[:2], *arguments[3:], "--config", "seed=2", "run=b2")
    assert named.code == 0
    assert "results/b2/" in named.stdout
    assert snakemake(folder, *arguments, "--config", "grid=[]", "n_gram={contexts: [2]}").code == 0
    (folder / "results" / "beer" / "settings.json").unlink()
    assert snakemake(folder, "-n", *arguments, "--config", "seed=2").code == 0


def test_a_larger_grid_trains_only_the_new_models(finished: Path) -> None:
    grid = "grid=[{cells: [lstm, rnn, gru], layers: [1, 2], sizes: [8]}]"
    planned = snakemake(finished, "-n", "--configfile", TINY, "--config", grid).jobs
    # 2 layers of each cell, one of them watched; the other corpus has a grid of its own
    assert planned.get("train", 0) + planned["train_watched"] == 3
    assert "prepare_corpus" not in planned


def test_further_seeds_train_beside_the_first(finished: Path) -> None:
    planned = snakemake(finished, "-n", "--configfile", TINY, "--config", "seeds=2").jobs
    networks = 5  # the sixth has seeds of its own
    expected = {"train_seed": networks, "probabilities_seed": networks, "seeds": 1}
    assert expected.items() <= planned.items()
    trained = {"train", "train_watched", "train_n_nn", "probabilities", "prepare_corpus"}
    assert not trained & set(planned), "what the first seed made was made again"


def test_an_edited_text_is_prepared_anew(tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "charlens")
    text = folder / "mine.txt"
    text.write_text("A short text for a small corpus.\n" * 400)
    (folder / "my.yaml").write_text(
        "run: mine\ncorpora: {mine: {source: {file: mine.txt}}}\ntraining: {batch: 5, unroll: 20}\n"
    )
    arguments = ("--cores", "1", "--configfile", "my.yaml", "--", "corpora")
    assert snakemake(folder, *arguments).code == 0
    assert "Nothing to be done" in snakemake(folder, *arguments).stderr
    text.write_text("Another text for a small corpus.\n" * 400)
    assert snakemake(folder, "-n", *arguments[2:]).jobs == {"prepare_corpus": 1}
