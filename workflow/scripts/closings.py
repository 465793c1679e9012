"""Texts and probabilities files in, how well closing characters are predicted out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses import contest as contestants
    from charlens.analyses.closings import table as closings
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus
    from charlens.text.encoding_guess import of_corpora
    from charlens.text.whole_text import load_text

    inputs, config = snakemake.input, snakemake.params.config
    corpora = [Corpus.load(path) for path in inputs.corpora]
    splits = [
        {"train": train, "val": val, "test": test}
        for train, val, test in zip(inputs.train, inputs.val, inputs.test, strict=True)
    ]
    table = closings.table(
        contestants.contests(inputs.models, inputs.get("external", []), corpora, config["network"]),
        {of.name: load_text(of, paths) for of, paths in zip(corpora, splits, strict=True)},
        config["kinds"],
        config["pairs"],
        config["bins"],
        config["seed"],
        of_corpora(config["encodings"], inputs.corpora, inputs.test),
    )
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, closings.markdown(table))
