"""Set cells of trained models to values while they read the test split, and measure the effects."""

from charlens.runtime.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):
    from charlens.files import csv_tables
    from charlens.inside.cells import ranking as rankings
    from charlens.inside.interventions.from_files import Labelled, Network, study_networks
    from charlens.models.trained import load_trained
    from charlens.text.corpus import Corpus, load_split
    from charlens.text.encoding_guess import of_corpus
    from charlens.text.kinds import kind_of
    from charlens.text.whole_text import load_text

    inputs, config = snakemake.input, snakemake.params.config
    corpus = Corpus.load(inputs.corpus)
    some = (inputs.models, inputs.rankings, config["networks"])
    networks = [
        Network(load_trained(model, corpus), rankings.read(ranking), settings)
        for model, ranking, settings in zip(*some, strict=True)
    ]
    text = load_text(corpus, {part: inputs[part] for part in ("train", "val", "test")})
    kind = config["kind"] or kind_of(text.text)
    codes = load_split(inputs.test)
    labelled = Labelled.of(text, kind, of_corpus(config["encoding"], corpus, codes))
    how = (config["unroll"], config["device"], config["seed"])
    tables = study_networks(networks, corpus, codes, labelled, *how)
    for name, table in tables._asdict().items():
        csv_tables.write(table, snakemake.output[name])
