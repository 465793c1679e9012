"""Errors and bits of all of a corpus's models by kind of character."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import decade
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text

    config = snakemake.params.config
    names = ("threshold", "definitions", "bootstrap", "seed", "encoding")
    frame = decade.table(dict(snakemake.input.items()), *(config[name] for name in names))
    csv_tables.write(frame, snakemake.output.csv)
    write_text(snakemake.output.md, decade.markdown(frame))
