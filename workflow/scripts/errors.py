"""Break down the errors of a corpus's models by what would remove them."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import table as oracles
    from charlens.analyses.oracles.markdown import markdown
    from charlens.files import csv_tables, parquet_tables
    from charlens.files.atomic import write_text

    config, output = snakemake.params.config, snakemake.output
    tables = oracles.tables(
        dict(snakemake.input.items()),
        config["threshold"],
        config["definitions"],
        config["encoding"],
    )
    for name in ("categories", "eliminated", "orders", "sensitivity"):
        csv_tables.write(tables[name], output[name])
    write_text(output.md, markdown(tables))
    parquet_tables.write(tables["examples"], output.examples)
