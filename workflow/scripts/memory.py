"""A model and its corpus in; context curves, remembered closings and probes of it out."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.analyses import subjects
    from charlens.analyses.context_curve.measure import measure
    from charlens.analyses.memory.measure import Memory
    from charlens.display.marker import marker
    from charlens.files import csv_tables
    from charlens.text.corpus import Corpus, load_split
    from charlens.text.encoding_guess import of_corpus
    from charlens.text.splits import SPLITS

    inputs, config, output = snakemake.input, snakemake.params.config, snakemake.output
    corpus = Corpus.load(inputs.corpus)
    splits = {part: load_split(inputs[part]) for part in SPLITS}
    encoding = of_corpus(config["encoding"], corpus, splits["test"])
    mark = marker([corpus], [inputs.test], {corpus.name: encoding})
    subject = subjects.load(inputs.model, corpus, config["model"], config["device"])
    curves = measure(
        subject,
        corpus,
        splits["test"],
        config["lengths"],
        config["starts"],
        config["anchors"],
        config["classes"],
        config["seed"],
        encoding,
    )
    csv_tables.write(mark(curves), output.context)
    memory = Memory(corpus, splits, config["kind"], config["seed"], encoding)
    csv_tables.write(memory.closings(subject, config["bins"]), output.closings)
    probes = memory.probes(subject, config["distances"], config["contexts"])
    csv_tables.write(mark(probes), output.probes)
