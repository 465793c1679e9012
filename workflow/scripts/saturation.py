"""Count over the test split how often a trained model's gates are saturated."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.files import csv_tables
    from charlens.inside.gates.measure import measure
    from charlens.models.trained import load_trained
    from charlens.text.corpus import Corpus, load_split

    config = snakemake.params.config
    corpus = Corpus.load(snakemake.input.corpus)
    trained = load_trained(snakemake.input.model, corpus)
    codes = load_split(snakemake.input.test)
    table = measure(trained, corpus.name, codes, config["unroll"], config["device"])
    csv_tables.write(table, snakemake.output[0])
