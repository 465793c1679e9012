"""Compare a trained model's cells with chance and with baselines."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.inside.evidence.from_files import cell_evidence
    from charlens.inside.evidence.question import Effort

    config = snakemake.params.config
    inputs = ("corpus", "train", "val", "test", "model", "ranking")
    cell_evidence(
        {name: snakemake.input[name] for name in inputs},
        {name: snakemake.output[name] for name in ("cells", "concepts", "timescales")},
        config["kind"],
        config["unroll"],
        config["device"],
        config["seed"],
        Effort(**config["effort"]),
        config["encoding"],
    )
