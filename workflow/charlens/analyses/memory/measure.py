"""What one model remembers, from its corpus and its weights: closing characters and probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from charlens.analyses.memory import closing_scores, discrimination, probe_scores, probes
from charlens.analyses.memory.closing_places import Places, closing_marks, find, held_out
from charlens.analyses.memory.probe_stock import Stock, stock
from charlens.analyses.memory.probe_texts import Pairs, Probe, pairs, probes_of, words_for
from charlens.analyses.subjects import NGram, Subject
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus
from charlens.text.encoding_guess import of_corpus
from charlens.text.kinds import kind_of
from charlens.text.lexed import LexedText
from charlens.text.splits import Codes
from charlens.text.whole_text import CorpusText

ABSENT = 255
"""Stands for a byte that the corpus does not have; no corpus has 256 symbols and such a byte."""


class Memory:
    """Measures what models of one corpus remember.

    Args:
        corpus: the description.
        splits: ``train``, ``val`` and ``test``, vocabulary codes, each uint8 (B, length + 1).
        kind: of the text; None guesses.
        seed: the config's seed.
        encoding: of the text; None guesses.
    """

    def __init__(
        self,
        corpus: Corpus,
        splits: Mapping[str, Codes],
        kind: str | None,
        seed: int,
        encoding: str | None = None,
    ) -> None:
        self.corpus, self.splits, self.seed = corpus, splits, seed
        self.text = CorpusText.of(corpus, splits)
        self.kind = kind or kind_of(self.text.text)
        encoding = of_corpus(encoding, corpus, splits["test"])
        self.lexed = LexedText(self.text.text, self.kind, encoding)
        self.code_of = np.full(256, ABSENT, np.uint8)
        self.code_of[list(corpus.vocabulary)] = np.arange(corpus.k)

    def closings(self, subject: Subject, bins: Sequence[int]) -> pd.DataFrame:
        """How well a model tells open quotations or blocks from closed ones, by distance.

        Args:
            subject: the model.
            bins: increasing borders of the groups of distances, in bytes.

        Returns:
            Rows with the columns of :data:`charlens.analyses.memory.discrimination.COLUMNS`.
        """
        validation = self.splits["val"].shape[1] - 1
        parts, scores, streams = [], [], 0
        for inputs in held_out(self.corpus, self.text, validation):
            places = find(self.lexed, inputs)
            scores.append(self._closing_scores(subject, inputs, places))
            # Streams of the two splits are different ones where they do not continue each other.
            parts.append(places.shifted(streams))
            streams += len(inputs)
        draws = generator(self.seed, "closing_memory", self.corpus.name)
        return discrimination.table(
            self.corpus,
            subject.model,
            self.kind,
            Places.joined(parts),
            np.concatenate(scores),
            bins,
            draws,
        )

    def _closing_scores(self, subject: Subject, inputs: np.ndarray, places: Places) -> np.ndarray:
        ends = closing_marks(self.lexed)
        scores = np.zeros(len(places), np.float32)
        asked = places.inside | places.cued
        if not set(b"".join(ends)) <= set(self.corpus.vocabulary) or not places.inside.any():
            return scores
        marks = [tuple(self.code_of[list(mark)].tolist()) for mark in ends]
        text = self.text.text
        codes = self.code_of[np.hstack([text[inputs], text[inputs[:, -1:] + 1]])]
        stream, column = places.stream[asked], places.column[asked]
        if isinstance(subject, NGram):
            of = (subject.fit, subject.n + 1, codes, stream, column, marks, self.corpus.k)
            scores[asked] = closing_scores.n_gram_scores(*of)
        else:
            name = f"{self.corpus.name}/{subject.model} closings"
            columns = np.zeros(inputs.shape, dtype=bool)
            columns[stream, column] = True
            every = closing_scores.network_scores(
                subject.shape,
                subject.weights,
                codes,
                marks,
                columns,
                self.corpus.unroll,
                device=subject.device,
                name=name,
            )
            scores[asked] = every[stream, column]
        return scores

    def probes(self, subject: Subject, distances: Sequence[int], count: int) -> pd.DataFrame:
        """For how long a model remembers what was put into a text.

        Args:
            subject: the model.
            distances: in bytes.
            count: pairs of texts of each probe.

        Returns:
            Rows with the columns of :data:`charlens.analyses.memory.probes.COLUMNS`.
        """
        offered = stock(self.lexed, self.text.inputs)
        vocabulary = np.array(self.corpus.vocabulary, np.uint8)
        train = vocabulary[self.splits["train"][:, :-1]].tobytes()
        words = words_for(train, count, generator(self.seed, "new_words", self.corpus.name))
        rows = []
        for name, probe in probes_of(self.lexed).items():
            for distance in distances:
                draws = generator(self.seed, "probes", self.corpus.name, name, distance)
                made = self._pairs(probe, offered, words, distance, count, draws)
                scores = None if isinstance(made, str) else self._probe_scores(subject, made)
                given = (self.corpus, name, subject.model, distance, made, scores, draws)
                rows.append(probes.row(*given))
        return probes.table(rows)

    def _pairs(
        self,
        probe: Probe,
        offered: Stock,
        words: list[bytes],
        distance: int,
        count: int,
        draws: np.random.Generator,
    ) -> Pairs | str:
        """The texts of a probe, or why there are none."""
        needed = probe.opened(b"") + probe.control(b"") + probe.before(b"") + probe.closing(b"")
        missing = [chr(byte) for byte in sorted(set(needed)) if self.code_of[byte] == ABSENT]
        if missing:
            return f"the text has no {' '.join(map(repr, missing))}"
        return pairs(probe, offered, words, distance, count, draws)

    def _probe_scores(self, subject: Subject, made: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """With and without what was put in."""
        closing = self.code_of[made.closing]

        def score(texts: np.ndarray) -> np.ndarray:
            codes = self.code_of[texts]
            if isinstance(subject, NGram):
                of = (subject.fit, subject.n + 1, codes, closing, self.corpus.k)
                return probe_scores.n_gram_scores(*of)
            device = subject.device
            return probe_scores.network_scores(
                subject.shape, subject.weights, codes, closing, device=device
            )

        return score(made.opened), score(made.control)
