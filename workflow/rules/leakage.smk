# Needs: {corpus}/train.npy and test.npy, the probabilities of all models, the learning curves of
# networks.
# Makes: {corpus}/tables/copied.parquet, tables/leakage.csv and .md, tables/leakage_models.csv
# (Figure 12), tables/leakage_distance.csv.

AUDITED = audited_corpora(STUDY)
TRAINED = [(c, m) for c in AUDITED for m in (*STUDY.models(c), *STUDY.n_nn_models(c))]


rule copied:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        test="<results>/{corpus}/test.npy",
    output:
        "<results>/{corpus}/tables/copied.parquet",
    log:
        "<logs>/{corpus}/copied.log",
    benchmark:
        "<benchmarks>/copied/{corpus}.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        fingerprint=fingerprint("copied.py"),
    script:
        "../scripts/copied.py"


rule leakage:
    input:
        copies=expand("<results>/{corpus}/tables/copied.parquet", corpus=AUDITED),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=AUDITED),
        tests=expand("<results>/{corpus}/test.npy", corpus=AUDITED),
        probabilities=[path for corpus in AUDITED for path in every_model_of(corpus)],
        curves=[f"<results>/{corpus}/curves/{model}.parquet" for corpus, model in TRAINED],
    output:
        csv="<results>/tables/leakage.csv",
        models="<results>/tables/leakage_models.csv",
        distances="<results>/tables/leakage_distance.csv",
        md="<results>/tables/leakage.md",
    log:
        "<logs>/leakage.log",
    benchmark:
        "<benchmarks>/leakage.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        config=table_config()
        | {
            "least": STUDY.leakage.least,
            "trained": TRAINED,
            "encodings": encodings_of(AUDITED),
        },
        fingerprint=fingerprint("leakage.py"),
    script:
        "../scripts/leakage.py"
