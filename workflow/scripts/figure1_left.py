"""Figure 1, left: the table of cross-entropies as a figure, with its numbers beside it."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import cross_entropy
    from charlens.figures import figure1_left, style

    table = cross_entropy.read_csv(snakemake.input[0])
    cross_entropy.write_csv(table, snakemake.output.csv)
    style.save(figure1_left.draw(table), snakemake.output.pdf, snakemake.output.png)
