"""Score the test split with a trained model: one row per predicted character."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.predictions.score import score_model

    config = snakemake.params.config
    score_model(
        {name: snakemake.input[name] for name in ("corpus", "test", "model")},
        snakemake.output[0],
        config["unroll"],
        config["device"],
    )
