"""Compress a corpus's training text without and with its test text."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.context_length.compressors import compress

    inputs = {name: snakemake.input[name] for name in ("corpus", "train", "test")}
    compress(inputs, snakemake.output[0], snakemake.params.config["names"])
