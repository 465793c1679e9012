# Needs nothing; makes no files: what the other rules call while the DAG is planned.

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
    figure2_models,
    figure3_models,
    figure6_corpus,
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
from charlens.runtime.messages import failures
from charlens.study.settings_record import check_settings, record_settings
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

    return summary(Path("results", STUDY.run), Path("logs", STUDY.run))


def planned(dag):
    """Rule of each job to do and, of trainings, the size: by them a logger estimates the time."""
    return [
        (job.rule.name, getattr(grid_point(job.wildcards.get("model", "")), "size", 0))
        for job in dag.needrun_jobs()
    ]


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
        check_settings(study, Path("results", study.run))
    except CharlensError as error:
        stop(error)
    if workflow.is_main_process:
        for line in changed_sources(study, Path("results", study.run), CHECKSUMS):
            print(visible(line), file=sys.stderr)
    return study


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


def as_input(path):
    """A user's file as an input of a rule; none where Snakemake would read its name as a pattern,
    or print what a terminal obeys.

    Nothing is lost by that: rules have the checksum of such a file among their params.
    """
    return [] if path is None or re.search("[{}<>]", path) or visible(path) != path else path


def own_file(wildcards):
    """The user's own text or archive behind a corpus, if it is one."""
    return as_input(watched_file(STUDY, wildcards.corpus))


def own_contents_of(wildcards):
    """Checksum of the user's own text, archive or folder: it decides, not the date of a file."""
    return own_contents(STUDY, wildcards.corpus, CHECKSUMS)


def external_contents(wildcards):
    return CHECKSUMS.of(Path(external_path(wildcards)))


def corpus_config(wildcards):
    """What decides a corpus's bytes and layout; not its models, which may change without it."""
    entry = STUDY.corpora[wildcards.corpus]
    return {
        "name": wildcards.corpus,
        "entry": entry.model_dump(mode="json", exclude={"encoding", "grid", "kind"}),
        "corpora_dir": None if entry.source.local else STUDY.corpora_dir,
        "batch": STUDY.training.batch,
        "unroll": STUDY.training.unroll,
    }


def training_config(wildcards):
    """How a recurrent model trains: its block of the grid may have dropout candidates of its own."""
    training = STUDY.training_of(wildcards.corpus, wildcards.model)
    return {"training": training.model_dump(mode="json"), "seed": STUDY.seed}


def seed_training_config(wildcards):
    """The same of a further training of it, from another seed."""
    return training_config(wildcards) | {"seed": int(wildcards.seed)}


def seed_order(wildcards):
    """Priority of a further training: after the first ones of the grid, seed by seed."""
    further = STUDY.further_seeds.index(int(wildcards.seed)) + 1
    return training_order(wildcards) - 1_000_000_000 * further


def watched_config(wildcards):
    return training_config(wildcards) | {"early": list(WATCHED.epochs)}


def training_order(wildcards):
    """Priority of a training: earlier blocks of the grid first.

    Within a block wide models, then deep ones, so that the end is not spent on a single long one.
    """
    point = grid_point(wildcards.model)
    block = STUDY.block_of(wildcards.corpus, wildcards.model)
    return -1_000_000 * block + 100 * point.size + point.layers


def n_nn_config():
    """Trained like the recurrent models, but for dropout, which n-NNs do not know."""
    training = STUDY.training.model_dump(mode="json")
    training |= {"dropout": [0.0]}
    return {"training": training, "seed": STUDY.seed, "widths": list(STUDY.n_nn.widths)}


def n_gram_config():
    return {"contexts": list(STUDY.n_gram.contexts)}


@cache
def text_megabytes(corpus):
    """MB of the user's text; a packed archive is counted as five times its size.

    0 for texts from elsewhere, which are far below what any job asks at least.
    """
    size = STUDY.corpora[corpus].source.size(STUDY.corpora_dir)
    path = watched_file(STUDY, corpus)
    if size is None and path:
        packed = re.search(r"\.(gz|bz2|xz|zip|t[gbx]z2?)$", path)
        size = os.path.getsize(path) * (5 if packed else 1)
    return (size or 0) / 1e6


