"""Cells and concepts that a config names, checked by what computes them before anything is trained.

How wide a network is follows from its budget and the text's alphabet, by modules that need torch;
concepts are functions on texts. So planning asks for both only where a config names some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from charlens.errors import CharlensError
from charlens.study.choices import compared_networks, interventions
from charlens.study.config import Config
from charlens.study.explain import did_you_mean, show
from charlens.text.sources.own_file import find_path

LARGEST_READ = 100_000_000
"""Most bytes of a text that is read while planning to know its alphabet."""
BYTES = 256
"""Symbols at most: texts are read as bytes."""


class Concept(Protocol):
    """What is asked of a concept here; see :class:`charlens.inside.cells.concepts.Concept`."""

    @property
    def kinds(self) -> tuple[str, ...]: ...

    @property
    def is_flag(self) -> bool: ...


def names_concepts(config: Config) -> bool:
    """Whether a config names a concept."""
    return bool(config.universality.concept) or any(e.concepts for e in config.interventions)


def check_concepts(config: Config, concepts: Mapping[str, Concept], origin: str = "config") -> None:
    """Check that the texts for which a config names concepts have them.

    Args:
        config: the study.
        concepts: all there are, by name.
        origin: what to call the config in an error.

    Raises:
        CharlensError: a concept that does not exist, that no text of the kind has which the config
            says, or that is a count where a yes or no is needed.
    """
    for key, name, corpora, only_flags in _named_concepts(config):
        known = {n: c for n, c in concepts.items() if c.is_flag or not only_flags}
        what = "a yes or no" if only_flags else "a concept"
        for corpus in (None, *corpora):
            kind = config.corpora[corpus].kind if corpus else None
            names = [n for n, c in known.items() if kind is None or kind in c.kinds]
            if name not in names:
                where = f" that a text of kind {kind} has, which {corpus} is" if kind else ""
                expected = f"expected {what}{where}: {', '.join(names)}{did_you_mean(name, names)}"
                raise CharlensError(f"{origin}: {key}: found {show(name)}, {expected}")


def _named_concepts(config: Config) -> Iterator[tuple[str, str, list[str], bool]]:
    """Every key that names a concept, the name, whose texts must have it; whether a yes or no."""
    intervened = interventions(config)
    for i, entry in enumerate(config.interventions):
        corpora = [c for c, networks in intervened.items() if entry in networks.values()]
        for j, name in enumerate(entry.concepts or ()):
            yield f"interventions[{i}].concepts[{j}]", name, corpora, False
    if config.universality.concept:
        corpora = list(compared_networks(config))
        yield "universality.concept", config.universality.concept, corpora, True


def check_cells(config: Config, origin: str = "config") -> None:
    """Check that networks are wide enough for the cells that a config names.

    Where the text cannot be read now, the width of any text counts: the job knows the rest.

    Raises:
        CharlensError: a cell that a network does not have.
    """
    for i, entry in enumerate(config.interventions):
        if not entry.cells or not entry.corpus or not entry.model:
            continue
        symbols = _symbols(config, entry.corpus)
        widths = _widths(entry.model, [symbols] if symbols else range(1, BYTES + 1))
        for j, (layer, unit) in enumerate(entry.cells):
            if widths and unit >= max(widths):
                most = "" if len({*widths}) == 1 else ", if not less,"
                raise CharlensError(
                    f"{origin}: interventions[{i}].cells[{j}]: found {[layer, unit]}, but "
                    f"{entry.model} has{most} the units 0 to {max(widths) - 1} in each layer"
                )


def _widths(model: str, alphabets: Sequence[int]) -> list[int]:
    """Units of a layer of a network for each size of an alphabet; none where it is too small."""
    from charlens.models.families import shapes_for

    widths = []
    for symbols in alphabets:
        try:
            widths += [shape.width for shape in shapes_for(model, symbols)]
        except CharlensError:
            continue  # the training says that its budget is too small
    return widths


def _symbols(config: Config, corpus: str) -> int | None:
    """Different bytes of a text of the user's own; None where it is not read while planning."""
    source = config.corpora[corpus].source
    name, size = source.own_path(), source.size(config.corpora_dir)
    path = find_path(name, config.corpora_dir) if name else None
    if path is None or not path.is_file() or source.joins_files or (size or 0) > LARGEST_READ:
        return None
    try:
        return len({*path.read_bytes()})
    except OSError:  # which the job says
        return None
