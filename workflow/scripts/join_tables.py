"""Tables of single models in, one of all of them out, with Markdown for people.

The module that reads them is a param, so one script serves all such tables.
"""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from importlib import import_module

    import pandas as pd
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text

    module = import_module(snakemake.params.module)
    table = pd.concat([module.read(path) for path in snakemake.input], ignore_index=True)
    csv_tables.write(table, snakemake.output.csv)
    write_text(snakemake.output.md, module.markdown(table))
