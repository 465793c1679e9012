"""A network and an n-gram model, mixed by a gate (``lstm-2x64+ngram``).

What the n-gram model knows and the network does not is in the mixture by construction; what is left
of the network's errors is not for want of n-grams (compare the paper, section 4.4).
"""

from __future__ import annotations

from collections.abc import Mapping

from charlens.files.atomic import FilePath
from charlens.models.catalogue import WITH_NGRAM
from charlens.models.ngram.model import NgramModel
from charlens.models.running import windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.predictions.score_ngram import fitted_on
from charlens.predictions.scorers.mixing import Mixing, Pairs, by_stream
from charlens.runtime.device import choose_device
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes


def with_ngram(
    trained: TrainedModel,
    corpus: Corpus,
    n_gram: NgramModel,
    order: int,
    steps: int,
    device: str,
) -> Mixing:
    """A network beside an n-gram model.

    Args:
        trained: the network.
        corpus: theirs.
        n_gram: the n-gram models.
        order: which of them: characters of context and one.
        steps: window length; divides the streams' lengths.
        device: where the network runs: auto, cpu or cuda.
    """
    where = choose_device(device)

    def pairs(codes: Codes) -> Pairs:
        targets, length = codes[:, 1:].ravel(), codes.shape[1] - 1
        for place, logs, _ in windows(trained.shape, trained.weights, codes, steps, device=where):
            starts = range(0, len(targets), length)
            at = [start + t for start in starts for t in range(length)[place]]
            # As in the n-gram models' own files, contexts reach back over the joined streams.
            contexts = [targets[max(0, i - order + 1) : i] for i in at]
            yield place, by_stream(logs.exp()), n_gram.distribution(contexts, order, corpus.k)

    return Mixing(trained, corpus, WITH_NGRAM, pairs)


def score_with_ngram(
    inputs: Mapping[str, FilePath], output: FilePath, steps: int, device: str
) -> None:
    """Fit the gate on the validation split and write the mixture's predictions of the test split.

    The n-gram model is that of the longest context that was fitted.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``val`` and ``test`` (.npy), ``model`` and
            ``n_gram`` (.safetensors).
        output: the probabilities file to write.
        steps: window length; divides the streams' lengths.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    n_gram = fitted_on(corpus, inputs["n_gram"])
    order = n_gram.max_order
    mixing = with_ngram(trained, corpus, n_gram, order, steps, device)
    gate, _ = mixing.fitted(load_split(inputs["val"]))
    mixing.write(gate, load_split(inputs["test"]), output, order=order)
