"""Tables in, a page of HTML for each of them out."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.report.pages import write_page

    titles = snakemake.params.titles
    for source, target, title in zip(snakemake.input, snakemake.output, titles, strict=True):
        write_page(source, target, title)
