"""Keep a trained model's activations over the test split: a file per layer and quantity."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.inside.dump import dump_activations

    config = snakemake.params.config
    dump_activations(
        {name: snakemake.input[name] for name in ("corpus", "test", "model")},
        snakemake.output[0],
        config["quantities"],
        config["positions"],
        config["unroll"],
        config["device"],
        config["dtype"],
    )
