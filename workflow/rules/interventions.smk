# Needs: {corpus}/models/{model}.safetensors, the ranking of its cells, the splits of the corpus.
# Makes: tables/interventions/{corpus}.csv, what setting cells to values does to the predictions,
#        {corpus}/tables/interventions/, the parts that Figure 8 shows,
#        tables/causal_cells.csv and .md, which cells are shown to do what they follow.

# Corpus -> model -> what the config says of it.
INTERVENED = interventions(STUDY)
for note in few_streams(STUDY):
    print(f"charlens: note: {note}", file=sys.stderr)


rule intervene:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
        models=lambda wildcards: [
            f"<results>/{wildcards.corpus}/models/{model}.safetensors"
            for model in INTERVENED[wildcards.corpus]
        ],
        rankings=lambda wildcards: [
            f"<results>/{wildcards.corpus}/tables/cells/{model}.parquet"
            for model in INTERVENED[wildcards.corpus]
        ],
    output:
        effects="<results>/tables/interventions/{corpus}.csv",
        verdicts="<results>/{corpus}/tables/interventions/verdicts.csv",
        newlines="<results>/{corpus}/tables/interventions/newlines.csv",
        excerpts="<results>/{corpus}/tables/interventions/excerpts.csv",
    log:
        "<logs>/{corpus}/intervene.log",
    benchmark:
        "<benchmarks>/intervene/{corpus}.tsv"
    wildcard_constraints:
        corpus="|".join(INTERVENED) or "(?!)",  # (?!) matches nothing
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=gpu_share(20),
    params:
        config=interventions_config,
        fingerprint=fingerprint("intervene.py"),
    script:
        "../scripts/intervene.py"


rule causal_cells:
    input:
        expand("<results>/{corpus}/tables/interventions/verdicts.csv", corpus=INTERVENED),
    output:
        csv="<results>/tables/causal_cells.csv",
        md="<results>/tables/causal_cells.md",
    log:
        "<logs>/causal_cells.log",
    benchmark:
        "<benchmarks>/causal_cells.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("causal_cells.py"),
    script:
        "../scripts/causal_cells.py"
