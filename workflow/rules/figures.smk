# Needs: tables. Makes: figures, each with its numbers beside it.


rule figure1_left:
    input:
        csv="<results>/tables/cross_entropy.csv",
    output:
        pdf=report("<results>/figures/figure1_left.pdf", **as_pdf("figure1_left")),
        png=report("<results>/figures/figure1_left.png", **as_image("figure1_left")),
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
        found=found(),
    script:
        "../scripts/figure1_left.py"


rule figure_table2:
    input:
        csv="<results>/tables/table2.csv",
    output:
        pdf=report("<results>/figures/table2.pdf", **as_pdf("figure_table2")),
        png=report("<results>/figures/table2.png", **as_image("figure_table2")),
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
        found=found(),
    script:
        "../scripts/figure_table2.py"


rule figure5_right:
    input:
        csv="<results>/tables/dynamics.csv",
    output:
        pdf=report("<results>/figures/figure5_right.pdf", **as_pdf("figure5_right")),
        png=report("<results>/figures/figure5_right.png", **as_image("figure5_right")),
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
        found=found(),
    script:
        "../scripts/figure5_right.py"


rule figure1_right:
    input:
        csv=f"<results>/{STUDY.tsne_corpus}/tables/agreement.csv",
    output:
        pdf=report("<results>/figures/figure1_right.pdf", **as_pdf("figure1_right")),
        png=report("<results>/figures/figure1_right.png", **as_image("figure1_right")),
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
        found=found(),
    script:
        "../scripts/figure1_right.py"


rule draw_figure2:
    input:
        of_searched_cells("cell_examples"),
    output:
        pdf=report("<results>/figures/figure2.pdf", **as_pdf("figure2")),
        png=report("<results>/figures/figure2.png", **as_image("figure2")),
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
        found=found(),
    script:
        "../scripts/figure2.py"


rule draw_figure3:
    input:
        saturation_tables(),
    output:
        pdf=report("<results>/figures/figure3.pdf", **as_pdf("figure3")),
        png=report("<results>/figures/figure3.png", **as_image("figure3")),
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
        found=found(),
    script:
        "../scripts/figure3.py"


rule draw_figure4:
    input:
        overlap="<results>/tables/error_overlap.csv",
        advantage="<results>/tables/advantage.csv",
    output:
        pdf=report("<results>/figures/figure4.pdf", **as_pdf("figure4")),
        png=report("<results>/figures/figure4.png", **as_image("figure4")),
        csv="<results>/figures/figure4.csv",
        overlap="<results>/figures/figure4_overlap.csv",
    log:
        "<logs>/draw_figure4.log",
    benchmark:
        "<benchmarks>/draw_figure4.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config={"characters": STUDY.figure4.characters},
        fingerprint=fingerprint("figure4.py"),
        found=found(),
    script:
        "../scripts/figure4.py"


rule figure5_left:
    input:
        csv="<results>/tables/closings.csv",
    output:
        pdf=report("<results>/figures/figure5_left.pdf", **as_pdf("figure5_left")),
        png=report("<results>/figures/figure5_left.png", **as_image("figure5_left")),
        csv="<results>/figures/figure5_left.csv",
    log:
        "<logs>/figure5_left.log",
    benchmark:
        "<benchmarks>/figure5_left.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        fingerprint=fingerprint("figure5_left.py"),
        found=found(),
    script:
        "../scripts/figure5_left.py"
