"""Compare the trainings of a corpus's networks, cell by cell and as a whole."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.inside.universality.from_files import match_cells

    config = snakemake.params.config
    match_cells(
        {name: snakemake.input[name] for name in ("corpus", "train", "val", "test")},
        list(zip(config["seeds"], snakemake.input.models, strict=True)),
        {name: snakemake.output[name] for name in ("cells", "pairs", "passage")},
        config,
    )
