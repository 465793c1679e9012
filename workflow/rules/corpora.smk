# Needs: the sources named in the config (built in, found in corpora_dir, or downloaded).
# Makes: {corpus}/corpus.json and its three splits.


rule prepare_corpus:
    input:
        own_file,
    output:
        json="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
    log:
        "<logs>/{corpus}/prepare_corpus.log",
    benchmark:
        "<benchmarks>/prepare_corpus/{corpus}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=corpus_memory,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        corpus=lambda wildcards: wildcards.corpus,
        config=corpus_config,
        contents=own_contents_of,
        fingerprint=fingerprint("prepare_corpus.py"),
    script:
        "../scripts/prepare_corpus.py"
