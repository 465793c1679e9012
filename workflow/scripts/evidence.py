"""Evidence about single models in, one table of all out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.inside.evidence import table

    evidence = table.table(snakemake.input)
    csv_tables.write(evidence, snakemake.output.csv)
    write_text(snakemake.output.md, table.markdown(evidence))
