"""Figure 1, right: the map of models from their pairwise agreement, with its numbers beside it."""

from charlens.runtime.job import job

with job(snakemake.log[0], threads=snakemake.threads):
    from charlens.analyses.agreement import figure as figure1_right
    from charlens.analyses.agreement import table as agreement
    from charlens.analyses.agreement import tsne
    from charlens.display import style

    config = snakemake.params.config
    pairs = agreement.read_csv(snakemake.input[0])
    table = tsne.table(pairs, config["perplexity"], config["seed"])
    tsne.write_csv(table, snakemake.output.csv)
    style.save(figure1_right.draw(table), snakemake.output.pdf, snakemake.output.png)
