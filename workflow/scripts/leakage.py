"""Copied passages and probabilities files in, the tables of leakage out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.leakage import table as leakage
    from charlens.analyses.leakage.markdown import markdown
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    config = snakemake.params.config
    corpora = [Corpus.load(path) for path in snakemake.input.corpora]
    names = [corpus.name for corpus in corpora]
    frame, models = leakage.tables(
        zip(names, snakemake.input.copies, strict=True),
        snakemake.input.probabilities,
        corpora,
        config["least"],
        config["bootstrap"],
        config["seed"],
    )
    csv_tables.write(frame, snakemake.output.csv)
    csv_tables.write(models, snakemake.output.models)
    write_text(snakemake.output.md, markdown(frame, models))
