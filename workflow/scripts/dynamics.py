"""Early checkpoints of a model and trained baselines in, how alike they predict out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.training_dynamics.measure import measure
    from charlens.analyses.training_dynamics.table import markdown
    from charlens.display.units import marked
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.widths import widths

    inputs, config = snakemake.input, snakemake.params.config
    table = measure(
        dict(inputs.items()),
        config["epochs"],
        config["contexts"],
        config["unroll"],
        config["device"],
    )
    table = marked(table, widths([inputs.corpus], [inputs.test], config["encodings"]))
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, markdown(table))
