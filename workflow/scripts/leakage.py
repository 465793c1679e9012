"""Copied passages and probabilities files in, the tables of leakage out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.leakage import table as leakage
    from charlens.analyses.leakage.markdown import markdown
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus

    config, inputs, output = snakemake.params.config, snakemake.input, snakemake.output
    corpora = [Corpus.load(path) for path in inputs.corpora]
    names = [corpus.name for corpus in corpora]
    made = leakage.tables(
        zip(names, inputs.copies, strict=True),
        inputs.probabilities,
        corpora,
        config["least"],
        config["bootstrap"],
        config["seed"],
        dict(zip(map(tuple, config["trained"]), inputs.curves, strict=True)),
    )
    mark = marker(corpora, inputs.tests, config["encodings"])
    made = leakage.LeakageTables(*map(mark, made))
    csv_tables.write(made.copied, output.csv)
    csv_tables.write(made.models, output.models)
    csv_tables.write(made.distances, output.distances)
    write_text(output.md, markdown(made))
