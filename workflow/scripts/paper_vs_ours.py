"""All tables of a run in, its numbers and findings beside the paper's out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.replication import compare as comparison
    from charlens.replication import findings, run_tables
    from charlens.replication.markdown import markdown

    tables = run_tables.read(
        dict(snakemake.input.items()), snakemake.params.config["agreement_corpus"]
    )
    numbers, verdicts = comparison.table(tables), findings.table(tables)
    csv_tables.write(numbers, snakemake.output.csv)
    csv_tables.write(verdicts, snakemake.output.findings)
    write_text(snakemake.output.md, markdown(numbers, verdicts))
