# Needs nothing; makes no files: lists of the files that rules read.


def as_input(path):
    """A user's file as an input of a rule; none where Snakemake would read its name as a pattern,
    or print what a terminal obeys.

    Nothing is lost by that: rules have the checksum of such a file among their params.
    """
    return [] if path is None or re.search("[{}<>]", path) or visible(path) != path else path


def own_file(wildcards):
    """The user's own text or archive behind a corpus, if it is one."""
    return as_input(watched_file(STUDY, wildcards.corpus))


def mixed_n_gram(wildcards):
    """The n-gram models that a scorer mixes a network with; none for other scorers."""
    fitted = wildcards.scorer == WITH_NGRAM
    return f"<results>/{wildcards.corpus}/models/n-gram.safetensors" if fitted else []


def adapting_train(wildcards):
    """The training text, for a scorer that learns on and measures its steps there."""
    return f"<results>/{wildcards.corpus}/train.npy" if wildcards.scorer == WITH_DYNAMIC else []


def splits_of(corpora, name):
    """A file of each corpus, such as its test split."""
    return [f"<results>/{corpus}/{name}" for corpus in corpora if corpus]


def model_file(wildcards):
    """A trained network, or the file of all of a corpus's n-gram models."""
    family, _ = context_model(wildcards.model) or (None, None)
    name = N_GRAM if family == N_GRAM else wildcards.model
    return f"<results>/{wildcards.corpus}/models/{name}.safetensors"


def probabilities_of(corpus):
    """The probabilities files of all recurrent models of a corpus, in grid order."""
    return expand(
        "<results>/{corpus}/probabilities/{model}.parquet",
        corpus=corpus,
        model=STUDY.models(corpus),
    )


def further_trainings(pattern, corpora=None):
    """Files of the networks that are trained again, each with its seed: seed by seed."""
    return [
        (seed, pattern.format(corpus=corpus, seed=seed, model=model))
        for seed in STUDY.further_seeds
        for corpus in (STUDY.corpora if corpora is None else corpora)
        for model in STUDY.models(corpus)
        if seed in STUDY.further_seeds_of(corpus, model)
    ]


def every_training(corpora=None):
    """The probabilities files of networks trained several times, each with its seed."""
    first = [
        (STUDY.seed, f"<results>/{corpus}/probabilities/{model}.parquet")
        for corpus in (STUDY.corpora if corpora is None else corpora)
        for model in STUDY.models(corpus)
        if STUDY.further_seeds_of(corpus, model)
    ]
    return first + further_trainings(
        "<results>/{corpus}/seeds/{seed}/probabilities/{model}.parquet", corpora
    )


def trainings_of(corpus):
    """Seed and id of each training that is compared with others cell by cell."""
    return [
        (seed, model)
        for model in MATCHED[corpus]
        for seed in (STUDY.seed, *STUDY.further_seeds_of(corpus, model))
    ]


def compared_weights(wildcards):
    """The weights of these trainings."""
    folder = f"<results>/{wildcards.corpus}"
    return [
        (
            f"{folder}/models/{model}.safetensors"
            if seed == STUDY.seed
            else f"{folder}/seeds/{seed}/models/{model}.safetensors"
        )
        for seed, model in trainings_of(wildcards.corpus)
    ]


def of_matched(name):
    """Tables of compared trainings, one per corpus."""
    return [f"<results>/{corpus}/tables/universality/{name}" for corpus in MATCHED]


def trained_of(corpus):
    """The probabilities files of a corpus's trained models: the recurrent ones, then the n-NNs."""
    return probabilities_of(corpus) + expand(
        "<results>/{corpus}/probabilities/{model}.parquet",
        corpus=corpus,
        model=STUDY.n_nn_models(corpus),
    )


def of_searched_cells(folder):
    """Tables behind Figure 2, cells or cell_examples: one per corpus that has a model for it."""
    return [
        f"<results>/{corpus}/tables/{folder}/{model}.parquet"
        for corpus, model in figure2_models(STUDY).items()
    ]


def of_evidence(folder):
    """Tables of the evidence about cells: one per model, in the order of the corpora."""
    return [
        f"<results>/{corpus}/tables/{folder}/{model}.parquet"
        for corpus, models in evidence_models(STUDY).items()
        for model in models
    ]


