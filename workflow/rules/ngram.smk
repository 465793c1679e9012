# Needs: {corpus}/corpus.json and its splits.
# Makes: one n-gram model of all orders per corpus, its probabilities for each context length, and
# Table 2's scores of the test split's input bytes.


rule fit_n_gram:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
    output:
        "<results>/{corpus}/models/n-gram.safetensors",
    log:
        "<logs>/{corpus}/fit_n_gram.log",
    benchmark:
        "<benchmarks>/fit_n_gram/{corpus}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=n_gram_memory,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        config=n_gram_config(),
        fingerprint=fingerprint("fit_n_gram.py"),
    script:
        "../scripts/fit_n_gram.py"


rule n_gram_probabilities:
    input:
        corpus="<results>/{corpus}/corpus.json",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/n-gram.safetensors",
    output:
        probabilities=expand(
            "<results>/{{corpus}}/probabilities/n-gram-{n}.parquet", n=STUDY.n_gram.contexts
        ),
        scores="<results>/{corpus}/tables/n-gram.csv",
    log:
        "<logs>/{corpus}/n_gram_probabilities.log",
    benchmark:
        "<benchmarks>/n_gram_probabilities/{corpus}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=n_gram_memory,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        config=n_gram_config() | table_config(),
        fingerprint=fingerprint("n_gram_probabilities.py"),
    script:
        "../scripts/n_gram_probabilities.py"
