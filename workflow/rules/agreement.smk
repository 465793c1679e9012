# Needs: {corpus}/probabilities/{model}.parquet of all networks of a corpus.
# Makes: {corpus}/tables/agreement.csv (Figure 1, right).


rule agreement:
    input:
        probabilities=lambda wildcards: (
            probabilities_of(wildcards.corpus)
            + external_of(wildcards.corpus)
            + scored_of(wildcards.corpus)
        ),
    output:
        csv="<results>/{corpus}/tables/agreement.csv",
    log:
        "<logs>/{corpus}/agreement.log",
    benchmark:
        "<benchmarks>/agreement/{corpus}.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        corpus=lambda wildcards: wildcards.corpus,
        fingerprint=fingerprint("agreement.py"),
    script:
        "../scripts/agreement.py"
