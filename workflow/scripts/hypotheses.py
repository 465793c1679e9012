"""Errors and bits by stream in, the verdicts on the hypotheses about later models out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import decade_streams, verdicts
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.models.divergence import uniform_loss
    from charlens.text.corpus import Corpus

    config = snakemake.params.config
    streams = decade_streams.read(snakemake.input.streams)
    further = decade_streams.read_further(snakemake.input.further)
    uniform = uniform_loss(Corpus.load(snakemake.input.corpus).k)
    frame = verdicts.table(streams, config["bootstrap"], config["seed"], uniform, further)
    csv_tables.write(frame, snakemake.output.csv)
    write_text(snakemake.output.md, verdicts.markdown(frame))
