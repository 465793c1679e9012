"""Scores of n-gram models and probabilities of n-NN and recurrent ones in, Table 2 out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.context_length import compressors
    from charlens.analyses.context_length import table as table2
    from charlens.analyses.context_length.markdown import markdown
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    config, inputs = snakemake.params.config, snakemake.input
    bootstrap, corpora = config["bootstrap"], [Corpus.load(path) for path in inputs.corpora]
    table = table2.table(
        inputs.get("n_gram", []),
        inputs.get("probabilities", []),
        corpora,
        bootstrap,
        config["seed"],
    )
    table = marker(corpora, inputs.tests, config["encodings"])(table)
    csv_tables.write(table, snakemake.output.csv)
    sizes = [compressors.read(path) for path in inputs.get("compressors", [])]
    write_text(snakemake.output.md, markdown(table, bootstrap, sizes))
