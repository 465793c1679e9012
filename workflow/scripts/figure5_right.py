"""Figure 5, right: a network in training against trained baselines, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.training_dynamics import figure as figure5_right
    from charlens.analyses.training_dynamics import table as dynamics
    from charlens.display import style
    from charlens.files import csv_tables

    table = dynamics.read_csv(snakemake.input[0])
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure5_right.draw(table), snakemake.output.pdf, snakemake.output.png)
