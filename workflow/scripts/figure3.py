"""Figure 3: how often gates are saturated, with its numbers beside it."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import csv_tables, saturation
    from charlens.figures import figure3, style

    table = saturation.read_csvs(snakemake.input)
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure3.draw(table), snakemake.output.pdf, snakemake.output.png)
