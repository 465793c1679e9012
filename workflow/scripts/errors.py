"""Break down the errors of a corpus's models by what would remove them."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import table as oracles
    from charlens.analyses.oracles.markdown import markdown
    from charlens.display.marker import marker
    from charlens.files import csv_tables, parquet_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus, load_split
    from charlens.text.encoding_guess import of_corpus

    inputs, config, output = snakemake.input, snakemake.params.config, snakemake.output
    corpus = Corpus.load(inputs.corpus)
    encoding = of_corpus(config["encoding"], corpus, load_split(inputs.test))
    tables = oracles.tables(
        dict(inputs.items()), config["threshold"], config["definitions"], encoding
    )
    mark = marker([corpus], [inputs.test], {corpus.name: encoding})
    tables["categories"] = mark(tables["categories"])
    for name in ("categories", "eliminated", "orders", "sensitivity"):
        csv_tables.write(tables[name], output[name])
    write_text(output.md, markdown(tables))
    parquet_tables.write(tables["examples"], output.examples)
