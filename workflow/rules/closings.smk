# Needs: {corpus}/probabilities/{model}.parquet of the models compared, the splits of their corpus.
# Makes: tables/closings.csv and .md (Figure 5, left).

# The corpora whose closing characters are looked at; maybe none.
CLOSED = closed_corpora(STUDY)


rule closings:
    input:
        models=contestants_of(CLOSED),
        external=externals_of(CLOSED),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=CLOSED),
        train=expand("<results>/{corpus}/train.npy", corpus=CLOSED),
        val=expand("<results>/{corpus}/val.npy", corpus=CLOSED),
        test=expand("<results>/{corpus}/test.npy", corpus=CLOSED),
    output:
        csv="<results>/tables/closings.csv",
        md="<results>/tables/closings.md",
    log:
        "<logs>/closings.log",
    benchmark:
        "<benchmarks>/closings.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        config=closings_config(),
        fingerprint=fingerprint("closings.py", "charlens/paper/data/figure5_braces.csv"),
    script:
        "../scripts/closings.py"
