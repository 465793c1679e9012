"""Fit the n-gram models of one corpus, all orders at once, on its training split."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.predictions.score_ngram import fit_n_gram

    fit_n_gram(
        {name: snakemake.input[name] for name in ("corpus", "train")},
        snakemake.output[0],
        snakemake.params.config["contexts"],
    )
