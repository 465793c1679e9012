"""Probabilities files of one corpus in, the pairwise agreement of its models out."""

from charlens.jobs import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens import agreement

    table = agreement.table(snakemake.input.probabilities)
    agreement.write_csv(table, snakemake.output.csv)
