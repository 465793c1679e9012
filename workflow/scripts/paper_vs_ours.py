"""All tables of a run in, its numbers and findings beside the paper's out."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.files import csv_tables
    from charlens.replication import compare as comparison
    from charlens.replication import findings, run_tables
    from charlens.replication import markdown as comparison_markdown

    tables = run_tables.read(
        dict(snakemake.input.items()), snakemake.params.config["agreement_corpus"]
    )
    numbers, found = comparison.table(tables), findings.table(tables)
    csv_tables.write(numbers, snakemake.output.csv)
    csv_tables.write(found, snakemake.output.findings)
    comparison_markdown.write_markdown(numbers, found, snakemake.output.md)
