# charlens: Karpathy, Johnson & Fei-Fei (2015), "Visualizing and Understanding Recurrent Networks",
# from the corpus to the last figure.
#
#   snakemake --cores all                                     the default study, config.yaml
#   snakemake --cores all --configfile config.paper.yaml      the paper's
#   snakemake --cores all figure1                             one figure and what it needs
#
# Data flow, all under results/{run}/, where run is the config's name for itself:
#   corpora.smk        {corpus}/corpus.json, train.npy, val.npy, test.npy
#   neural.smk         {corpus}/models/{model}.safetensors, curves/{model}.parquet
#   ngram.smk          {corpus}/models/n-gram.safetensors, tables/n-gram.csv
#   probabilities.smk  {corpus}/probabilities/{model}.parquet
#   activations.smk    {corpus}/activations/{model}/layer={l}/{quantity}.parquet,
#                      {corpus}/tables/saturation/{model}.csv, {corpus}/tables/cells/{model}.parquet
#   analysis.smk       tables/cross_entropy.csv, tables/table2.csv, {corpus}/tables/agreement.csv
#   errors.smk         tables/error_categories.csv, tables/errors.md, figures/figure6.pdf, ...
#   manifest.smk       manifest.json
#   figures.smk        figures/figure1_left.pdf, .png, .csv, figures/table2.pdf, ...
#   comparison.smk     tables/paper_vs_ours.csv, tables/findings.csv
#   report.smk         report/cross_entropy.html, ...

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/common.smk"


# A config file on the command line replaces config.yaml: merged, the corpora and the grid of the
# default study would join those of the other one.
if not workflow.overwrite_configfiles:
    check_default_config("config.yaml")

    configfile: "config.yaml"


STUDY = load_study(config)


pathvars:
    results=f"results/{STUDY.run}",
    logs=f"logs/{STUDY.run}",
    benchmarks=f"results/{STUDY.run}/benchmarks",


report: "workflow/report/workflow.rst"


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
include: "workflow/rules/analysis.smk"
include: "workflow/rules/errors.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/report.smk"


rule corpora:
    input:
        expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),


rule tables:
    input:
        "<results>/tables/cross_entropy.csv",
        "<results>/tables/cross_entropy.md",
        f"<results>/{STUDY.tsne_corpus}/tables/agreement.csv",
        "<results>/tables/table2.csv",
        "<results>/tables/table2.md",
        "<results>/tables/dynamics.md" if WATCHED.model else [],
        multiext("<results>/tables/error_overlap", ".csv", ".md") if COMPARED else [],
        multiext("<results>/tables/advantage", ".csv", ".md") if COMPARED else [],
        multiext("<results>/tables/closings", ".csv", ".md") if CLOSED else [],


rule figure1:
    input:
        figure_files("figure1_left"),
        figure_files("figure1_right"),


rule figure2:
    input:
        figure_files("figure2", shown=of_searched_cells("cell_examples")),


rule figure3:
    input:
        figure_files("figure3", shown=saturation_tables()),


rule figure4:
    input:
        figure_files("figure4", shown=COMPARED),


rule figure5:
    input:
        figure_files("figure5_left", shown=CLOSED),
        figure_files("figure5_right", shown=WATCHED.model),


rule figure6:
    input:
        figure_files("figure6", shown=ERRORS),
        figure_files("figure6_bars", shown=ERRORS),


rule activations:
    input:
        [f"<results>/{dump.corpus}/activations/{dump.model}" for dump in DUMPS],


rule study:
    input:
        trained_models(),
        rules.tables.input,
        rules.figure1.input,
        rules.figure2.input,
        rules.figure3.input,
        rules.figure4.input,
        rules.figure5.input,
        rules.figure6.input,
        rules.activations.input,
        rules.figure_table2.output,
        rules.paper_vs_ours.output,
        rules.table_pages.output,


include: "workflow/rules/manifest.smk"


rule all:
    default_target: True
    input:
        rules.study.input,
        rules.manifest.output,


onsuccess:
    tell(places(Path("results", STUDY.run)))


# Snakemake's own last words are that a job failed; with keep-going that was pages ago.
onerror:
    tell(failures(Path("logs", STUDY.run), STARTED))
