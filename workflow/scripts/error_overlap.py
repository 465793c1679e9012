"""Probabilities files of all contestants in, the overlap of their errors out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses import contest as contestants
    from charlens.analyses.shared_errors import overlap
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    inputs, config = snakemake.input, snakemake.params.config
    corpora = [Corpus.load(path) for path in inputs.corpora]
    contests = contestants.contests(
        inputs.models, inputs.get("external", []), corpora, config["network"]
    )
    table = marker(corpora, inputs.tests, config["encodings"])(overlap.table(contests))
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, overlap.markdown(table))
