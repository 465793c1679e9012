# Needs: tables. Makes: figures, each with its numbers beside it.


rule figure1_left:
    input:
        csv="<results>/tables/cross_entropy.csv",
    output:
        pdf="<results>/figures/figure1_left.pdf",
        png="<results>/figures/figure1_left.png",
        csv="<results>/figures/figure1_left.csv",
    log:
        "<logs>/figure1_left.log",
    benchmark:
        "<benchmarks>/figure1_left.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure1_left.py"),
    script:
        "../scripts/figure1_left.py"


rule figure_table2:
    input:
        csv="<results>/tables/table2.csv",
    output:
        pdf="<results>/figures/table2.pdf",
        png="<results>/figures/table2.png",
        csv="<results>/figures/table2.csv",
    log:
        "<logs>/figure_table2.log",
    benchmark:
        "<benchmarks>/figure_table2.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure_table2.py"),
    script:
        "../scripts/figure_table2.py"


rule figure5_right:
    input:
        csv="<results>/tables/dynamics.csv",
    output:
        pdf="<results>/figures/figure5_right.pdf",
        png="<results>/figures/figure5_right.png",
        csv="<results>/figures/figure5_right.csv",
    log:
        "<logs>/figure5_right.log",
    benchmark:
        "<benchmarks>/figure5_right.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure5_right.py"),
    script:
        "../scripts/figure5_right.py"


rule figure1_right:
    input:
        csv=f"<results>/{STUDY.tsne_corpus}/tables/agreement.csv",
    output:
        pdf="<results>/figures/figure1_right.pdf",
        png="<results>/figures/figure1_right.png",
        csv="<results>/figures/figure1_right.csv",
    log:
        "<logs>/figure1_right.log",
    benchmark:
        "<benchmarks>/figure1_right.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        corpus=STUDY.tsne_corpus,
        config=tsne_config(),
        fingerprint=fingerprint("figure1_right.py"),
    script:
        "../scripts/figure1_right.py"


rule draw_figure2:
    input:
        cell_examples(),
    output:
        pdf="<results>/figures/figure2.pdf",
        png="<results>/figures/figure2.png",
        csv="<results>/figures/figure2.csv",
    log:
        "<logs>/draw_figure2.log",
    benchmark:
        "<benchmarks>/draw_figure2.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure2.py"),
    script:
        "../scripts/figure2.py"


rule draw_figure3:
    input:
        saturation_tables(),
    output:
        pdf="<results>/figures/figure3.pdf",
        png="<results>/figures/figure3.png",
        csv="<results>/figures/figure3.csv",
    log:
        "<logs>/draw_figure3.log",
    benchmark:
        "<benchmarks>/draw_figure3.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure3.py"),
    script:
        "../scripts/figure3.py"
