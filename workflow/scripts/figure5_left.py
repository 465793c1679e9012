"""Figure 5 (left): closing characters by distance, with its numbers beside it."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import closings, csv_tables
    from charlens.figures import figure5_left, style

    table = closings.read_csv(snakemake.input[0])
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure5_left.draw(table), snakemake.output.pdf, snakemake.output.png)
