"""Compared trainings of all corpora in, the table of universality out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.inside.universality import table as universality

    names = ("cells", "pairs", "passages")
    frame = universality.table(*(snakemake.input.get(name, []) for name in names))
    csv_tables.write(frame, snakemake.output.csv)
    write_text(snakemake.output.md, universality.markdown(frame))
