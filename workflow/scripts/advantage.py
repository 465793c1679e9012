"""Probabilities files of all contestants in, their advantage by character out."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import advantage, contestants, csv_tables
    from charlens.corpus import Corpus

    config = snakemake.params.config
    contests = contestants.contests(
        snakemake.input.models,
        snakemake.input.get("external", []),
        [Corpus.load(path) for path in snakemake.input.corpora],
    )
    table = advantage.table(contests, config["min_count"])
    csv_tables.write(table, snakemake.output.csv)
    advantage.write_markdown(table, config["characters"], snakemake.output.md)
