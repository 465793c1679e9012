"""A finished run of the workflow, opened from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from charlens.api.activations import Activations
from charlens.api.models import TrainedModel, load
from charlens.api.predicted import Predictions
from charlens.api.texts import Text
from charlens.display import html
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.inside import store
from charlens.models import names
from charlens.predictions import together
from charlens.study.explain import did_you_mean
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import SPLITS


class Tables:
    """The tables in a folder: ``tables.closings`` or ``tables["n-gram"]`` reads one.

    A folder in the folder is again :class:`Tables`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def names(self) -> list[str]:
        """The tables there are."""
        paths = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted({path.stem for path in paths if path.is_dir() or path.suffix in _READERS})

    def __getitem__(self, name: str) -> pd.DataFrame | Tables:
        _check(self._folder, "table", name, self.names)
        if (self._folder / name).is_dir():
            return Tables(self._folder / name)
        path = next(self._folder / f"{name}{end}" for end in _READERS
                    if (self._folder / f"{name}{end}").is_file())  # fmt: skip
        try:
            return _READERS[path.suffix](path)
        except (OSError, ValueError, pa.ArrowException) as error:
            detail = " ".join(str(error).split())[:160]
            raise CharlensError(f"{path}: cannot be read as a table ({detail})") from error

    def __getattr__(self, name: str) -> pd.DataFrame | Tables:
        if name.startswith("_"):  # what Jupyter and copy ask every object for
            raise AttributeError(name)
        hyphened = name.replace("_", "-")
        return self[hyphened if hyphened in self.names else name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name.replace("-", "_") for name in self.names)]

    def __repr__(self) -> str:
        names = [f"{n}/" if (self._folder / n).is_dir() else n for n in self.names]
        return f"Tables in {self._folder}: {', '.join(names) or 'none'}"


_READERS = {".csv": pd.read_csv, ".parquet": pd.read_parquet}


class Run:
    """A run of the workflow; made by :func:`open_run`.

    Attributes:
        folder: ``results/{run}``.
        tables: the tables of the whole run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = Tables(folder / "tables")

    @property
    def corpora(self) -> list[str]:
        """Names of the corpora."""
        return sorted(path.parent.name for path in self.folder.glob("*/corpus.json"))

    def models(self, corpus: str) -> list[str]:
        """Ids of the trained networks of a corpus that are there."""
        return self._ids(corpus, "models", ".safetensors", without="n-gram")

    def tables_of(self, corpus: str) -> Tables:
        """The tables of one corpus."""
        return Tables(self._corpus_folder(corpus) / "tables")

    def corpus(self, name: str) -> Text:
        """A corpus with its splits.

        Raises:
            CharlensError: no such corpus, or splits that are missing or damaged.
        """
        folder = self._corpus_folder(name)
        splits = {part: load_split(folder / f"{part}.npy") for part in SPLITS}
        return Text(Corpus.load(folder / "corpus.json"), splits)

    def model(self, corpus: str, model: str) -> TrainedModel:
        """A trained network.

        Raises:
            CharlensError: no such corpus or model, or a damaged file.
        """
        folder = self._corpus_folder(corpus)
        _check(folder, "model", model, self.models(corpus))
        return load(folder / "models" / f"{model}.safetensors")

    def predictions(self, corpus: str, model: str) -> Predictions:
        """What a model predicted at every character of the test split.

        Raises:
            CharlensError: no such corpus or predictions, or a damaged file.
        """
        folder = self._corpus_folder(corpus)
        _check(folder, "predictions of", model, self._ids(corpus, "probabilities", ".parquet"))
        path = folder / "probabilities" / f"{model}.parquet"
        return Predictions(**vars(together.load(path, Corpus.load(folder / "corpus.json"))))

    def activations(
        self,
        corpus: str,
        model: str,
        quantity: str = "h",
        *,
        layer: int = 1,
        units: Sequence[int] | None = None,
    ) -> Activations:
        """Activations that the run has kept (config key ``activations``).

        Arguments and result as of :func:`charlens.activations`; the store rounds to half precision.

        Raises:
            CharlensError: no such corpus, model, layer, quantity or unit in the store.
        """
        folder = self._corpus_folder(corpus)
        _check(folder, "activations of", model, self._ids(corpus, "activations", ""))
        dump = folder / "activations" / model
        values = store.activations(dump, layer, quantity, units)
        start = store.read_metadata(dump, layer, quantity).start
        alphabet = np.array(Corpus.load(folder / "corpus.json").vocabulary, np.uint8)
        test = load_split(folder / "test.npy")[:, :-1]
        inputs, length = test.ravel()[start : start + len(values)], test.shape[1]
        joins = range(length - start % length, len(inputs), length)
        chosen = tuple(range(values.shape[1]) if units is None else map(int, units))
        return Activations(
            model, quantity, layer, chosen, alphabet[inputs].tobytes(), values, start, joins
        )

    def _corpus_folder(self, corpus: str) -> Path:
        _check(self.folder, "corpus", corpus, self.corpora)
        return self.folder / corpus

    def _ids(self, corpus: str, kind: str, ending: str, without: str = "") -> list[str]:
        paths = (self._corpus_folder(corpus) / kind).glob(f"*{ending}")
        ids = (path.name.removesuffix(ending) for path in paths)
        return sorted((i for i in ids if i != without and i[0] != "."), key=names.sort_key)

    def __repr__(self) -> str:
        lines = [f"Run {self.folder}", f"tables: {', '.join(self.tables.names) or 'none'}"]
        for corpus in self.corpora:
            lines.append(f"{corpus}: {', '.join(self.models(corpus)) or 'no models'}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [(corpus, ", ".join(self.models(corpus))) for corpus in self.corpora]
        tables = f"<p>Tables: {', '.join(self.tables.names) or 'none'}</p>"
        heading = html.heading(f"Run {self.folder}")
        return heading + html.table(["corpus", "trained networks"], rows) + tables


def _check(folder: Path, what: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise CharlensError(
            f"{folder}: has no {what} {name!r}{did_you_mean(name, list(names))}; it has "
            f"{', '.join(names) or 'none'}"
        )


def open_run(folder: FilePath) -> Run:
    """Open the results of the workflow.

    Args:
        folder: ``results/{run}``, such as ``results/quick``. What is missing in it (a run half
            done, or an archive without predictions) matters only where it is asked for.

    Raises:
        CharlensError: no such folder, or one that holds no run.

    Example:
        >>> import charlens as cl, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> (folder / "tables").mkdir()
        >>> text = cl.corpus(b"to be or not to be " * 100, batch=2, unroll=50)
        >>> cl.compare([cl.ngram(text, 2)]).save(folder / "tables" / "cross_entropy.csv")
        >>> run = cl.open_run(folder)
        >>> run.tables.names
        ['cross_entropy']
        >>> run.tables.cross_entropy.model.tolist()
        ['n-gram-2']
    """
    path = Path(folder)
    if (path / "corpus.json").is_file():
        raise CharlensError(f"{path}: is the folder of one corpus; open the run, {path.parent}")
    if not (path / "tables").is_dir() and not list(path.glob("*/corpus.json")):
        beside = sorted(p.parent.name for p in path.parent.glob("*/tables") if p.is_dir())
        hint = f"; runs in {path.parent}: {', '.join(beside)}" if beside else ""
        raise CharlensError(f"{path}: expected the folder of a run, such as results/quick{hint}")
    return Run(path)
