"""Count over the test split how often a trained model's gates are saturated."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.inside.gates.table import write_saturation

    config = snakemake.params.config
    write_saturation(
        {name: snakemake.input[name] for name in ("corpus", "test", "model")},
        snakemake.output[0],
        config["unroll"],
        config["device"],
    )
