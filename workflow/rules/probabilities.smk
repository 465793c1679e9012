# Needs: a trained model, or the probabilities of one from elsewhere, and its corpus's test split.
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
        corpus=f"(?!{elsewhere()})[a-z][a-z0-9_]*",
        model=rf"(?!{N_GRAM}-)[^+]+",
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


use rule probabilities as probabilities_seed with:
    input:
        corpus="<results>/{corpus}/corpus.json",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/seeds/{seed}/models/{model}.safetensors",
    output:
        "<results>/{corpus}/seeds/{seed}/probabilities/{model}.parquet",
    log:
        "<logs>/{corpus}/probabilities_seed/{model}-{seed}.log",
    benchmark:
        "<benchmarks>/probabilities_seed/{corpus}/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRID_IDS,
        seed=FURTHER_SEEDS,


rule scored_probabilities:
    input:
        corpus="<results>/{corpus}/corpus.json",
        val="<results>/{corpus}/val.npy",
        test="<results>/{corpus}/test.npy",
        model="<results>/{corpus}/models/{model}.safetensors",
        n_gram=mixed_n_gram,
        train=adapting_train,
    output:
        "<results>/{corpus}/probabilities/{model}+{scorer}.parquet",
    log:
        "<logs>/{corpus}/scored_probabilities/{model}+{scorer}.log",
    benchmark:
        "<benchmarks>/scored_probabilities/{corpus}/{model}+{scorer}.tsv"
    wildcard_constraints:
        corpus=f"(?!{elsewhere()})[a-z][a-z0-9_]*",
        model=GRID_IDS,
        scorer="|".join(SCORERS),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=n_gram_memory,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=gpu_share(10),
    params:
        corpus=lambda wildcards: wildcards.corpus,
        model=lambda wildcards: wildcards.model,
        config=scoring_config(),
        fingerprint=fingerprint("scored_probabilities.py"),
    script:
        "../scripts/scored_probabilities.py"


# A name is from elsewhere on one corpus and may be ours on another, so it is the two together that
# decide: the pattern looks past the corpus.
rule external_probabilities:
    input:
        corpus="<results>/{corpus}/corpus.json",
        test="<results>/{corpus}/test.npy",
        file=external_file,
    output:
        "<results>/{corpus}/probabilities/{model}.parquet",
    log:
        "<logs>/{corpus}/external_probabilities/{model}.log",
    benchmark:
        "<benchmarks>/external_probabilities/{corpus}/{model}.tsv"
    wildcard_constraints:
        corpus=f"(?={elsewhere()})[a-z][a-z0-9_]*",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=external_config,
        contents=external_contents,
        fingerprint=fingerprint("external_probabilities.py"),
    script:
        "../scripts/external_probabilities.py"


ruleorder: external_probabilities > n_gram_probabilities
