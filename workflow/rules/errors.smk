# Needs: {corpus}/probabilities/{model}.parquet of LSTMs, n-grams and models from elsewhere; the
# splits. Makes: what kinds of errors the best and the smallest LSTM make (Figure 6).

# The corpus whose errors are broken down; empty where the study has none.
ERRORS = figure6_corpus(STUDY)


rule errors:
    input:
        corpus=f"<results>/{ERRORS or NONE}/corpus.json",
        train=f"<results>/{ERRORS or NONE}/train.npy",
        test=f"<results>/{ERRORS or NONE}/test.npy",
        models=error_models(ERRORS),
        external=external_of(ERRORS),
    output:
        categories="<results>/tables/error_categories.csv",
        eliminated="<results>/tables/errors_eliminated.csv",
        orders="<results>/tables/error_orders.csv",
        sensitivity="<results>/tables/error_definitions.csv",
        examples="<results>/tables/error_examples.parquet",
        md="<results>/tables/errors.md",
    log:
        "<logs>/errors.log",
    benchmark:
        "<benchmarks>/errors.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config={
            "threshold": STUDY.figure6.threshold,
            "definitions": STUDY.figure6.definitions,
        },
        fingerprint=fingerprint("errors.py", "charlens/paper/data/figure6_oracles.csv"),
    script:
        "../scripts/errors.py"


rule draw_figure6:
    input:
        categories="<results>/tables/error_categories.csv",
        examples="<results>/tables/error_examples.parquet",
    output:
        pdf=report("<results>/figures/figure6.pdf", **as_pdf("figure6")),
        png=report("<results>/figures/figure6.png", **as_image("figure6")),
        csv="<results>/figures/figure6.csv",
    log:
        "<logs>/draw_figure6.log",
    benchmark:
        "<benchmarks>/draw_figure6.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure6.py"),
        found=found(),
    script:
        "../scripts/figure6.py"


rule figure6_bars:
    input:
        categories="<results>/tables/error_categories.csv",
        eliminated="<results>/tables/errors_eliminated.csv",
    output:
        pdf=report("<results>/figures/figure6_bars.pdf", **as_pdf("figure6_bars")),
        png=report("<results>/figures/figure6_bars.png", **as_image("figure6_bars")),
        csv="<results>/figures/figure6_bars.csv",
    log:
        "<logs>/figure6_bars.log",
    benchmark:
        "<benchmarks>/figure6_bars.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure6_bars.py"),
        found=found(),
    script:
        "../scripts/figure6_bars.py"
