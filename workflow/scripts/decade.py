"""Errors and bits of all of a corpus's models by kind of character."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import decade, decade_streams
    from charlens.files import csv_tables, parquet_tables
    from charlens.files.atomic import write_text

    config, output = snakemake.params.config, snakemake.output
    names = ("threshold", "definitions", "encoding", "kind")
    streams = decade_streams.table(dict(snakemake.input.items()), *(config[n] for n in names))
    frame = decade.table(streams, config["bootstrap"], config["seed"])
    parquet_tables.write(streams, output.streams)
    csv_tables.write(frame, output.csv)
    write_text(output.md, decade.markdown(frame))
