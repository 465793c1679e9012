# Needs: {corpus}/probabilities/{model}.parquet of the models compared.
# Makes: tables/error_overlap.csv and tables/advantage.csv, each with .md (Figure 4).

# The corpora whose errors are compared; maybe none.
COMPARED = compared_corpora(STUDY)


rule error_overlap:
    input:
        models=contestants_of(COMPARED),
        external=externals_of(COMPARED),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=COMPARED),
        tests=expand("<results>/{corpus}/test.npy", corpus=COMPARED),
    output:
        csv="<results>/tables/error_overlap.csv",
        md="<results>/tables/error_overlap.md",
    log:
        "<logs>/error_overlap.log",
    benchmark:
        "<benchmarks>/error_overlap.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        config={"network": STUDY.figure4.network, "encodings": encodings_of(COMPARED)},
        fingerprint=fingerprint("error_overlap.py", "charlens/paper/data/figure4_overlap.csv"),
    script:
        "../scripts/error_overlap.py"


rule advantage:
    input:
        models=contestants_of(COMPARED),
        external=externals_of(COMPARED),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=COMPARED),
    output:
        csv="<results>/tables/advantage.csv",
        md="<results>/tables/advantage.md",
    log:
        "<logs>/advantage.log",
    benchmark:
        "<benchmarks>/advantage.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        config=STUDY.figure4.model_dump(mode="json", exclude={"corpora", "rows"})
        | {"encodings": encodings_of(COMPARED)},
        fingerprint=fingerprint("advantage.py", "charlens/paper/data/figure4_advantage.csv"),
    script:
        "../scripts/advantage.py"
