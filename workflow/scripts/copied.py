"""Find the passages of the test split that the training text has word for word."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.leakage.copied import copied

    inputs = {name: snakemake.input[name] for name in ("corpus", "train", "test")}
    copied(inputs, snakemake.output[0])
