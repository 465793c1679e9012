"""From a corpus's splits to the probabilities files and the scores of its n-gram models."""

import hashlib
import math
import os
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.models.ngram.file import load_ngram
from charlens.models.ngram.model import NgramModel
from charlens.predictions.file import read_metadata, read_probabilities
from charlens.predictions.loss import bootstrap_sd
from charlens.predictions.score_ngram import fit_n_gram, read_scores, score_n_gram, scores_of_inputs
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus, load_split, prepare, save_split

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", ROOT / ".." / "shared" / "corpora"))
CONTEXTS = [0, 2, 5]


def words(size=6000, seed=0):
    random = np.random.default_rng(seed)
    pieces = [b"the ", b"cat ", b"sat.\r\n", b"on a ", b"mat, ", b"\xff "]
    return b"".join(pieces[i] for i in random.integers(len(pieces), size=size // 4))[:size]


def prepared(folder, data=None, name="text", split="streams", batch=5, unroll=20, val=0.1):
    """The files of a corpus, as paths by name."""
    data = words() if data is None else data
    corpus, splits = prepare(data, name, "test", split, batch, unroll, 0.8, val)
    paths = {"corpus": folder / name / "corpus.json"}
    corpus.save(paths["corpus"])
    for part, rows in splits.items():
        paths[part] = folder / name / f"{part}.npy"
        save_split(paths[part], rows)
    return paths | {"model": folder / name / "models" / "n-gram.safetensors"}


def outputs(folder, contexts=CONTEXTS):
    return [folder / "probabilities" / f"n-gram-{n}.parquet" for n in contexts], folder / "s.csv"


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scored")
    paths = prepared(folder)
    fit_n_gram(paths, paths["model"], CONTEXTS)
    files, scores = outputs(folder)
    score_n_gram(paths, files, scores, CONTEXTS, bootstrap=10, seed=1)
    return paths, files, scores


def test_the_model_file(scored):
    paths, _, _ = scored
    model, corpus = load_ngram(paths["model"]), Corpus.load(paths["corpus"])
    assert model.max_order == 6
    assert model.metadata["corpus"] == "text"
    assert model.metadata["corpus_sha256"] == corpus.sha256
    rows = np.load(paths["train"])
    assert model.text.tolist() == [code for row in rows for code in row[:-1]]


def test_scores_are_of_inputs(scored):
    paths, _, scores = scored
    table = read_scores(scores)
    train, test = (np.load(paths[part])[:, :-1].ravel() for part in ("train", "test"))
    assert list(table["model"]) == ["n-gram-0", "n-gram-2", "n-gram-5"]
    assert list(table["n"]) == CONTEXTS
    assert set(table["characters"]) == {test.size}
    batch, length = np.load(paths["test"])[:, :-1].shape
    stream = np.repeat(np.arange(batch), length)
    for row in table.itertuples():
        loss = -np.log(NgramModel.fit(train, row.n + 1).probabilities(test, [row.n + 1])[0])
        assert row.cross_entropy == pytest.approx(math.fsum(loss) / test.size, rel=1e-8)
        draws = generator(1, "bootstrap", "text", row.model)
        assert row.bootstrap_sd == pytest.approx(bootstrap_sd(loss, stream, 10, draws), rel=1e-6)


def test_probabilities_are_of_targets(scored):
    paths, files, _ = scored
    corpus, rows = Corpus.load(paths["corpus"]), np.load(paths["test"])
    data = words()
    model = load_ngram(paths["model"])
    targets = rows[:, 1:].ravel()
    for n, path in zip(CONTEXTS, files, strict=True):
        columns = read_probabilities(path, corpus_sha256=corpus.sha256, rows=corpus.sizes["test"])
        length = rows.shape[1] - 1
        # Straight from the corpus: five streams of 1200 bytes, the last 120 of each are tested.
        expected = b"".join((data + data[:1])[1081 + 1200 * b :][:120] for b in range(5))
        assert columns["byte"].tobytes() == expected
        assert columns["stream"].tolist() == [b for b in range(5) for _ in range(length)]
        probability = model.probabilities(targets, [n + 1])[0]
        np.testing.assert_allclose(columns["probability"], probability, rtol=1e-6)
        for i in (0, 1, 130, 599):
            full = model.distribution([targets[:i]], n + 1, symbols=corpus.k)[0]
            assert columns["top_byte"][i] == corpus.vocabulary[int(full.argmax())]
            assert columns["top_probability"][i] == pytest.approx(full.max(), rel=1e-6)
            assert columns["entropy"][i] == pytest.approx(-(full @ np.log(full)), rel=1e-5)


def test_provenance(scored):
    paths, files, _ = scored
    metadata = read_metadata(files[1])
    assert (metadata.model, metadata.corpus, metadata.seed) == ("n-gram-2", "text", 1)
    assert metadata.corpus_sha256 == hashlib.sha256(words()).hexdigest()
    assert metadata.parameters is None
    assert metadata.config["order"] == 3
    assert metadata.config["training_characters"] == Corpus.load(paths["corpus"]).sizes["train"]
    assert metadata.code_version


def test_again_gives_equal_bytes(tmp_path, scored):
    paths, files, scores = scored
    model = tmp_path / "m.safetensors"
    fit_n_gram(paths, model, CONTEXTS)
    assert model.read_bytes() == paths["model"].read_bytes()
    # Neither the other context lengths nor their order make a difference.
    files_again, scores_again = outputs(tmp_path, CONTEXTS[::-1])
    score_n_gram(paths, files_again, scores_again, CONTEXTS[::-1], bootstrap=10, seed=1)
    for one, other in zip(files, files_again[::-1], strict=True):
        assert one.read_bytes() == other.read_bytes()
    lines = scores.read_text().splitlines()
    assert scores_again.read_text().splitlines() == lines[:1] + lines[:0:-1]


def test_bytes_that_training_never_saw(tmp_path):
    # Each unseen byte gets the probability of <unk>: over all K symbols that is more than 1.
    data = b"a" * 800 + b"b" * 100 + bytes(range(100, 200))
    paths = prepared(tmp_path, data, split="position", batch=2, unroll=10)
    fit_n_gram(paths, paths["model"], [1])
    files, scores = outputs(tmp_path, [1])
    score_n_gram(paths, files, scores, [1], bootstrap=5, seed=1)
    columns = read_probabilities(files[0])
    assert (columns["top_probability"] >= columns["probability"]).all()
    assert np.isfinite(read_scores(scores)["cross_entropy"]).all()


@pytest.mark.parametrize("contexts", [[], [3, -1]])
def test_impossible_contexts(tmp_path, scored, contexts):
    with pytest.raises(CharlensError, match="n-gram contexts: expected numbers"):
        fit_n_gram(scored[0], tmp_path / "m", contexts)
    with pytest.raises(CharlensError, match="n-gram contexts: expected numbers"):
        score_n_gram(scored[0], [], tmp_path / "s", contexts, 10, 1)


def test_contexts_longer_than_the_model(tmp_path, scored):
    with pytest.raises(CharlensError, match="found 10; fit the model with a higher"):
        score_n_gram(scored[0], *outputs(tmp_path, [9]), [9], 10, 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", [{"name": "other"}, {"sha256": "ab" * 32}])
def test_a_model_of_another_corpus(tmp_path, scored, change):
    paths = scored[0] | {"corpus": tmp_path / "corpus.json"}
    replace(Corpus.load(scored[0]["corpus"]), **change).save(paths["corpus"])
    with pytest.raises(CharlensError, match="fitted on another corpus") as caught:
        score_n_gram(paths, *outputs(tmp_path), CONTEXTS, 10, 1)
    assert "\n" not in str(caught.value)


def test_the_scripts(tmp_path, scored, monkeypatch):
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")
    paths, files, scores = scored
    inputs = paths | {"model": tmp_path / "m.safetensors"}
    files_again, scores_again = outputs(tmp_path)

    class Output(list):
        probabilities, scores = files_again, scores_again

    for script, output in (("fit_n_gram", [inputs["model"]]), ("n_gram_probabilities", Output())):
        job = SimpleNamespace(
            input={name: str(path) for name, path in inputs.items()},
            output=output,
            params=SimpleNamespace(config={"contexts": CONTEXTS, "bootstrap": 10, "seed": 1}),
            log=[str(tmp_path / "log")],
            threads=1,
        )
        path = ROOT / "workflow" / "scripts" / f"{script}.py"
        runpy.run_path(str(path), init_globals={"snakemake": job})
    assert inputs["model"].read_bytes() == paths["model"].read_bytes()
    assert [path.read_bytes() for path in files_again] == [path.read_bytes() for path in files]
    assert scores_again.read_bytes() == scores.read_bytes()


def test_the_papers_row(tmp_path):
    """All ten n-gram numbers of Table 2 on War and Peace, to the third decimal."""
    text = CORPORA / "warpeace_input.txt"
    if not text.is_file():
        pytest.skip(f"{text} is absent; set CHARLENS_CORPORA to the folder that has it")
    paths = prepared(tmp_path, text.read_bytes(), "war_and_peace", batch=100, unroll=100)
    contexts = [*range(1, 10), 20]
    fit_n_gram(paths, paths["model"], contexts)
    corpus, model = Corpus.load(paths["corpus"]), load_ngram(paths["model"])
    rows = load_split(paths["test"])
    table = scores_of_inputs(corpus, model, rows, contexts, bootstrap=2, seed=1)
    assert [f"{value:.3f}" for value in table["cross_entropy"]] == [
        "2.399", "1.928", "1.521", "1.314", "1.232", "1.203", "1.194", "1.194", "1.194", "1.195",
    ]  # fmt: skip
    assert set(table["characters"]) == {330_000}
    # One byte later the means are nearly the same, and no more than that.
    shifted = model.probabilities(rows[:, 1:].ravel(), [n + 1 for n in contexts])
    apart = np.abs(-np.log(shifted).mean(axis=1) - table["cross_entropy"])
    assert 0 < apart.max() < 1.1e-4
