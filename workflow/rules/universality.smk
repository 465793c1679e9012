# Needs: the networks of a corpus, all their trainings, and its splits.
# Makes: {corpus}/tables/universality/cells.parquet, pairs.csv and passage.parquet,
# tables/universality.csv and .md (Figure 10).

MATCHED = compared_networks(STUDY)


rule match_cells:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
        models=compared_weights,
    output:
        cells="<results>/{corpus}/tables/universality/cells.parquet",
        pairs="<results>/{corpus}/tables/universality/pairs.csv",
        passage="<results>/{corpus}/tables/universality/passage.parquet",
    log:
        "<logs>/{corpus}/match_cells.log",
    benchmark:
        "<benchmarks>/match_cells/{corpus}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=120,
        gpu=gpu_share(10),
    params:
        config=universality_config,
        fingerprint=fingerprint("match_cells.py"),
    script:
        "../scripts/match_cells.py"


rule universality:
    input:
        cells=of_matched("cells.parquet"),
        pairs=of_matched("pairs.csv"),
        passages=of_matched("passage.parquet"),
    output:
        csv="<results>/tables/universality.csv",
        md="<results>/tables/universality.md",
    log:
        "<logs>/universality.log",
    benchmark:
        "<benchmarks>/universality.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("universality.py"),
    script:
        "../scripts/universality.py"