def corpus_memory(wildcards, attempt):
    """MB that preparing a corpus asks of a scheduler: 12 per MB of text (9 were measured)."""
    return math.ceil(1000 + 12 * text_megabytes(wildcards.corpus)) * attempt


def n_gram_memory(wildcards, attempt):
    """MB that n-grams ask of a scheduler: 50 per MB of text (40 were measured)."""
    return math.ceil(max(2000, 1000 + 50 * text_megabytes(wildcards.corpus))) * attempt


def scoring_config():
    training = STUDY.training.model_dump(mode="json")
    scoring = {key: training[key] for key in ("device", "precision", "batch", "unroll")}
    return {"seed": STUDY.seed, **scoring}


def mixed_n_gram(wildcards):
    """The n-gram models that a scorer mixes a network with; none for other scorers."""
    fitted = wildcards.scorer == WITH_NGRAM
    return f"<results>/{wildcards.corpus}/models/n-gram.safetensors" if fitted else []


def adapting_train(wildcards):
    """The training text, for a scorer that learns on and measures its steps there."""
    return f"<results>/{wildcards.corpus}/train.npy" if wildcards.scorer == WITH_DYNAMIC else []


def dump_config(wildcards):
    """What the config's `activations` says of a model; all of it where it says nothing."""
    for dump in STUDY.activations:
        if (dump.corpus, dump.model) == (wildcards.corpus, wildcards.model):
            options = dump.model_dump(mode="json", include={"quantities", "positions", "dtype"})
            return options | scoring_config()
    return {"quantities": None, "positions": None, "dtype": "float32"} | scoring_config()


def cells_config(wildcards):
    entry = STUDY.corpora[wildcards.corpus]
    return {"kind": entry.kind, "encoding": entry.encoding} | scoring_config()


def encodings_of(corpora):
    """What the config says of the encodings of corpora; None where they are guessed."""
    return {name: STUDY.corpora[name].encoding for name in corpora if name in STUDY.corpora}


def splits_of(corpora, name):
    """A file of each corpus, such as its test split."""
    return [f"<results>/{corpus}/{name}" for corpus in corpora if corpus]


def evidence_config(wildcards):
    effort = STUDY.cells.model_dump(mode="json", exclude={"models"})
    return {"effort": effort} | cells_config(wildcards)


def interventions_config(wildcards):
    """What is done to the cells of a corpus's networks, one entry for each."""
    entries = [
        entry.model_dump(mode="json", exclude={"corpus", "model"})
        for entry in INTERVENED[wildcards.corpus].values()
    ]
    return {"networks": entries} | cells_config(wildcards)


def dynamics_config():
    options = {"epochs": list(WATCHED.epochs), "contexts": list(WATCHED.n_gram)}
    return options | scoring_config()


def table_config():
    return {"bootstrap": STUDY.figure1.bootstrap, "seed": STUDY.seed}


def tsne_config():
    return {"perplexity": STUDY.figure1.perplexity, "seed": STUDY.seed}


def closings_config():
    return {
        "kinds": {corpus: entry.kind for corpus, entry in STUDY.corpora.items()},
        "pairs": STUDY.figure5.pairs and list(STUDY.figure5.pairs),
        "bins": list(STUDY.figure5.bins),
        "network": STUDY.figure5.network,
        "seed": STUDY.seed,
    }


def memory_config(wildcards):
    asked = {"model": wildcards.model, "kind": STUDY.corpora[wildcards.corpus].kind}
    context = STUDY.context.model_dump(mode="json", exclude={"corpora", "models"})
    return asked | context | STUDY.probes.model_dump(mode="json") | scoring_config()


def model_file(wildcards):
    """A trained network, or the file of all of a corpus's n-gram models."""
    family, _ = context_model(wildcards.model) or (None, None)
    name = N_GRAM if family == N_GRAM else wildcards.model
    return f"<results>/{wildcards.corpus}/models/{name}.safetensors"


