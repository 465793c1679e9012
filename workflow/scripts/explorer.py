"""Networks, rankings of their cells and predictions in; the explorer, a page with its data, out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from pathlib import Path

    from charlens.report.explorer.build import Settings, Shown, chunks
    from charlens.report.explorer.site import write_site

    config, folder = snakemake.params.config, Path(snakemake.output[0])
    shown = [Shown(**entry) for entry in config["shown"]]
    made = chunks(folder.parent, shown, Settings(**config["settings"]))
    write_site(folder, folder.parent.name, made)
