"""Probabilities files of all contestants in, the overlap of their errors out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses import contest as contestants
    from charlens.analyses.shared_errors import overlap
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    contests = contestants.contests(
        snakemake.input.models,
        snakemake.input.get("external", []),
        [Corpus.load(path) for path in snakemake.input.corpora],
        snakemake.params.config["network"],
    )
    table = overlap.table(contests)
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, overlap.markdown(table))
