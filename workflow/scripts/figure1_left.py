"""Figure 1, left: the table of cross-entropies as a figure, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.cross_entropy import figure as figure1_left
    from charlens.analyses.cross_entropy import table as cross_entropy
    from charlens.display import style

    table = cross_entropy.read_csv(snakemake.input[0])
    cross_entropy.write_csv(table, snakemake.output.csv)
    style.save(figure1_left.draw(table), snakemake.output.pdf, snakemake.output.png)
