# Needs: {corpus}/corpus.json, train.npy, val.npy.
# Makes: one trained recurrent model per grid point, and the n-NN baselines, each with its learning
# curve; the recurrent ones of further seeds under {corpus}/seeds/{seed}/; early checkpoints
# {corpus}/checkpoints/{model}/epoch={e}.safetensors of the one model whose training Figure 5 watches.


# Seeds besides that of the study; where there is none, no path matches (?!).
FURTHER_SEEDS = "|".join(map(str, STUDY.further_seeds)) or "(?!)"

# The one model whose training Figure 5 watches; where there is none, no path matches (?!).
WATCHED = watched(STUDY)


rule train:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
    output:
        model="<results>/{corpus}/models/{model}.safetensors",
        curve="<results>/{corpus}/curves/{model}.parquet",
    log:
        "<logs>/{corpus}/train/{model}.log",
    benchmark:
        "<benchmarks>/train/{corpus}/{model}.tsv"
    wildcard_constraints:
        model=GRID_IDS,
    priority: training_order
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=24 * 60,
        gpu=training_share,
    params:
        corpus=lambda wildcards: wildcards.corpus,
        model=lambda wildcards: wildcards.model,
        config=training_config,
        # Not an output: Snakemake deletes those of a killed job, and this one is what it resumes.
        resume=f"results/{STUDY.run}/{{corpus}}/resume/{{model}}",
        fingerprint=fingerprint("train.py"),
    script:
        "../scripts/train.py"


use rule train as train_watched with:
    output:
        model="<results>/{corpus}/models/{model}.safetensors",
        curve="<results>/{corpus}/curves/{model}.parquet",
        checkpoints=early_checkpoints("{corpus}", "{model}"),
    wildcard_constraints:
        corpus=WATCHED.corpus or "(?!)",
        model=WATCHED.model or "(?!)",
    params:
        corpus=lambda wildcards: wildcards.corpus,
        model=lambda wildcards: wildcards.model,
        config=watched_config,
        resume=f"results/{STUDY.run}/{{corpus}}/resume/{{model}}",
        fingerprint=fingerprint("train.py"),


ruleorder: train_watched > train


# The same networks from other seeds: beside the first ones, whose files keep their names.
use rule train as train_seed with:
    output:
        model="<results>/{corpus}/seeds/{seed}/models/{model}.safetensors",
        curve="<results>/{corpus}/seeds/{seed}/curves/{model}.parquet",
    log:
        "<logs>/{corpus}/train_seed/{model}-{seed}.log",
    benchmark:
        "<benchmarks>/train_seed/{corpus}/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRID_IDS,
        seed=FURTHER_SEEDS,
    priority: seed_order
    params:
        corpus=lambda wildcards: wildcards.corpus,
        model=lambda wildcards: wildcards.model,
        config=seed_training_config,
        resume=f"results/{STUDY.run}/{{corpus}}/seeds/{{seed}}/resume/{{model}}",
        fingerprint=fingerprint("train.py"),


rule train_n_nn:
    input:
        corpus="<results>/{corpus}/corpus.json",
        train="<results>/{corpus}/train.npy",
        val="<results>/{corpus}/val.npy",
    output:
        model="<results>/{corpus}/models/{model}.safetensors",
        curve="<results>/{corpus}/curves/{model}.parquet",
    log:
        "<logs>/{corpus}/train_n_nn/{model}.log",
    benchmark:
        "<benchmarks>/train_n_nn/{corpus}/{model}.tsv"
    wildcard_constraints:
        model=context_id(N_NN, "[0-9]+"),
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=24 * 60,
        gpu=gpu_share(5),
    params:
        corpus=lambda wildcards: wildcards.corpus,
        model=lambda wildcards: wildcards.model,
        config=n_nn_config(),
        resume=f"results/{STUDY.run}/{{corpus}}/resume/{{model}}",
        fingerprint=fingerprint("train.py"),
    script:
        "../scripts/train.py"
