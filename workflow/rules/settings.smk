# Needs nothing; makes no files: params of rules, what of the config and of users' files decides their
# results, so that a change of it, and of nothing else, re-runs them.


def own_contents_of(wildcards):
    """Checksum of the user's own text, archive or folder: it decides, not the date of a file."""
    return own_contents(STUDY, wildcards.corpus, CHECKSUMS)


def external_contents(wildcards):
    return CHECKSUMS.of(Path(external_path(wildcards)))


def corpus_config(wildcards):
    """What decides a corpus's bytes and layout; not its models, which may change without it."""
    entry = STUDY.corpora[wildcards.corpus]
    return {
        "name": wildcards.corpus,
        "entry": entry.model_dump(mode="json", exclude={"encoding", "grid", "kind", "n_nn"}),
        "corpora_dir": None if entry.source.local else STUDY.corpora_dir,
        "batch": STUDY.training.batch,
        "unroll": STUDY.training.unroll,
    }


def training_config(wildcards):
    """How a recurrent model trains: its block of the grid may have dropout candidates of its own."""
    training = STUDY.training_of(wildcards.corpus, wildcards.model)
    return {"training": training.model_dump(mode="json"), "seed": STUDY.seed}


def seed_training_config(wildcards):
    """The same of a further training of it, from another seed."""
    return training_config(wildcards) | {"seed": int(wildcards.seed)}


def watched_config(wildcards):
    return training_config(wildcards) | {"early": list(WATCHED.epochs)}


def n_nn_config():
    """Trained like the recurrent models, but for dropout, which n-NNs do not know."""
    training = STUDY.training.model_dump(mode="json")
    training |= {"dropout": [0.0]}
    return {"training": training, "seed": STUDY.seed, "widths": list(STUDY.n_nn.widths)}


def n_gram_config():
    return {"contexts": list(STUDY.n_gram.contexts)}


def scoring_config():
    training = STUDY.training.model_dump(mode="json")
    scoring = {key: training[key] for key in ("device", "precision", "batch", "unroll")}
    return {"seed": STUDY.seed, **scoring}


def dump_config(wildcards):
    """What the config's `activations` says of a model; all of it where it says nothing."""
    for dump in STUDY.activations:
        if (dump.corpus, dump.model) == (wildcards.corpus, wildcards.model):
            options = dump.model_dump(mode="json", include={"quantities", "positions", "dtype"})
            return options | scoring_config()
    return {"quantities": None, "positions": None, "dtype": "float32"} | scoring_config()


def cells_config(wildcards):
    entry = STUDY.corpora[wildcards.corpus]
    return {"kind": entry.kind, "encoding": entry.encoding} | scoring_config()


def encodings_of(corpora):
    """What the config says of the encodings of corpora; None where they are guessed."""
    return {name: STUDY.corpora[name].encoding for name in corpora if name in STUDY.corpora}


def evidence_config(wildcards):
    effort = STUDY.cells.model_dump(mode="json", exclude={"models"})
    return {"effort": effort} | cells_config(wildcards)


def interventions_config(wildcards):
    """What is done to the cells of a corpus's networks, one entry for each."""
    entries = [
        entry.model_dump(mode="json", exclude={"corpus", "model"})
        for entry in INTERVENED[wildcards.corpus].values()
    ]
    return {"networks": entries} | cells_config(wildcards)


def dynamics_config():
    options = {"epochs": list(WATCHED.epochs), "contexts": list(WATCHED.n_gram)}
    return options | {"encodings": encodings_of([WATCHED.corpus])} | scoring_config()


def table_config():
    return {"bootstrap": STUDY.figure1.bootstrap, "seed": STUDY.seed}


def tsne_config():
    return {"perplexity": STUDY.figure1.perplexity, "seed": STUDY.seed}


def closings_config():
    return {
        "kinds": {corpus: entry.kind for corpus, entry in STUDY.corpora.items()},
        "encodings": encodings_of(STUDY.corpora),
        "pairs": STUDY.figure5.pairs and list(STUDY.figure5.pairs),
        "bins": list(STUDY.figure5.bins),
        "network": STUDY.figure5.network,
        "seed": STUDY.seed,
    }


def memory_config(wildcards):
    entry = STUDY.corpora[wildcards.corpus]
    asked = {"model": wildcards.model, "kind": entry.kind, "encoding": entry.encoding}
    context = STUDY.context.model_dump(mode="json", exclude={"corpora", "models"})
    return asked | context | STUDY.probes.model_dump(mode="json") | scoring_config()


def universality_config(wildcards):
    """How trainings are compared; the seed of each file of weights in its order."""
    section = STUDY.universality.model_dump(mode="json", include={"concept", "rotations"})
    seeds = [seed for seed, _ in trainings_of(wildcards.corpus)]
    return section | {"seeds": seeds} | cells_config(wildcards)


def explorer_entry(corpus):
    """What the explorer shows of a corpus: models, and which of them tables say more about."""
    models = explorer_models(STUDY)[corpus]
    n_grams = STUDY.n_gram_models(corpus)
    oracles = [context_id(N_GRAM, n) for n in ORACLE_CONTEXTS]
    return {
        "corpus": corpus,
        "models": list(models),
        "evidence": [m for m in evidence_models(STUDY).get(corpus, ()) if m in models],
        "causes": [m for m in interventions(STUDY).get(corpus, ()) if m in models],
        "baseline": n_grams[-1] if n_grams else None,
        "n_grams": [model for model in n_grams if model in oracles],
        "encoding": STUDY.corpora[corpus].encoding,
    }


def explorer_config():
    """What the explorer shows, and how it is made."""
    settings = {
        "positions": STUDY.explorer.positions,
        "unroll": STUDY.training.unroll,
        "device": STUDY.training.device,
        "threshold": STUDY.figure6.threshold,
        "definitions": STUDY.figure6.definitions,
    }
    return {"shown": [explorer_entry(corpus) for corpus in EXPLORED], "settings": settings}


def explorer_fingerprint():
    """What the explorer uses: modules, and the files of its page."""
    page = [f"charlens/report/explorer/page/{name}" for name in EXPLORER_FILES]
    return fingerprint("explorer.py", *page)


def external_entry(wildcards):
    """What the config says of a model from elsewhere."""
    name = (wildcards.corpus, wildcards.model)
    return next(entry for entry in STUDY.external if (entry.corpus, entry.model) == name)


def external_path(wildcards):
    return os.path.expanduser(external_entry(wildcards).file)


def external_config(wildcards):
    options = external_entry(wildcards).model_dump(mode="json", include={"model", "corpus_sha256"})
    return options | {"file": external_path(wildcards)}
