# Needs: {corpus}/corpus.json, {corpus}/probabilities/{model}.parquet and the learning curves of all networks.
# Makes: tables/cross_entropy.csv and .md (Figure 1, left).

NETWORKS = [(corpus, model) for corpus in STUDY.corpora for model in STUDY.models(corpus)]


rule cross_entropy:
    input:
        probabilities=[
            path
            for corpus in STUDY.corpora
            for path in probabilities_of(corpus) + external_of(corpus) + scored_of(corpus)
        ],
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
        curves=[f"<results>/{corpus}/curves/{model}.parquet" for corpus, model in NETWORKS],
        seeds=table_of("seeds"),
    output:
        csv="<results>/tables/cross_entropy.csv",
        md="<results>/tables/cross_entropy.md",
    log:
        "<logs>/cross_entropy.log",
    benchmark:
        "<benchmarks>/cross_entropy.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config=table_config()
        | {
            "encodings": encodings_of(STUDY.corpora),
            "trained": NETWORKS,
        },
        fingerprint=fingerprint("cross_entropy.py", "charlens/paper/data/figure1_cross_entropy.csv"),
    script:
        "../scripts/cross_entropy.py"
