"""Table 2 as a figure: cross-entropy against context length, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.context_length import figure
    from charlens.analyses.context_length import table as table2
    from charlens.display import style

    table = table2.read_csv(snakemake.input[0])
    table2.write_csv(table, snakemake.output.csv)
    style.save(figure.draw(table), snakemake.output.pdf, snakemake.output.png)
