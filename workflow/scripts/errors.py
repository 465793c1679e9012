"""Break down the errors of a corpus's models by what would remove them."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.oracles.breakdown import analyse

    config = snakemake.params.config
    analyse(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        config["threshold"],
        config["definitions"],
    )
