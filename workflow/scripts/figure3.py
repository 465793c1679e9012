"""Figure 3: how often gates are saturated, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.display import style
    from charlens.files import csv_tables
    from charlens.inside.gates import figure as figure3
    from charlens.inside.gates import table as saturation

    table = saturation.read_csvs(snakemake.input)
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure3.draw(table), snakemake.output.pdf, snakemake.output.png)
