"""Tables in, one figure out as PDF and PNG, with its numbers beside it as CSV.

The module that draws it is a param, so one script serves all figures.
"""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from importlib import import_module

    from charlens.display import style
    from charlens.files import csv_tables

    figure, output = import_module(snakemake.params.module), dict(snakemake.output.items())
    pdf, png = output.pop("pdf"), output.pop("png")
    numbers = figure.numbers(**dict(snakemake.input.items()), **snakemake.params.config)
    for name, path in output.items():
        csv_tables.write(numbers[name], path)
    style.save(figure.draw(*numbers.values(), **snakemake.params.look), pdf, png)
