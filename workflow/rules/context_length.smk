# Needs: {corpus}/tables/n-gram.csv, {corpus}/probabilities/{model}.parquet of all networks.
# Makes: tables/table2.csv and .md (Table 2).


rule table2:
    input:
        n_gram=expand("<results>/{corpus}/tables/n-gram.csv", corpus=n_gram_corpora()),
        probabilities=[path for corpus in STUDY.corpora for path in trained_of(corpus)],
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
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
        config=table_config(),
        fingerprint=fingerprint(
            "table2.py",
            "charlens/paper/data/table2_ngram.csv",
            "charlens/paper/data/figure1_cross_entropy.csv",
        ),
    script:
        "../scripts/table2.py"
