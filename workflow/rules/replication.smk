# Needs: the tables of the other rules, as far as the study has them.
# Makes: tables/paper_vs_ours.csv and .md, tables/findings.csv: the paper's numbers and findings
# beside this run's.


rule paper_vs_ours:
    input:
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
        cross_entropy=table_of("cross_entropy"),
        seeds=table_of("seeds"),
        table2=table_of("table2"),
        agreement=table_of("agreement"),
        cells=of_searched_cells("cells"),
        evidence=table_of("evidence"),
        causal=table_of("causal_cells"),
        saturation=saturation_tables(),
        overlap="<results>/tables/error_overlap.csv" if COMPARED else [],
        advantage="<results>/tables/advantage.csv" if COMPARED else [],
        closings="<results>/tables/closings.csv" if CLOSED else [],
        dynamics="<results>/tables/dynamics.csv" if WATCHED.model else [],
        categories="<results>/tables/error_categories.csv" if ERRORS else [],
        eliminated="<results>/tables/errors_eliminated.csv" if ERRORS else [],
        seed_errors=table_of("seed_errors"),
    output:
        csv="<results>/tables/paper_vs_ours.csv",
        findings="<results>/tables/findings.csv",
        md="<results>/tables/paper_vs_ours.md",
    log:
        "<logs>/paper_vs_ours.log",
    benchmark:
        "<benchmarks>/paper_vs_ours.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config={"agreement_corpus": STUDY.tsne_corpus},
        fingerprint=fingerprint("paper_vs_ours.py", *paper_data()),
    script:
        "../scripts/paper_vs_ours.py"
