# Needs: tables. Makes: a page of HTML for each of them, as the report shows them.
# The report itself, all figures and pages in one file, is made by `snakemake --report` (make report).

# The tables that this study has.
PAGES = [
    name
    for name, there in {
        "cross_entropy": True,
        "agreement": True,
        "table2": True,
        "error_overlap": COMPARED,
        "advantage": COMPARED,
        "closings": CLOSED,
        "dynamics": WATCHED.model,
        "errors": ERRORS,
        "paper_vs_ours": True,
    }.items()
    if there
]


rule table_pages:
    input:
        [table_file(name) for name in PAGES],
    output:
        [report(f"<results>/report/{name}.html", **as_page(name)) for name in PAGES],
    log:
        "<logs>/table_pages.log",
    benchmark:
        "<benchmarks>/table_pages.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        titles=[TABLES[name].title for name in PAGES],
        tsne_corpus=STUDY.tsne_corpus,
        fingerprint=fingerprint("table_pages.py"),
        found=found(),
    script:
        "../scripts/table_pages.py"
