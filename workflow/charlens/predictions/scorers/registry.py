"""Every scorer by its id: what reads a network's files and writes its predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from charlens.files.atomic import FilePath
from charlens.models.catalogue import WITH_CACHE, WITH_DYNAMIC, WITH_NGRAM
from charlens.predictions.scorers.with_cache import score_with_cache
from charlens.predictions.scorers.with_dynamic import score_with_dynamic
from charlens.predictions.scorers.with_ngram import score_with_ngram

Score = Callable[[Mapping[str, FilePath], FilePath, int, str], None]
"""Takes the paths of a rule's inputs, the file to write, the window length and the device."""

SCORE: dict[str, Score] = {
    WITH_NGRAM: score_with_ngram,
    WITH_CACHE: score_with_cache,
    WITH_DYNAMIC: score_with_dynamic,
}
"""By the ids of :data:`charlens.models.catalogue.SCORERS`, which has their titles."""
