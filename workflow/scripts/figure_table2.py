"""Table 2 as a figure: cross-entropy against context length, with its numbers beside it."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import table2
    from charlens.figures import style
    from charlens.figures import table2 as figure

    table = table2.read_csv(snakemake.input[0])
    table2.write_csv(table, snakemake.output.csv)
    style.save(figure.draw(table), snakemake.output.pdf, snakemake.output.png)
