# Needs: figures, tables. Makes: report.html, the page of the run: all figures and tables with what the
# paper found and what this run found; report/{table}.html, each table alone, for Snakemake's report
# (`snakemake --report`, make report), which has the rules and their runtimes too.


rule page:
    input:
        figures=[figure_files(name) for name in FIGURES],
        tables=[path for analysis in pages() for path in table_files(analysis)],
        corpora=expand("<results>/{corpus}/corpus.json", corpus=STUDY.corpora),
    output:
        page="<results>/report.html",
        tables=report(directory("<results>/report"), patterns=["{table}.html"], **PAGE_IN_REPORT),
    log:
        "<logs>/page.log",
    benchmark:
        "<benchmarks>/page.tsv"
    group:
        "summary"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        figures=[name for name in FIGURES if FIGURES[name].when(STUDY)],
        tables=[analysis.name for analysis in pages()],
        corpora=list(STUDY.corpora),
        agreement=STUDY.tsne_corpus,
        explorer=bool(EXPLORED),
        fingerprint=page_fingerprint(),
        caption=captions(),
    script:
        "../scripts/page.py"
