# Needs nothing; makes no files: what jobs ask of the machine, and which of them go first.


def seed_order(wildcards):
    """Priority of a further training: after the first ones of the grid, seed by seed."""
    further = STUDY.further_seeds.index(int(wildcards.seed)) + 1
    return training_order(wildcards) - 1_000_000_000 * further


def training_order(wildcards):
    """Priority of a training: earlier blocks of the grid first.

    Within a block wide models, then deep ones, so that the end is not spent on a single long one.
    """
    point = grid_point(wildcards.model)
    block = STUDY.block_of(wildcards.corpus, wildcards.model)
    return -1_000_000 * block + 100 * point.size + point.layers


@cache
def text_megabytes(corpus):
    """MB of the user's text; a packed archive is counted as five times its size.

    0 for texts from elsewhere, which are far below what any job asks at least.
    """
    size = STUDY.corpora[corpus].source.size(STUDY.corpora_dir)
    path = watched_file(STUDY, corpus)
    if size is None and path:
        packed = re.search(r"\.(gz|bz2|xz|zip|t[gbx]z2?)$", path)
        size = os.path.getsize(path) * (5 if packed else 1)
    return (size or 0) / 1e6


def corpus_memory(wildcards, attempt):
    """MB that preparing a corpus asks of a scheduler: 12 per MB of text (9 were measured)."""
    return math.ceil(1000 + 12 * text_megabytes(wildcards.corpus)) * attempt


def n_gram_memory(wildcards, attempt):
    """MB that n-grams ask of a scheduler: 50 per MB of text (40 were measured)."""
    return math.ceil(max(2000, 1000 + 50 * text_megabytes(wildcards.corpus))) * attempt


def memory_memory(wildcards, attempt):
    """MB that context curves, closings and probes ask: 70 per MB of text (60 were measured)."""
    return math.ceil(max(3000, 1000 + 70 * text_megabytes(wildcards.corpus))) * attempt


def oracle_memory(corpus):
    """The same of tables of errors of a corpus: they hold the words of the text and its errors."""
    return lambda wildcards, attempt: (
        math.ceil(max(2000, 1000 + 70 * text_megabytes(corpus))) * attempt
    )


def evidence_memory(wildcards, attempt):
    """MB that evidence about cells asks: 2,500 per MB of test text.

    1,300 were measured with 64 cells, about 2,100 with the 723 of an LSTM-3 (512).
    """
    corpus = STUDY.corpora[wildcards.corpus]
    test = (1 - corpus.train - corpus.val) * text_megabytes(wildcards.corpus)
    return math.ceil(max(3000, 1000 + 2500 * test)) * attempt


def gpu_share(percent):
    """What a job asks of GPUs: percent of a local one; one where a scheduler gives whole ones.

    A profile says which by its limit, 100 or 1. Nothing where jobs will run on the CPU; with device
    `auto` a local GPU is looked for on the machine that plans, a scheduler's is assumed.
    """
    device = STUDY.training.device
    if workflow.resource_settings.resources.get("gpu") == 1:
        return int(device != "cpu")
    on_gpu = device == "cuda" or (device == "auto" and gpu_visible())
    return percent if on_gpu else 0


def training_share(wildcards):
    """The same of a training: what its buffers need of the GPU's memory, 5 % at least.

    So at most twenty share a GPU; by processors alone more would not train faster.
    """
    least, memory = 5, gpu_memory() if gpu_share(1) else None
    if memory is None:
        return gpu_share(least)
    training = STUDY.training_of(wildcards.corpus, wildcards.model)
    rows = len(training.dropout) * training.batch * training.unroll
    need = training_memory(grid_point(wildcards.model).size, rows)
    return gpu_share(min(100, max(least, math.ceil(100 * need / memory))))
