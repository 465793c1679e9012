# Needs: {corpus}/probabilities/{model}.parquet of the models compared.
# Makes: the tables behind the figures.


rule cross_entropy:
    input:
        probabilities=[
            path
            for corpus in STUDY.corpora
            for path in probabilities_of(corpus) + external_of(corpus)
        ],
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
    output:
        csv="<results>/tables/cross_entropy.csv",
        md="<results>/tables/cross_entropy.md",
    log:
        "<logs>/cross_entropy.log",
    benchmark:
        "<benchmarks>/cross_entropy.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config=table_config(),
        fingerprint=fingerprint("cross_entropy.py", "charlens/paper/data/figure1_cross_entropy.csv"),
    script:
        "../scripts/cross_entropy.py"


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


rule agreement:
    input:
        probabilities=lambda wildcards: (
            probabilities_of(wildcards.corpus) + external_of(wildcards.corpus)
        ),
    output:
        csv="<results>/{corpus}/tables/agreement.csv",
    log:
        "<logs>/{corpus}/agreement.log",
    benchmark:
        "<benchmarks>/agreement/{corpus}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        corpus=lambda wildcards: wildcards.corpus,
        fingerprint=fingerprint("agreement.py"),
    script:
        "../scripts/agreement.py"


# The corpora whose errors and whose closing characters are compared; maybe none.
COMPARED = error_corpora(STUDY, STUDY.figure4.corpora)
CLOSED = error_corpora(STUDY, STUDY.figure5.corpora)


rule error_overlap:
    input:
        models=contestants_of(COMPARED),
        external=externals_of(COMPARED),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=COMPARED),
    output:
        csv="<results>/tables/error_overlap.csv",
        md="<results>/tables/error_overlap.md",
    log:
        "<logs>/error_overlap.log",
    benchmark:
        "<benchmarks>/error_overlap.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
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
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        config={"min_count": STUDY.figure4.min_count, "characters": STUDY.figure4.characters},
        fingerprint=fingerprint("advantage.py", "charlens/paper/data/figure4_advantage.csv"),
    script:
        "../scripts/advantage.py"


rule closings:
    input:
        models=contestants_of(CLOSED),
        external=externals_of(CLOSED),
        corpora=expand("<results>/{corpus}/corpus.json", corpus=CLOSED),
        train=expand("<results>/{corpus}/train.npy", corpus=CLOSED),
        val=expand("<results>/{corpus}/val.npy", corpus=CLOSED),
        test=expand("<results>/{corpus}/test.npy", corpus=CLOSED),
    output:
        csv="<results>/tables/closings.csv",
        md="<results>/tables/closings.md",
    log:
        "<logs>/closings.log",
    benchmark:
        "<benchmarks>/closings.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        config=closings_config(),
        fingerprint=fingerprint("closings.py", "charlens/paper/data/figure5_braces.csv"),
    script:
        "../scripts/closings.py"
