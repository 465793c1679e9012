"""Early checkpoints of a model and trained baselines in, how alike they predict out."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.training_dynamics import table as dynamics

    config = snakemake.params.config
    dynamics.write_dynamics(
        dict(snakemake.input.items()),
        snakemake.output.csv,
        config["epochs"],
        config["contexts"],
        config["unroll"],
        config["device"],
    )
    dynamics.write_markdown(dynamics.read_csv(snakemake.output.csv), snakemake.output.md)
