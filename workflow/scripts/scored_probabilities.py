"""Score the test split with a trained network in another way than alone."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.predictions.scorers.with_ngram import score_with_ngram

    config = snakemake.params.config
    score_with_ngram(
        dict(snakemake.input.items()),
        snakemake.output[0],
        config["order"],
        config["unroll"],
        config["device"],
    )
