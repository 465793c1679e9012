# Needs: trained models, the rankings of their cells and, where the study has them, the evidence about
# cells and what setting them does; probabilities.
# Makes: explorer/, a page on which cells and predictions can be looked at in a browser: index.html
# with its data beside it, explorer.html in one file.

# Corpus -> models.
EXPLORED = explorer_models(STUDY)


rule explorer:
    input:
        [explorer_files(corpus) for corpus in EXPLORED],
    output:
        directory("<results>/explorer"),
    log:
        "<logs>/explorer.log",
    benchmark:
        "<benchmarks>/explorer.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=gpu_share(10),
    params:
        config=explorer_config(),
        fingerprint=explorer_fingerprint(),
    script:
        "../scripts/explorer.py"
