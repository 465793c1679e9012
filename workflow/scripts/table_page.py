"""A table in, a page of HTML that shows it out."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.report.pages import write_page

    write_page(snakemake.input[0], snakemake.output[0], snakemake.params.title)
