"""Figure 4: overlap of errors and advantage by character, with their numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.shared_errors import advantage, overlap
    from charlens.analyses.shared_errors import figure as figure4
    from charlens.display import style
    from charlens.files import csv_tables

    characters = snakemake.params.config["characters"]
    regions = overlap.read_csv(snakemake.input.overlap)
    advantages = advantage.read_csv(snakemake.input.advantage)
    csv_tables.write(regions, snakemake.output.overlap)
    csv_tables.write(advantage.shown(advantages, characters), snakemake.output.csv)
    figure = figure4.draw(regions, advantages, characters)
    style.save(figure, snakemake.output.pdf, snakemake.output.png)
