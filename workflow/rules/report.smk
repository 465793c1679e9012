# Needs: tables. Makes: report/{table}.html, a page for each of them, as the report shows them.
# The report itself, all figures and pages in one file, is made by `snakemake --report` (make report).


rule table_page:
    input:
        lambda wildcards: table_file(PAGES[wildcards.table]),
    output:
        report("<results>/report/{table}.html", **PAGE_IN_REPORT),
    log:
        "<logs>/table_page/{table}.log",
    benchmark:
        "<benchmarks>/table_page/{table}.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        title=lambda wildcards: PAGES[wildcards.table].title,
        fingerprint=fingerprint("table_page.py"),
        caption=lambda wildcards: caption(PAGES[wildcards.table]),
    script:
        "../scripts/table_page.py"
