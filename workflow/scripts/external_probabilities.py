"""A model's probabilities from elsewhere in, the same as a file of the workflow's own out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.predictions.external import import_external

    config = snakemake.params.config
    import_external(
        {
            "corpus": snakemake.input.corpus,
            "test": snakemake.input.test,
            "file": config["file"],
        },
        snakemake.output[0],
        config["model"],
        config["corpus_sha256"],
    )
