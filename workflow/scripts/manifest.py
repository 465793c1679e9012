"""Note what a run was made from, with a checksum of everything it made."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from pathlib import Path

    from charlens.runtime.manifest import write_manifest

    write_manifest(Path(snakemake.output[0]).parent, snakemake.params.config)
