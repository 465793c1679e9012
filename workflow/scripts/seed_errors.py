"""Probabilities of every training in, the kinds of their errors with intervals out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import seeds, seeds_markdown
    from charlens.analyses.oracles.trainings import by_seed
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.files.atomic import write_text
    from charlens.text.corpus import Corpus, load_split
    from charlens.text.encoding_guess import of_corpus

    inputs, config, output = snakemake.input, snakemake.params.config, snakemake.output
    corpus = Corpus.load(inputs.corpus)
    encoding = of_corpus(config["encoding"], corpus, load_split(inputs.test))
    names = ("threshold", "definitions", "bootstrap", "seed")
    frame, intervals = seeds.tables(
        dict(inputs.items()),
        by_seed(config["seeds"], inputs.trainings),
        *(config[name] for name in names),
        encoding,
    )
    mark = marker([corpus], [inputs.test], {corpus.name: encoding})
    frame, intervals = mark(frame), mark(intervals)
    csv_tables.write(frame, output.csv)
    csv_tables.write(intervals, output.intervals)
    write_text(output.md, seeds_markdown.markdown(frame, intervals))
