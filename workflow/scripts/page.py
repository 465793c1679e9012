"""Figures and tables in; the page of the run, and each table as a page of its own, out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from pathlib import Path

    from charlens.report.pages import write_pages
    from charlens.report.run_page import write_run_page

    params, page = snakemake.params, Path(snakemake.output.page)
    write_run_page(
        page.parent,
        page,
        params.figures,
        params.tables,
        params.corpora,
        params.agreement,
        params.explorer,
    )
    write_pages(page.parent, snakemake.output.tables, params.tables, params.agreement)