def probabilities_of(corpus):
    """The probabilities files of all recurrent models of a corpus, in grid order."""
    return expand(
        "<results>/{corpus}/probabilities/{model}.parquet",
        corpus=corpus,
        model=STUDY.models(corpus),
    )


def further_trainings(pattern, corpora=None):
    """Files of the networks that are trained again, each with its seed: seed by seed."""
    return [
        (seed, pattern.format(corpus=corpus, seed=seed, model=model))
        for seed in STUDY.further_seeds
        for corpus in (STUDY.corpora if corpora is None else corpora)
        for model in STUDY.models(corpus)
        if seed in STUDY.further_seeds_of(corpus, model)
    ]


def every_training(corpora=None):
    """The probabilities files of networks trained several times, each with its seed."""
    first = [
        (STUDY.seed, f"<results>/{corpus}/probabilities/{model}.parquet")
        for corpus in (STUDY.corpora if corpora is None else corpora)
        for model in STUDY.models(corpus)
        if STUDY.further_seeds_of(corpus, model)
    ]
    return first + further_trainings(
        "<results>/{corpus}/seeds/{seed}/probabilities/{model}.parquet", corpora
    )


def trainings_of(corpus):
    """Seed and id of each training that is compared with others cell by cell."""
    return [
        (seed, model)
        for model in MATCHED[corpus]
        for seed in (STUDY.seed, *STUDY.further_seeds_of(corpus, model))
    ]


def compared_weights(wildcards):
    """The weights of the same."""
    folder = f"<results>/{wildcards.corpus}"
    return [
        (
            f"{folder}/models/{model}.safetensors"
            if seed == STUDY.seed
            else f"{folder}/seeds/{seed}/models/{model}.safetensors"
        )
        for seed, model in trainings_of(wildcards.corpus)
    ]


def universality_config(wildcards):
    """How trainings are compared; the seed of each file of weights in its order."""
    section = STUDY.universality.model_dump(mode="json", include={"concept", "rotations"})
    seeds = [seed for seed, _ in trainings_of(wildcards.corpus)]
    return section | {"seeds": seeds} | cells_config(wildcards)


def of_matched(name):
    """Tables of compared trainings, one per corpus."""
    return [f"<results>/{corpus}/tables/universality/{name}" for corpus in MATCHED]


def trained_of(corpus):
    """The same of all trained models: the recurrent ones, then the n-NNs."""
    return probabilities_of(corpus) + expand(
        "<results>/{corpus}/probabilities/{model}.parquet",
        corpus=corpus,
        model=STUDY.n_nn_models(corpus),
    )


def of_searched_cells(folder):
    """Tables behind Figure 2, cells or cell_examples: one per corpus that has a model for it."""
    return [
        f"<results>/{corpus}/tables/{folder}/{model}.parquet"
        for corpus, model in figure2_models(STUDY).items()
    ]


def of_evidence(folder):
    """Tables of the evidence about cells: one per model, in the order of the corpora."""
    return [
        f"<results>/{corpus}/tables/{folder}/{model}.parquet"
        for corpus, models in evidence_models(STUDY).items()
        for model in models
    ]


def trained_models():
    """All networks of the study. Named as results, for one that is lost is else not made again."""
    return [
        f"<results>/{corpus}/models/{model}.safetensors"
        for corpus in STUDY.corpora
        for model in (*STUDY.models(corpus), *STUDY.n_nn_models(corpus))
    ] + [
        path
        for _, path in further_trainings(
            "<results>/{corpus}/seeds/{seed}/models/{model}.safetensors"
        )
    ]


def of_interventions(name):
    """Tables of interventions, one per corpus that has a network for them."""
    return [f"<results>/{corpus}/tables/interventions/{name}.csv" for corpus in INTERVENED]


