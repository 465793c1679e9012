"""Scores of n-gram models and probabilities of n-NN and recurrent ones in, Table 2 out."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.context_length import table as table2
    from charlens.text.corpus import Corpus

    bootstrap, seed = (snakemake.params.config[key] for key in ("bootstrap", "seed"))
    table = table2.table(
        snakemake.input.get("n_gram", []),
        snakemake.input.get("probabilities", []),
        [Corpus.load(path) for path in snakemake.input.corpora],
        bootstrap,
        seed,
    )
    table2.write_csv(table, snakemake.output.csv)
    table2.write_markdown(table, bootstrap, snakemake.output.md)
