# Needs: {corpus}/corpus.json, train.npy and test.npy, {corpus}/tables/n-gram.csv,
# {corpus}/probabilities/{model}.parquet of all networks.
# Makes: {corpus}/tables/compressors.csv, tables/table2.csv and .md (Table 2).


rule compress:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        test="<results>/{corpus}/test.npy",
    output:
        "<results>/{corpus}/tables/compressors.csv",
    log:
        "<logs>/{corpus}/compress.log",
    benchmark:
        "<benchmarks>/compress/{corpus}.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config={"names": list(STUDY.compressors.names)},
        fingerprint=fingerprint("compress.py"),
    script:
        "../scripts/compress.py"


rule table2:
    input:
        n_gram=expand("<results>/{corpus}/tables/n-gram.csv", corpus=n_gram_corpora()),
        probabilities=[path for corpus in STUDY.corpora for path in trained_of(corpus)],
        compressors=expand(
            "<results>/{corpus}/tables/compressors.csv", corpus=compressed_corpora(STUDY)
        ),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
        tests=expand("<results>/{corpus}/test.npy", corpus=STUDY.corpora),
    output:
        csv="<results>/tables/table2.csv",
        md="<results>/tables/table2.md",
    log:
        "<logs>/table2.log",
    benchmark:
        "<benchmarks>/table2.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config=table_config() | {"encodings": encodings_of(STUDY.corpora)},
        fingerprint=fingerprint(
            "table2.py",
            "charlens/paper/data/table2_ngram.csv",
            "charlens/paper/data/figure1_cross_entropy.csv",
        ),
    script:
        "../scripts/table2.py"
