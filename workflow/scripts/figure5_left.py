"""Figure 5 (left): closing characters by distance, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.closings import figure as figure5_left
    from charlens.analyses.closings import table as closings
    from charlens.display import style
    from charlens.files import csv_tables

    table = closings.read_csv(snakemake.input[0])
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure5_left.draw(table), snakemake.output.pdf, snakemake.output.png)
