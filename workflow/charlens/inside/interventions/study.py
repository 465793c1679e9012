"""A network and its text before anything is done to it: what is chosen where, what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from charlens.errors import CharlensError
from charlens.inside.interventions.clamps import HIGH, LOW, MEAN, RESAMPLE
from charlens.inside.interventions.classes import (
    CharacterClass,
    Classes,
    classes_of,
    full_name,
)
from charlens.inside.interventions.runs import window_length
from charlens.models.trained import TrainedModel
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus
from charlens.text.encodings import UTF_8
from charlens.text.lexed import LexedText
from charlens.text.splits import Codes
from charlens.text.whole_text import CorpusText


@dataclass(frozen=True)
class Settings:
    """How the cells of a network are studied.

    Attributes:
        modes: ways to intervene, of :data:`charlens.inside.interventions.clamps.MODES`; ``low``
            and ``high``, by which cells are judged, are always among them.
        controls: how many other cells of the layer to compare with.
        characters: how many of the second half are read under each intervention, at most.
        bootstrap: resamples of streams behind each interval.
        seed: the config's seed.
    """

    modes: Sequence[str] = (LOW, HIGH, RESAMPLE, MEAN)
    controls: int = 50
    characters: int = 40_000
    bootstrap: int = 2_000
    seed: int = 1


@dataclass
class Study:
    """What is known of a network and its text before anything is done to it.

    Attributes:
        trained: the network.
        corpus: its corpus.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        text: its text.
        kind: of the text.
        labels: the concepts after each byte of the whole text, (bytes,) each.
        settings: how to study it.
        steps: window length; divides length. Shortened to what is run at once.
        device: auto, cpu or cuda.
        encoding: of the text.
    """

    trained: TrainedModel
    corpus: Corpus
    codes: Codes
    text: CorpusText
    kind: str
    labels: Mapping[str, np.ndarray]
    settings: Settings
    steps: int
    device: str
    encoding: str = UTF_8
    classes: dict[str, Classes] = field(init=False)

    def __post_init__(self) -> None:
        batch, length = self.codes.shape[0], self.codes.shape[1] - 1
        if batch < 4:
            raise CharlensError(
                f"interventions: expected at least 4 test streams, two to choose on and two to "
                f"judge on, found {batch} in {self.corpus.name}"
            )
        self.steps = window_length(self.steps)
        self.first_half = slice(0, batch // 2)
        self.held = slice(-(-batch // 2), batch)
        held = batch - self.held.start
        windows = max(1, self.settings.characters // held // self.steps)
        self.length = min(length, windows * self.steps)
        self.held_codes = np.ascontiguousarray(self.codes[self.held, : self.length + 1])
        self.inputs = self.text.inputs[self.held, : self.length]
        self.targets = self.inputs + 1
        lexed = LexedText(self.text.text, self.kind, self.encoding)
        self.classes = {name: classes_of(name, lexed, label) for name, label in self.labels.items()}

    def draws(self, purpose: str) -> np.random.Generator:
        """A generator of random numbers for one purpose."""
        return generator(
            self.settings.seed, "interventions", self.corpus.name, self.trained.model, purpose
        )

    def classes_read(self, concepts: Sequence[str]) -> dict[str, CharacterClass]:
        """Classes of concepts over the characters read, by :func:`full_name`."""
        return {
            full_name(concept, name): CharacterClass(c.at[self.targets], c.symbols)
            for concept in concepts
            for name, c in self.classes[concept].classes.items()
        }


def columns_of(text: np.ndarray) -> np.ndarray:
    """Bytes since the last line feed or carriage return, int64 (bytes,)."""
    place = np.arange(1, len(text) + 1)
    ends = (text == ord("\n")) | (text == ord("\r"))
    return place - np.maximum.accumulate(np.where(ends, place, 0))
