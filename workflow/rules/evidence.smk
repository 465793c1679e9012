# Needs: a trained model, the ranking of its cells, the splits of its corpus.
# Makes: {corpus}/tables/cell_evidence/{model}.parquet, every cell against chance,
#        {corpus}/tables/concepts/{model}.parquet, the best cells beside their baselines,
#        {corpus}/tables/timescales/{model}.parquet, how long cells remember,
#        tables/evidence.csv and .md (Figure 7).


rule cell_evidence:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/{model}.safetensors",
        ranking="<results>/{corpus}/tables/cells/{model}.parquet",
    output:
        cells="<results>/{corpus}/tables/cell_evidence/{model}.parquet",
        concepts="<results>/{corpus}/tables/concepts/{model}.parquet",
        timescales="<results>/{corpus}/tables/timescales/{model}.parquet",
    log:
        "<logs>/{corpus}/cell_evidence/{model}.log",
    benchmark:
        "<benchmarks>/cell_evidence/{corpus}/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=evidence_memory,
        runtime=lambda wildcards, attempt: 120 * attempt,
        gpu=gpu_share(10),
    params:
        config=evidence_config,
        fingerprint=fingerprint("cell_evidence.py"),
    script:
        "../scripts/cell_evidence.py"


rule evidence:
    input:
        of_evidence("concepts"),
    output:
        csv="<results>/tables/evidence.csv",
        md="<results>/tables/evidence.md",
    log:
        "<logs>/evidence.log",
    benchmark:
        "<benchmarks>/evidence.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        fingerprint=fingerprint("evidence.py"),
    script:
        "../scripts/evidence.py"
