# Needs: a trained model and its corpus's test split.
# Makes: {corpus}/probabilities/{model}.parquet, the one file that every analysis reads.


rule probabilities:
    input:
        corpus="<results>/{corpus}/corpus.json",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/{model}.safetensors",
    output:
        "<results>/{corpus}/probabilities/{model}.parquet",
    log:
        "<logs>/{corpus}/probabilities/{model}.log",
    benchmark:
        "<benchmarks>/probabilities/{corpus}/{model}.tsv"
    wildcard_constraints:
        model="(?!n-gram-).+",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=gpu_share(10),
    params:
        corpus=lambda wildcards: wildcards.corpus,
        model=lambda wildcards: wildcards.model,
        config=scoring_config(),
        fingerprint=fingerprint("probabilities.py"),
    script:
        "../scripts/probabilities.py"
