"""Score the test split with a trained network in another way than alone."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.predictions.scorers.registry import SCORE

    config, score = snakemake.params.config, SCORE[snakemake.wildcards.scorer]
    inputs = dict(snakemake.input.items())
    score(inputs, snakemake.output[0], config["unroll"], config["device"])
