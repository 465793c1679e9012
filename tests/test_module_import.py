"""The workflow inside another one, and from folders that are not its own."""

from pathlib import Path

import pytest
import yaml
from workflow_runs import ROOT, copy_repository, snakemake

SNAKEFILE = """
configfile: "config.yaml"
module charlens:
    snakefile: "{snakefile}"
    config: {config}
use rule * from charlens as charlens_*
rule mine:
    default_target: True
    input: rules.charlens_{target}.input
"""
CONFIG = "run: base\nseed: 7\ncorpora:\n  novel:\n    source: {file: novel.txt}\n"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_repository(tmp_path_factory.mktemp("imported") / "charlens")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A workflow of somebody's own: a config, a text."""
    (tmp_path / "novel.txt").write_text("".join(f"{n} bottles of beer\n" for n in range(2000)))
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def importing(project: Path, clone: Path, **words: str) -> None:
    values = {"snakefile": clone / "Snakefile", "config": "config", "target": "corpora"} | words
    (project / "Snakefile").write_text(SNAKEFILE.format(**values))


def test_a_module_runs_with_the_config_handed_over(clone: Path, project: Path) -> None:
    importing(project, clone)
    run = snakemake(project, "--cores", "1")
    assert run.code == 0, run.stderr
    assert (project / "results" / "base" / "novel" / "corpus.json").is_file()
    assert not (clone / "results").exists()
    again = snakemake(project, "-n")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_the_whole_study_is_planned_through_the_second_entry_point(
    clone: Path, project: Path
) -> None:
    importing(project, clone, snakefile=clone / "workflow" / "Snakefile", target="study")
    run = snakemake(project, "-np")
    assert run.code == 0, run.stderr
    assert "results/base/novel/models/lstm-1x128.safetensors" in run.stdout
    assert "python_docs" not in run.stdout


@pytest.mark.parametrize("entry", ["Snakefile", "workflow/Snakefile"])
def test_without_a_target_the_whole_study_is_planned(
    clone: Path, project: Path, tmp_path: Path, entry: str
) -> None:
    """As a workflow of its own, and as snakedeploy imports it."""
    snakefile = clone / entry
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.yaml").write_text("corpora: {own: {source: {builtin: python_docs}}}\n")
    (project / "Snakefile").write_text(
        f'configfile: "config.yaml"\n\n'
        f'module charlens:\n    snakefile: "{snakefile}"\n    config: config\n\n'
        f"use rule * from charlens\n"
    )
    for folder, arguments in ((own, ("--snakefile", str(snakefile))), (project, ())):
        run = snakemake(folder, *arguments, "-np")
        assert run.code == 0, run.stderr
        assert "/report.html" in run.stdout
        assert "/manifest.json" in run.stdout


def test_a_section_may_be_handed_over(clone: Path, project: Path) -> None:
    values = {"samples": [1], "seed": 3, "charlens": yaml.safe_load(CONFIG)}
    (project / "config.yaml").write_text(yaml.safe_dump(values))
    importing(project, clone, config='config["charlens"]')
    run = snakemake(project, "-np", "--config", "samples=[2]")
    assert run.code == 0, run.stderr
    importing(project, clone)
    run = snakemake(project, "-np")
    assert run.code == 1
    assert "config.yaml, handed to the module: charlens: unknown key" in run.messages[-1]


def test_values_of_the_command_line_reach_the_module_with_their_types(
    clone: Path, project: Path
) -> None:
    importing(project, clone, target="study")
    run = snakemake(project, "-np", "--config", "grid=[{cells: [rnn], layers: [1], sizes: [8]}]")
    assert run.code == 0, run.stderr
    assert "lstm-1x128" not in run.stdout
    assert "rnn-1x8" in run.stdout


def test_from_another_folder_its_config_counts_or_else_the_workflows(
    clone: Path, tmp_path: Path
) -> None:
    arguments = ("--snakefile", str(clone / "workflow" / "Snakefile"), "-np", "corpora")
    run = snakemake(tmp_path, *arguments)
    assert run.code == 0, run.stderr
    assert "results/quick/python_docs/corpus.json" in run.stdout
    (tmp_path / "config.yaml").write_text("corpora: {own: {source: {builtin: python_docs}}}\n")
    run = snakemake(tmp_path, *arguments)
    assert "results/config/own/corpus.json" in run.stdout


def test_what_snakedeploy_copies_is_the_default_config() -> None:
    assert (ROOT / "config" / "config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()
    catalogue = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    assert catalogue["usage"]["software-stack-deployment"]["conda"] is True
