# charlens: Karpathy, Johnson & Fei-Fei (2015), "Visualizing and Understanding Recurrent Networks",
# from the corpus to the last figure.
#
#   snakemake --cores all                                     the default study, config.yaml
#   snakemake --cores all --configfile config.paper.yaml      the paper's
#   snakemake --cores all figure1                             one figure and what it needs
#
# Data flow, all under results/{run}/, where run is the config's name for itself:
#   corpora.smk        {corpus}/corpus.json, train.npy, val.npy, test.npy
#   neural.smk         {corpus}/models/{model}.safetensors, curves/{model}.parquet,
#                      {corpus}/seeds/{seed}/models/{model}.safetensors
#   ngram.smk          {corpus}/models/n-gram.safetensors, tables/n-gram.csv
#   probabilities.smk  {corpus}/probabilities/{model}.parquet
#   activations.smk    {corpus}/activations/{model}/layer-{l}/{quantity}.parquet,
#                      {corpus}/tables/saturation/{model}.csv, {corpus}/tables/cells/{model}.parquet
#   evidence.smk       {corpus}/tables/cell_evidence/{model}.parquet, tables/evidence.csv
#   interventions.smk  tables/interventions/{corpus}.csv, tables/causal_cells.csv
#   universality.smk   {corpus}/tables/universality/cells.parquet, tables/universality.csv
#   cross_entropy.smk  tables/cross_entropy.csv
#   seeds.smk          tables/seeds.csv, tables/seed_losses.csv, tables/seed_differences.csv
#   agreement.smk      {corpus}/tables/agreement.csv
#   context_length.smk tables/table2.csv
#   shared_errors.smk  tables/error_overlap.csv, tables/advantage.csv
#   closings.smk       tables/closings.csv
#   training_dynamics.smk  tables/dynamics.csv
#   oracles.smk        tables/error_categories.csv, tables/errors.md, tables/decade.csv, ...
#   memory.smk         {corpus}/tables/context/{model}.csv, tables/context_curve.csv, ...
#   leakage.smk        {corpus}/tables/copied.parquet, tables/leakage.csv, ...
#   replication.smk    tables/paper_vs_ours.csv, tables/findings.csv
#   figures.smk        figures/figure1_left.pdf, .png, .csv, figures/table2.pdf, ...
#   explorer.smk       explorer/index.html, explorer.html, data/...
#   report.smk         report.html, report/cross_entropy.html, ...
#   manifest.smk       manifest.json

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/common.smk"


# A config file on the command line replaces config.yaml: merged, the corpora and the grid of the
# default study would join those of the other one. So does the config that a `module:` hands over.
if not workflow.overwrite_configfiles and not IMPORTED:

    configfile: default_config()


keep_log_quiet()
STUDY = load_study(config)
say("", summary=summary)


pathvars:
    results=f"results/{STUDY.run}",
    logs=f"logs/{STUDY.run}",
    benchmarks=f"results/{STUDY.run}/benchmarks",


report: "workflow/report/workflow.rst"


include: "workflow/rules/settings.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/shown.smk"


wildcard_constraints:
    corpus="[a-z][a-z0-9_]*",
    model="[a-z][a-z0-9_-]*",


# Jobs share a local GPU by percent (profiles/default); elsewhere the request is the job's own.
resource_scopes:
    gpu="local",


include: "workflow/rules/corpora.smk"
include: "workflow/rules/neural.smk"
include: "workflow/rules/ngram.smk"
include: "workflow/rules/probabilities.smk"
include: "workflow/rules/activations.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/interventions.smk"
include: "workflow/rules/universality.smk"
include: "workflow/rules/cross_entropy.smk"
include: "workflow/rules/seeds.smk"
include: "workflow/rules/agreement.smk"
include: "workflow/rules/context_length.smk"
include: "workflow/rules/shared_errors.smk"
include: "workflow/rules/closings.smk"
include: "workflow/rules/training_dynamics.smk"
include: "workflow/rules/oracles.smk"
include: "workflow/rules/memory.smk"
include: "workflow/rules/leakage.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/replication.smk"
include: "workflow/rules/explorer.smk"
include: "workflow/rules/report.smk"


rule corpora:
    input:
        expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),


rule tables:
    input:
        [path for analysis in pages() for path in table_files(analysis)],


rule figure1:
    input:
        figure_files("figure1_left"),
        figure_files("figure1_right"),


rule figure2:
    input:
        figure_files("figure2"),


rule figure3:
    input:
        figure_files("figure3"),


rule figure4:
    input:
        figure_files("figure4"),


rule figure5:
    input:
        figure_files("figure5_left"),
        figure_files("figure5_right"),


rule figure6:
    input:
        figure_files("figure6"),
        figure_files("figure6_bars"),


rule figure7:
    input:
        figure_files("figure7"),


rule figure8:
    input:
        figure_files("figure8"),


rule figure9:
    input:
        figure_files("figure9"),
        figure_files("figure9_memory"),


rule figure10:
    input:
        figure_files("figure10"),


rule figure11:
    input:
        figure_files("figure11"),


rule figure12:
    input:
        figure_files("figure12"),


rule figures:
    input:
        [figure_files(name) for name in FIGURES],


rule activations:
    input:
        [f"<results>/{dump.corpus}/activations/{dump.model}" for dump in DUMPS],


rule interventions:
    input:
        [f"<results>/tables/interventions/{corpus}.csv" for corpus in INTERVENED],


rule study:
    input:
        trained_models(),
        rules.tables.input,
        rules.figures.input,
        rules.activations.input,
        rules.interventions.input,
        rules.explorer.output if EXPLORED else [],
        rules.page.output,


include: "workflow/rules/manifest.smk"


rule all:
    default_target: True
    input:
        rules.study.input,
        rules.manifest.output,


if not IMPORTED:
    say("", explain=explain)


onstart:
    keep_settings()
    say("", plan=planned(workflow.dag))


onsuccess:
    say("\n".join(summary()), end=True)


# Snakemake's own last words are that a job failed; with keep-going that was pages ago.
onerror:
    say_failures(failures(Path("logs", STUDY.run), STARTED))
