"""Score the test split with the n-gram models: a probabilities file each, one table of scores."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.predictions.score_ngram import score_n_gram

    config = snakemake.params.config
    score_n_gram(
        {name: snakemake.input[name] for name in ("corpus", "test", "model")},
        snakemake.output.probabilities,
        snakemake.output.scores,
        config["contexts"],
        config["bootstrap"],
        config["seed"],
    )
