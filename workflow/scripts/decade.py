"""Errors and bits of all of a corpus's models by kind of character."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses.oracles import decade, decade_streams
    from charlens.analyses.oracles.trainings import by_seed
    from charlens.display.marker import marker
    from charlens.files import csv_tables, parquet_tables
    from charlens.files.atomic import write_text
    from charlens.models.divergence import uniform_loss
    from charlens.text.corpus import Corpus, load_split
    from charlens.text.encoding_guess import of_corpus

    inputs, config, output = snakemake.input, snakemake.params.config, snakemake.output
    corpus = Corpus.load(inputs.corpus)
    encoding = of_corpus(config["encoding"], corpus, load_split(inputs.test))
    mark = marker([corpus], [inputs.test], {corpus.name: encoding})
    asked = config["threshold"], config["definitions"], encoding, config["kind"]
    runs_of = by_seed(config["seeds"], inputs.trainings)
    streams, further = map(mark, decade_streams.tables(dict(inputs.items()), runs_of, *asked))
    frame = mark(decade.table(streams, config["bootstrap"], config["seed"], uniform_loss(corpus.k)))
    parquet_tables.write(streams, output.streams)
    parquet_tables.write(further, output.further)
    csv_tables.write(frame, output.csv)
    write_text(output.md, decade.markdown(frame))
