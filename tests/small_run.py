"""A short text with something to learn, and a run of the workflow's own steps on it."""

import random

from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.files import csv_tables
from charlens.inside.cells.search import search_cells
from charlens.inside.dump import dump_activations
from charlens.predictions.score import score_model
from charlens.predictions.score_ngram import fit_n_gram, score_n_gram
from charlens.text.corpus import Corpus, prepare, save_split
from charlens.training.grid_point import train_grid_point
from charlens.training.settings import Training

BATCH, UNROLL, SEED, BOOTSTRAP = 4, 20, 1, 10
WORDS = ("the", "cat", "sat", "on", "a", "mat", 'said "no"', "and", 'left "at once"')


def prose(words=1500, seed=0):
    """Lines of words, some of them in quotes; about 8,000 bytes."""
    draw = random.Random(seed)
    return "".join(draw.choice(WORDS) + draw.choice("  \n") for _ in range(words)).encode()


def make_run(folder, data, model="lstm-2x8", settings=Training):
    """What the workflow's rules make of one text and one network.

    ``settings`` has the training's defaults: the paper's, or those of a config without any.
    """
    home = folder / "novel"
    corpus, splits = prepare(data, "novel", "test", "streams", BATCH, UNROLL, 0.8, 0.1)
    paths = {part: home / f"{part}.npy" for part in splits} | {"corpus": home / "corpus.json"}
    home.mkdir(parents=True)
    corpus.save(paths["corpus"])
    for part, rows in splits.items():
        save_split(paths[part], rows)
    trained = home / "models" / f"{model}.safetensors"
    training = settings(epochs=2, batch=BATCH, unroll=UNROLL, dropout=(0.1,), device="cpu")
    outputs = {"model": trained, "curve": home / "curves" / f"{model}.parquet"}
    train_grid_point(paths, outputs, model, training, SEED, home / "resume")
    inputs = paths | {"model": trained}
    scored = home / "probabilities" / f"{model}.parquet"
    score_model(inputs, scored, UNROLL, "cpu")
    counted = home / "models" / "n-gram.safetensors"
    fit_n_gram(paths, counted, [2, 5])
    n_grams = [home / "probabilities" / f"n-gram-{n}.parquet" for n in (2, 5)]
    table = home / "tables" / "n-gram.csv"
    score_n_gram(paths | {"model": counted}, n_grams, table, [2, 5], BOOTSTRAP, SEED)
    dump_activations(inputs, home / "activations" / model, ["c"], (30, 130), UNROLL, "cpu")
    ranking = home / "tables" / "cells" / f"{model}.parquet"
    examples = home / "tables" / "cell_examples" / f"{model}.parquet"
    search_cells(inputs, {"ranking": ranking, "examples": examples}, "prose", UNROLL, "cpu")
    frame = cross_entropy.table([scored, *n_grams], BOOTSTRAP, SEED, [Corpus.load(paths["corpus"])])
    csv_tables.write(frame, folder / "tables" / "cross_entropy.csv")
