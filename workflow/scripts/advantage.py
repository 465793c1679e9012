"""Probabilities files of all contestants in, their advantage by character out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses import contest as contestants
    from charlens.analyses.shared_errors import advantage
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    config = snakemake.params.config
    contests = contestants.contests(
        snakemake.input.models,
        snakemake.input.get("external", []),
        [Corpus.load(path) for path in snakemake.input.corpora],
        config["network"],
    )
    table = advantage.table(contests, config["min_count"], config.get("encodings"))
    csv_tables.write(table, snakemake.output.csv)
    write_text(
        snakemake.output.md,
        advantage.markdown(table, config["characters"], config["standard_errors"]),
    )
