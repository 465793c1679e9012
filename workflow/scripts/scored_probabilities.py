"""Score the test split with a trained network in another way than alone."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.models.catalogue import WITH_NGRAM
    from charlens.predictions.scorers.with_cache import score_with_cache
    from charlens.predictions.scorers.with_ngram import score_with_ngram

    config, inputs = snakemake.params.config, dict(snakemake.input.items())
    how = (config["unroll"], config["device"])
    if snakemake.wildcards.scorer == WITH_NGRAM:
        score_with_ngram(inputs, snakemake.output[0], config["order"], *how)
    else:
        score_with_cache(inputs, snakemake.output[0], *how)
