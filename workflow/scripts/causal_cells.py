"""Verdicts on the cells of each corpus in, one table of them out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.inside.interventions import table as causal_cells

    table = causal_cells.table(snakemake.input)
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, causal_cells.markdown(table))
