"""Figure 6: errors by what would remove them, as pies and marked text, with the numbers beside."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.oracles import breakdown as error_analysis
    from charlens.analyses.oracles import pies as figure6
    from charlens.display import style
    from charlens.files import csv_tables

    table = error_analysis.read_categories(snakemake.input.categories)
    examples = error_analysis.read_examples(snakemake.input.examples)
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure6.draw(table, examples), snakemake.output.pdf, snakemake.output.png)
