"""Rank a trained model's cells by what they track, and show the best ones on held-out text."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.inside.cells.search import search_cells

    config = snakemake.params.config
    search_cells(
        {name: snakemake.input[name] for name in ("corpus", "train", "val", "test", "model")},
        {name: snakemake.output[name] for name in ("ranking", "examples")},
        config["kind"],
        config["unroll"],
        config["device"],
        config["encoding"],
    )
