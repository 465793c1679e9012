"""Figure 5, right: a network in training against trained baselines, with its numbers beside it."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import csv_tables, dynamics
    from charlens.figures import figure5_right, style

    table = dynamics.read_csv(snakemake.input[0])
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure5_right.draw(table), snakemake.output.pdf, snakemake.output.png)
