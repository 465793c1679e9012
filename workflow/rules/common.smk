# Needs nothing; makes no files: imports, the checked config, and what is printed while the DAG is planned.

import math
import os
import re
import sys
import time
from functools import cache
from logging import FileHandler
from pathlib import Path

if os.name == "nt":
    sys.exit(
        "charlens: error: Windows itself is not supported; run this in WSL, Linux inside Windows"
    )

# The library of this checkout, here and in the scripts, whether or not it is installed.
LIBRARY = os.path.dirname(str(workflow.current_basedir).rstrip("/"))
sys.path.insert(0, LIBRARY)
if not os.path.isdir(os.path.join(LIBRARY, "charlens")):
    sys.exit(
        "charlens: error: the library is not beside the rules; name the Snakefile of a clone"
        ' (snakefile: "path/to/charlens/Snakefile"), not github(...)'
    )
os.environ.update(
    PYTHONPATH=os.pathsep.join([LIBRARY, *filter(None, [os.environ.get("PYTHONPATH")])])
)

from snakemake.logging import logger
from snakemake.utils import update_config

from charlens.study.config import Config
from charlens.study.choices import (
    activation_dumps,
    audited_corpora,
    closed_corpora,
    compared_corpora,
    compared_networks,
    compressed_corpora,
    context_models,
    evidence_models,
    explorer_models,
    few_streams,
    figure2_models,
    figure3_models,
    figure6_corpus,
    has_seeds,
    interventions,
    lstm_models,
    scored_models,
    seed_error_corpus,
    watched,
)
from charlens.study.checks import (
    changed_sources,
    check_probabilities,
    check_references,
    own_contents,
    watched_file,
)
from charlens.study.config_file import check_file, run_named_after, typed
from charlens.runtime.checksums import Checksums
from charlens.runtime.locked import explain_locked
from charlens.runtime.messages import failures
from charlens.study.named_inside import check_cells, check_concepts, names_concepts
from charlens.study.settings_record import check_settings, record_settings
from charlens.study.targets import explain_missing
from charlens.errors import CharlensError, visible
from charlens.files.atomic import sweep
from charlens.runtime.fingerprint import script_fingerprint
from charlens.runtime.hardware import gpu_memory, gpu_visible, training_memory
from charlens.models.catalogue import N_GRAM, N_NN, SCORERS, WITH_DYNAMIC, WITH_NGRAM
from charlens.models.names import GRID_IDS, context_id, context_model
from charlens.models.names import parse as grid_point  # Snakemake has a `parse` of its own here
from charlens.paper.definitions import ORACLE_CONTEXTS
from charlens.report.captions import PAGE_IN_REPORT, Caption, Captions, as_image, as_pdf
from charlens.report.contents import ANALYSES, FIGURES, PAGES
from charlens.report.entries import EXPLORER_FILES, PAGE_TEMPLATES

STARTED = time.time()
IMPORTED = workflow.modifier.skip_configfile  # by another workflow, as a module with a config
CHECKSUMS = Checksums(Path(".snakemake", "charlens-checksums.json"))
NONE = "none"  # stands for the corpus in rules that the study has no use for


def keep_log_quiet():
    """Let lines of Snakemake's own log be lost where the disk is full.

    Each would be a traceback on the terminal; what a full disk means is one line.
    """
    for handler in logger.handlers:
        if isinstance(handler, FileHandler):
            handler.handleError = lambda record: None


def stop(error):
    """End with the one line that the user needs, not with Snakemake's account of it."""
    print(f"charlens: error: {error}", file=sys.stderr)
    sys.exit(1)


def say(text, **facts):
    """Print a text; the logger plugin takes the facts and decides itself what to show."""
    logger.info(text, extra={"charlens": facts})


def say_failures(lines):
    if lines:
        logger.error("\n".join(lines), extra={"charlens": {"failed": lines}})


def summary():
    """Lines at the end of a run: its results, and where all of it is."""
    from charlens.report.summary import summary

    results, logs = Path("results", STUDY.run), Path("logs", STUDY.run)
    return summary(results, logs, seeds=has_seeds(STUDY), explorer=bool(EXPLORED))


def planned(dag):
    """Rule of each job to do and, of trainings, the size: by them a logger estimates the time."""
    return [
        (job.rule.name, getattr(grid_point(job.wildcards.get("model", "")), "size", 0))
        for job in dag.needrun_jobs()
    ]


def explain(message):
    """One line that says what an error of Snakemake means; None where it says so itself."""
    missing = explain_missing(targets(), f"results/{STUDY.run}")
    return missing(message) or explain_locked(message)


def targets():
    """Names of rules to ask for: those that only gather files, and a few that make some."""
    made = ("explorer", "page", "manifest")
    return [rule.name for rule in workflow.rules if not rule.output or rule.name in made]


def default_config():
    """The config of this folder or, where it has none, of the workflow: checked."""
    own = Path(LIBRARY).parent / "config.yaml"
    path = Path("config.yaml") if Path("config.yaml").exists() else Path(os.path.relpath(own))
    try:
        check_file(path)
    except CharlensError as error:
        stop(error)
    return str(path)


def load_study(values):
    """The checked config as a typed object."""
    origin = ", ".join(os.path.relpath(path) for path in workflow.configfiles) or "config"
    if IMPORTED:
        origin += ", handed to the module"
    if workflow.configfiles:
        values.setdefault("run", run_named_after(Path(workflow.configfiles[-1])))
    overrides = dict(workflow.config_settings.config)  # --config key=value
    if IMPORTED:  # the importing workflow has them, and decides which of them it hands over
        overrides = {key: value for key, value in overrides.items() if values.get(key) == value}
    if overrides:
        update_config(values, typed(overrides))
        origin += " with --config"
    try:
        for path in [] if IMPORTED else workflow.configfiles:
            check_file(Path(os.path.relpath(path)))
        study = Config.load(values, origin)
        check_references(study, origin)
        if workflow.is_main_process:
            check_probabilities(study, origin)
            check_inside(study, origin)
        check_settings(study, Path("results", study.run))
    except CharlensError as error:
        stop(error)
    if workflow.is_main_process:
        for line in changed_sources(study, Path("results", study.run), CHECKSUMS):
            print(visible(line), file=sys.stderr)
    return study


def check_inside(study, origin):
    """Check names of cells and concepts, by what is loaded only where a config has some."""
    check_cells(study, origin)
    if names_concepts(study):
        from charlens.inside.cells.concepts import CONCEPTS

        check_concepts(study, CONCEPTS, origin)


def keep_settings():
    """Write down what this run's results are made with, before the first job.

    Snakemake's lock says that no other run writes there now: what killed writers left can go.
    """
    sweep(Path("results", STUDY.run))
    try:
        record_settings(STUDY, Path("results", STUDY.run))
    except CharlensError as error:
        stop(error)


def fingerprint(script, *names):
    """What a rule's script uses of the library, so that an edit there re-runs the rule."""
    return script_fingerprint(Path(LIBRARY, "scripts", script), *names)


def paper_data():
    """All data files with the paper's numbers, for rules that count them."""
    folder = Path(LIBRARY, "charlens", "paper", "data")
    return [f"charlens/paper/data/{path.name}" for path in sorted(folder.glob("*.csv"))]
