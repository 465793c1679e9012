"""Probabilities files of one corpus in, the pairwise agreement of its models out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.agreement import table as agreement

    table = agreement.table(snakemake.input.probabilities)
    agreement.write(table, snakemake.output.csv)
