"""Figure 6 as bars: every oracle, and the errors that scaling up removes, with the numbers."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.oracles import bars as figure6_bars
    from charlens.analyses.oracles import breakdown as error_analysis
    from charlens.display import style
    from charlens.files import csv_tables

    table = error_analysis.read_categories(snakemake.input.categories)
    eliminated = error_analysis.read_eliminated(snakemake.input.eliminated)
    csv_tables.write(table, snakemake.output.csv)
    style.save(figure6_bars.draw(table, eliminated), snakemake.output.pdf, snakemake.output.png)