def trained_models():
    """All networks of the study. Named as results, for one that is lost is else not made again."""
    return [
        f"<results>/{corpus}/models/{model}.safetensors"
        for corpus in STUDY.corpora
        for model in (*STUDY.models(corpus), *STUDY.n_nn_models(corpus))
    ] + [
        path
        for _, path in further_trainings(
            "<results>/{corpus}/seeds/{seed}/models/{model}.safetensors"
        )
    ]


def of_interventions(name):
    """Tables of interventions, one per corpus that has a network for them."""
    return [f"<results>/{corpus}/tables/interventions/{name}.csv" for corpus in INTERVENED]


def explorer_files(corpus):
    """The files that the explorer reads of a corpus."""
    entry = explorer_entry(corpus)
    scored = entry["models"] * bool(entry["n_grams"]) + entry["n_grams"]
    scored += [entry["baseline"]] if entry["baseline"] else []
    causes = ("verdicts", "excerpts") if entry["causes"] else ()
    names = [
        *("corpus.json", "train.npy", "test.npy"),
        *(f"models/{model}.safetensors" for model in entry["models"]),
        *(f"tables/cells/{model}.parquet" for model in entry["models"]),
        *(f"probabilities/{model}.parquet" for model in dict.fromkeys(scored)),
        *(f"tables/cell_evidence/{model}.parquet" for model in entry["evidence"]),
        *(f"tables/concepts/{model}.parquet" for model in entry["evidence"]),
        *(f"tables/interventions/{name}.csv" for name in causes),
    ]
    return [f"<results>/{corpus}/{name}" for name in names]


def saturation_tables():
    """What Figure 3 shows: one table per model."""
    corpus, models = figure3_models(STUDY)
    return [f"<results>/{corpus}/tables/saturation/{model}.csv" for model in models]


def early_checkpoints(corpus, model):
    """The early checkpoints of the model whose training is watched."""
    return [
        f"<results>/{corpus}/checkpoints/{model}/epoch={epoch:g}.safetensors"
        for epoch in WATCHED.epochs
    ]


def external_of(corpus):
    """The probabilities files of a corpus's models from elsewhere."""
    models = STUDY.external_models(corpus)
    return [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]


def scored_of(corpus):
    """The probabilities files of a corpus's networks with scorers."""
    models = scored_models(STUDY, corpus)
    return [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]


def elsewhere():
    """Regular expression of the paths, from the corpus on, of models from elsewhere."""
    paths = [f"{entry.corpus}/probabilities/{entry.model}" for entry in STUDY.external]
    return rf"(?:{'|'.join(paths)})\.parquet" if paths else "(?!)"  # (?!) matches nothing


def external_file(wildcards):
    return as_input(external_path(wildcards))


def oracle_n_grams(corpus):
    """The probabilities files of the n-gram models that are oracles of Figure 6."""
    contexts = [n for n in STUDY.n_gram.contexts if n in ORACLE_CONTEXTS] if corpus else []
    models = [context_id(N_GRAM, n) for n in contexts]
    return [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]


def error_models(corpus):
    """The probabilities files that Figure 6 needs: of all LSTMs and of the n-grams it shows."""
    models = lstm_models(STUDY, corpus) if corpus else ()
    lstms = [f"<results>/{corpus}/probabilities/{model}.parquet" for model in models]
    return lstms + oracle_n_grams(corpus)


def contestants_of(corpora):
    """The probabilities files of corpora's LSTMs and n-NNs and of their longest n-gram models."""
    longest = context_id(N_GRAM, max(STUDY.n_gram.contexts))
    return [
        f"<results>/{corpus}/probabilities/{model}.parquet"
        for corpus in (STUDY.corpora if corpora is None else corpora)
        for model in (
            *lstm_models(STUDY, corpus),
            *STUDY.n_nn_models(corpus),
            *(model for model in STUDY.n_gram_models(corpus) if model == longest),
        )
    ]


def every_model_of(corpus):
    """The probabilities files of all of a corpus's models."""
    if not corpus:
        return []
    n_grams = [
        f"<results>/{corpus}/probabilities/{model}.parquet" for model in STUDY.n_gram_models(corpus)
    ]
    return trained_of(corpus) + external_of(corpus) + scored_of(corpus) + n_grams


def externals_of(corpora):
    return [path for corpus in corpora for path in external_of(corpus)]


def n_gram_corpora():
    return [corpus for corpus in STUDY.corpora if STUDY.n_gram_models(corpus)]
