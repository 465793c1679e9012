"""Errors and bits by stream in, the verdicts on the hypotheses about later models out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import decade_streams, verdicts
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text

    config = snakemake.params.config
    streams = decade_streams.read(snakemake.input.streams)
    frame = verdicts.table(streams, config["bootstrap"], config["seed"])
    csv_tables.write(frame, snakemake.output.csv)
    write_text(snakemake.output.md, verdicts.markdown(frame))