def explorer_entry(corpus):
    """What the explorer shows of a corpus: models, and which of them tables say more about."""
    models = explorer_models(STUDY)[corpus]
    n_grams = STUDY.n_gram_models(corpus)
    oracles = [context_id(N_GRAM, n) for n in ORACLE_CONTEXTS]
    return {
        "corpus": corpus,
        "models": list(models),
        "evidence": [m for m in evidence_models(STUDY).get(corpus, ()) if m in models],
        "causes": [m for m in interventions(STUDY).get(corpus, ()) if m in models],
        "baseline": n_grams[-1] if n_grams else None,
        "n_grams": [model for model in n_grams if model in oracles],
        "encoding": STUDY.corpora[corpus].encoding,
    }


def explorer_files(corpus):
    """The files behind it."""
    entry = explorer_entry(corpus)
    scored = entry["models"] * bool(entry["n_grams"]) + entry["n_grams"]
    scored += [entry["baseline"]] if entry["baseline"] else []
    causes = ("verdicts", "excerpts") if entry["causes"] else ()
    names = [
        *("corpus.json", "train.npy", "test.npy"),
        *(f"models/{model}.safetensors" for model in entry["models"]),
        *(f"tables/cells/{model}.parquet" for model in entry["models"]),
        *(f"probabilities/{model}.parquet" for model in dict.fromkeys(scored)),
        *(f"tables/cell_evidence/{model}.parquet" for model in entry["evidence"]),
        *(f"tables/concepts/{model}.parquet" for model in entry["evidence"]),
        *(f"tables/interventions/{name}.csv" for name in causes),
    ]
    return [f"<results>/{corpus}/{name}" for name in names]


def explorer_config():
    """What the explorer shows, and how it is made."""
    settings = {
        "positions": STUDY.explorer.positions,
        "unroll": STUDY.training.unroll,
        "device": STUDY.training.device,
        "threshold": STUDY.figure6.threshold,
        "definitions": STUDY.figure6.definitions,
    }
    return {"shown": [explorer_entry(corpus) for corpus in EXPLORED], "settings": settings}


def explorer_fingerprint():
    """What the explorer uses: modules, and the files of its page."""
    page = [f"charlens/report/explorer/page/{name}" for name in EXPLORER_FILES]
    return fingerprint("explorer.py", *page)


def saturation_tables():
    """What Figure 3 shows: one table per model."""
    corpus, models = figure3_models(STUDY)
    return [f"<results>/{corpus}/tables/saturation/{model}.csv" for model in models]


def early_checkpoints(corpus, model):
    """The early checkpoints of the model whose training is watched."""
    return [
        f"<results>/{corpus}/checkpoints/{model}/epoch={epoch:g}.safetensors"
        for epoch in WATCHED.epochs
    ]


def external_of(corpus):
    """The probabilities files of a corpus's models from elsewhere."""
    models = STUDY.external_models(corpus)
    return [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]


def scored_of(corpus):
    """The probabilities files of a corpus's networks with scorers."""
    models = scored_models(STUDY, corpus)
    return [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]


def elsewhere():
    """Regular expression of the paths, from the corpus on, of models from elsewhere."""
    paths = [f"{entry.corpus}/probabilities/{entry.model}" for entry in STUDY.external]
    return rf"(?:{'|'.join(paths)})\.parquet" if paths else "(?!)"  # (?!) matches nothing


def external_entry(wildcards):
    """What the config says of a model from elsewhere."""
    name = (wildcards.corpus, wildcards.model)
    return next(entry for entry in STUDY.external if (entry.corpus, entry.model) == name)


def external_path(wildcards):
    return os.path.expanduser(external_entry(wildcards).file)


def external_file(wildcards):
    return as_input(external_path(wildcards))


def external_config(wildcards):
    options = external_entry(wildcards).model_dump(mode="json", include={"model", "corpus_sha256"})
    return options | {"file": external_path(wildcards)}


def oracle_n_grams(corpus):
    """The probabilities files of the n-gram models that are oracles of Figure 6."""
    contexts = [n for n in STUDY.n_gram.contexts if n in ORACLE_CONTEXTS] if corpus else []
    models = [context_id(N_GRAM, n) for n in contexts]
    return [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]


