# Needs: {corpus}/checkpoints/{model}/epoch={epoch}.safetensors of the model whose training is
# watched, {corpus}/models/*.safetensors of its corpus's n-NNs and n-grams.
# Makes: tables/dynamics.csv and .md (Figure 5, right).


rule dynamics:
    input:
        corpus=f"<results>/{WATCHED.corpus or NONE}/corpus.json",
        test=f"<results>/{WATCHED.corpus or NONE}/test.npy",
        checkpoints=early_checkpoints(WATCHED.corpus, WATCHED.model),
        n_nn=[f"<results>/{WATCHED.corpus}/models/n-nn-{n}.safetensors" for n in WATCHED.n_nn],
        n_gram=[f"<results>/{WATCHED.corpus}/models/n-gram.safetensors"] if WATCHED.n_gram else [],
    output:
        csv="<results>/tables/dynamics.csv",
        md="<results>/tables/dynamics.md",
    log:
        "<logs>/dynamics.log",
    benchmark:
        "<benchmarks>/dynamics.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
        gpu=gpu_share(10),
    params:
        config=dynamics_config(),
        fingerprint=fingerprint("dynamics.py", "charlens/paper/data/figure5_dynamics.csv"),
    script:
        "../scripts/dynamics.py"
