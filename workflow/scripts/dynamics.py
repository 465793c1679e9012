"""Early checkpoints of a model and trained baselines in, how alike they predict out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.training_dynamics.measure import measure
    from charlens.analyses.training_dynamics.table import markdown
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text

    inputs, config = snakemake.input, snakemake.params.config
    table = measure(
        dict(inputs.items()),
        config["epochs"],
        config["contexts"],
        config["unroll"],
        config["device"],
    )
    table = marker([inputs.corpus], [inputs.test], config["encodings"])(table)
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, markdown(table))
