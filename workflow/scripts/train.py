"""Train one grid point: corpus splits in; weights, learning curve and early checkpoints out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.training.grid_point import train_grid_point
    from charlens.training.settings import Training

    train_grid_point(
        {name: snakemake.input[name] for name in ("corpus", "train", "val")},
        {
            "model": snakemake.output.model,
            "curve": snakemake.output.curve,
            "checkpoints": snakemake.output.get("checkpoints", []),
        },
        snakemake.params.model,
        Training(**snakemake.params.config["training"]),
        snakemake.params.config["seed"],
        snakemake.params.resume,
        snakemake.params.fingerprint,
        snakemake.params.config.get("widths", ()),
        snakemake.params.config.get("early", ()),
    )
