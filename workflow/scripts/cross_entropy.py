"""Probabilities files of all models and corpora in, the table of cross-entropies out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.cross_entropy import seeds
    from charlens.analyses.cross_entropy import table as cross_entropy
    from charlens.analyses.cross_entropy.averaged import averaged
    from charlens.analyses.cross_entropy.markdown import markdown
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    config = snakemake.params.config
    bootstrap = config["bootstrap"]
    corpora = [Corpus.load(path) for path in snakemake.input.get("corpora", [])]
    table = cross_entropy.table(
        snakemake.input.probabilities,
        bootstrap,
        config["seed"],
        corpora,
        config["encodings"],
        dict(zip(map(tuple, config["trained"]), snakemake.input.curves, strict=True)),
    )
    csv_tables.write(table, snakemake.output.csv)
    if snakemake.input.get("seeds"):
        table = averaged(table, seeds.read(snakemake.input.seeds))
    write_text(snakemake.output.md, markdown(table, bootstrap))
