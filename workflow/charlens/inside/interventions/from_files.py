"""Interventions on all networks of a corpus that a config names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from charlens.display.wording import signed
from charlens.errors import CharlensError
from charlens.inside.cells.concepts import CONCEPTS, labels, panels
from charlens.inside.interventions import effect_rows, excerpt_rows, line_ends, verdicts
from charlens.inside.interventions.causal import Tables, intervene
from charlens.inside.interventions.clamps import check_cell
from charlens.inside.interventions.frames import joined
from charlens.inside.interventions.study import Settings, Study
from charlens.inside.interventions.subjects import subjects_of
from charlens.models.trained import TrainedModel
from charlens.text.corpus import Corpus
from charlens.text.encodings import UTF_8
from charlens.text.splits import Codes
from charlens.text.whole_text import CorpusText

_log = logging.getLogger("charlens")


class Network(NamedTuple):
    """A network whose cells are intervened on.

    Attributes:
        trained: the network.
        ranking: of its cells by how well they follow each concept.
        settings: what the config says of it: ``cells``, ``concepts``, and the fields of
            :class:`charlens.inside.interventions.study.Settings`.
    """

    trained: TrainedModel
    ranking: pd.DataFrame
    settings: Mapping[str, Any]


class Labelled(NamedTuple):
    """A text and what its cells may follow.

    Attributes:
        text: the text.
        kind: of the text.
        labels: the concepts after each byte, (bytes,) each.
        titles: the concepts in words.
        shown: the concepts that are studied where the config names none.
        encoding: of the text.
    """

    text: CorpusText
    kind: str
    labels: Mapping[str, np.ndarray]
    titles: Mapping[str, str]
    shown: Sequence[str]
    encoding: str = UTF_8

    @classmethod
    def of(cls, text: CorpusText, kind: str, encoding: str = UTF_8) -> Labelled:
        """A text with all concepts of its kind; those of Figure 2 are studied."""
        titles = {name: concept.title for name, concept in CONCEPTS.items()}
        return cls(text, kind, labels(text.text, kind, encoding), titles, panels(), encoding)


def study_networks(
    networks: Sequence[Network],
    corpus: Corpus,
    codes: Codes,
    labelled: Labelled,
    steps: int,
    device: str,
    seed: int,
) -> Tables:
    """Intervene on the cells of networks, one network after another.

    Args:
        networks: trained on the corpus.
        corpus: the corpus.
        codes: vocabulary codes of its test split, uint8 (B, length + 1).
        labelled: its text.
        steps: window length; divides length.
        device: auto, cpu or cuda.
        seed: the config's seed.

    Raises:
        CharlensError: a concept that the text does not have, a cell that a network does not have,
            or too few streams.
    """
    studied = []
    for trained, ranking, given in networks:
        for layer, unit in given["cells"] or ():
            check_cell(trained, layer, unit)
        titles = _titles(given["concepts"], labelled, f"{corpus.name}/{trained.model}")
        names = ("modes", "controls", "characters", "bootstrap")
        settings = Settings(**{name: given[name] for name in names}, seed=seed)
        study = Study(
            trained,
            corpus,
            codes,
            labelled.text,
            labelled.kind,
            {name: labelled.labels[name] for name in titles},
            settings,
            steps,
            device,
            labelled.encoding,
        )
        studied.append(intervene(study, subjects_of(ranking, titles, given["cells"])))
        for row in studied[-1].verdicts.to_dict("records"):
            loss = row["delta_loss"]
            effect = "no such characters" if np.isnan(loss) else f"{signed(loss)} nats"
            _log.info(
                "%(model)s, layer %(layer)d, cell %(unit)d, %(title)s, %(class)s clamped %(mode)s: "
                "%(effect)s; %(verdict)s",
                row | {"effect": effect},
            )
    kinds = (effect_rows.COLUMNS, verdicts.COLUMNS, line_ends.COLUMNS, excerpt_rows.COLUMNS)
    parts = zip(*studied, strict=True) if studied else ((),) * len(kinds)
    return Tables(*(joined(tables, kind) for tables, kind in zip(parts, kinds, strict=True)))


def _titles(concepts: Sequence[str] | None, labelled: Labelled, where: str) -> dict[str, str]:
    """The concepts to study, in words.

    Raises:
        CharlensError: the text does not have one of them.
    """
    for name in concepts or ():
        if name not in labelled.labels:
            raise CharlensError(
                f"interventions: concepts of {where}: found {name!r}, expected some of "
                f"{', '.join(labelled.labels)} (a text of kind {labelled.kind})"
            )
    names = labelled.shown if concepts is None else concepts
    return {name: labelled.titles[name] for name in names if name in labelled.labels}
