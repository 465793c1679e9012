"""Figure 2: text coloured by the cells that the search found, with its numbers beside it."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    import pandas as pd
    from charlens import csv_tables
    from charlens.cell_search import read_examples
    from charlens.figures import figure2, style

    table = pd.concat([read_examples(path) for path in snakemake.input], ignore_index=True)
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure2.draw(table), snakemake.output.pdf, snakemake.output.png)
