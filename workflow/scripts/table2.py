"""Scores of n-gram models and probabilities of n-NN and recurrent ones in, Table 2 out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.context_length import compressors
    from charlens.analyses.context_length import table as table2
    from charlens.analyses.context_length.markdown import markdown
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    bootstrap, seed = (snakemake.params.config[key] for key in ("bootstrap", "seed"))
    table = table2.table(
        snakemake.input.get("n_gram", []),
        snakemake.input.get("probabilities", []),
        [Corpus.load(path) for path in snakemake.input.corpora],
        bootstrap,
        seed,
    )
    csv_tables.write(table, snakemake.output.csv)
    sizes = [compressors.read(path) for path in snakemake.input.get("compressors", [])]
    write_text(snakemake.output.md, markdown(table, bootstrap, sizes))
