"""Probabilities files of every training in, the tables of seeds out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.cross_entropy import seeds
    from charlens.display.units import marked
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus
    from charlens.text.widths import widths

    config = snakemake.params.config
    runs_of = {}
    for seed, path in zip(config["seeds"], snakemake.input.probabilities, strict=True):
        runs_of.setdefault(seed, []).append(path)
    corpora = [Corpus.load(path) for path in snakemake.input.corpora]
    made = seeds.tables(runs_of, config["bootstrap"], config["seed"], corpora)
    wide = widths(corpora, snakemake.input.tests, config["encodings"])
    made = seeds.SeedTables(*(marked(frame, wide) for frame in made))
    csv_tables.write(made.networks, snakemake.output.csv)
    csv_tables.write(made.losses, snakemake.output.losses)
    csv_tables.write(made.differences, snakemake.output.differences)
    write_text(snakemake.output.md, seeds.markdown(made, config["bootstrap"]))
