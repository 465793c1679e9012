"""Probabilities files of every training in, the tables of seeds out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.cross_entropy import seeds
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    config = snakemake.params.config
    runs_of = {}
    for seed, path in zip(config["seeds"], snakemake.input.probabilities, strict=True):
        runs_of.setdefault(seed, []).append(path)
    corpora = [Corpus.load(path) for path in snakemake.input.corpora]
    made = seeds.tables(runs_of, config["bootstrap"], config["seed"], corpora)
    mark = marker(corpora, snakemake.input.tests, config["encodings"])
    made = seeds.SeedTables(*map(mark, made))
    csv_tables.write(made.networks, snakemake.output.csv)
    csv_tables.write(made.losses, snakemake.output.losses)
    csv_tables.write(made.differences, snakemake.output.differences)
    write_text(snakemake.output.md, seeds.markdown(made, config["bootstrap"]))