def error_models(corpus):
    """The probabilities files that Figure 6 needs: of all LSTMs and of the n-grams it shows."""
    models = lstm_models(STUDY, corpus) if corpus else ()
    lstms = [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]
    return lstms + oracle_n_grams(corpus)


def contestants_of(corpora):
    """The probabilities files of corpora's LSTMs and n-NNs and of their longest n-gram models."""
    longest = context_id(N_GRAM, max(STUDY.n_gram.contexts))
    return [
        f"<results>/{corpus}/probabilities/{model}.parquet"
        for corpus in (STUDY.corpora if corpora is None else corpora)
        for model in (
            *lstm_models(STUDY, corpus),
            *STUDY.n_nn_models(corpus),
            *(model for model in STUDY.n_gram_models(corpus) if model == longest),
        )
    ]


def every_model_of(corpus):
    """The probabilities files of all of a corpus's models."""
    if not corpus:
        return []
    n_grams = [
        f"<results>/{corpus}/probabilities/{model}.parquet" for model in STUDY.n_gram_models(corpus)
    ]
    return trained_of(corpus) + external_of(corpus) + scored_of(corpus) + n_grams


def externals_of(corpora):
    return [path for corpus in corpora for path in external_of(corpus)]


def figure_files(name):
    """The files of a figure; none where the study has nothing for it to show."""
    shown = FIGURES[name].when(STUDY)
    return multiext(f"<results>/figures/{name}", ".pdf", ".png", ".csv") if shown else []


def pages():
    """The analyses of this study whose tables have a page in the report."""
    return [analysis for analysis in PAGES.values() if analysis.when(STUDY)]


def n_gram_corpora():
    return [corpus for corpus in STUDY.corpora if STUDY.n_gram_models(corpus)]


def gpu_share(percent):
    """What a job asks of GPUs: percent of a local one; one where a scheduler gives whole ones.

    A profile says which by its limit, 100 or 1. Nothing where jobs will run on the CPU; with device
    `auto` a local GPU is looked for on the machine that plans, a scheduler's is assumed.
    """
    device = STUDY.training.device
    if workflow.resource_settings.resources.get("gpu") == 1:
        return int(device != "cpu")
    on_gpu = device == "cuda" or (device == "auto" and gpu_visible())
    return percent if on_gpu else 0


def training_share(wildcards):
    """The same of a training: what its buffers need of the GPU's memory, 5 % at least.

    So at most twenty share a GPU; by processors alone more would not train faster.
    """
    least, memory = 5, gpu_memory() if gpu_share(1) else None
    if memory is None:
        return gpu_share(least)
    training = STUDY.training_of(wildcards.corpus, wildcards.model)
    rows = len(training.dropout) * training.batch * training.unroll
    need = training_memory(grid_point(wildcards.model).size, rows)
    return gpu_share(min(100, max(least, math.ceil(100 * need / memory))))


def table_of(name):
    """The CSV table of an analysis; none where the study has nothing for it to show."""
    analysis = PAGES[name]
    path = next(iter(analysis.sources)).format(corpus=STUDY.tsne_corpus)
    return f"<results>/{path}" if analysis.when(STUDY) else []


def table_files(analysis):
    """The table for people of an analysis and those behind it: one that is lost is made again."""
    names = (analysis.page, *analysis.sources)
    return [f"<results>/{name.format(corpus=STUDY.tsne_corpus)}" for name in names]


def caption(entry):
    """The caption of a figure, which the report asks when it is made."""
    return Caption(entry, f"results/{STUDY.run}", STUDY.tsne_corpus)


def captions():
    """The same of all tables, by the wildcard of Snakemake's report."""
    return Captions({analysis.name: caption(analysis) for analysis in pages()})


def page_fingerprint():
    """What the page uses: modules that the registry names, and the templates."""
    modules = [analysis.module for analysis in ANALYSES.values()]
    templates = [f"charlens/report/templates/{name}" for name in PAGE_TEMPLATES]
    return fingerprint("page.py", *modules, *templates)
