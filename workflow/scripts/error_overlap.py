"""Probabilities files of all contestants in, the overlap of their errors out."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import contestants, csv_tables, overlap
    from charlens.corpus import Corpus

    contests = contestants.contests(
        snakemake.input.models,
        snakemake.input.get("external", []),
        [Corpus.load(path) for path in snakemake.input.corpora],
    )
    table = overlap.table(contests)
    csv_tables.write(table, snakemake.output.csv)
    overlap.write_markdown(table, snakemake.output.md)
