"""Figure 2: text coloured by the cells that the search found, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    import pandas as pd
    from charlens.display import style
    from charlens.files import csv_tables
    from charlens.inside.cells import figure as figure2
    from charlens.inside.cells.search import read_examples

    table = pd.concat([read_examples(path) for path in snakemake.input], ignore_index=True)
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure2.draw(table), snakemake.output.pdf, snakemake.output.png)
