"""Count over a text how often gates are open or shut (paper, section 4.2 and Figure 3)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from charlens.inside.gates.table import COLUMNS, LEFT, RIGHT
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.runtime.progress import progress
from charlens.text.splits import Codes


def measure(
    trained: TrainedModel, corpus: str, codes: Codes, steps: int, device: str
) -> pd.DataFrame:
    """Fractions of the test split during which each gate of each unit is saturated.

    Gates are rounded to float16 before they are compared, as in the activation store, so that
    counting a dump gives the same numbers.

    Args:
        trained: the model.
        corpus: name of its corpus.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        steps: window length; divides length.
        device: auto, cpu or cuda.

    Returns:
        One row per gate, layer and unit, with the columns of
        :data:`charlens.inside.gates.table.COLUMNS`; empty for a model without gates.
    """
    model = trained.ready(codes.shape[0], steps, device)
    counts: dict[tuple[str, int], torch.Tensor] = {}
    total = codes.shape[0] * (codes.shape[1] - 1)
    with progress(total, f"{corpus}/{trained.model} gates", "bytes") as bar:
        for _, inputs, _ in observing(model, codes):
            for layer, quantities in enumerate(model.quantities(), 1):
                for gate in model.gate_titles:
                    values = quantities[gate][0].half().float().flatten(0, 1)
                    saturated = torch.stack([(values < LEFT).sum(0), (values > RIGHT).sum(0)])
                    counts[gate, layer] = counts.get((gate, layer), 0) + saturated
            bar.update(inputs.numel())
    parts = [
        _rows(corpus, trained.model, (gate, title), layer, counts[gate, layer], total)
        for gate, title in model.gate_titles.items()
        for layer in range(1, len(model.quantities()) + 1)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _rows(
    corpus: str, model: str, gate: tuple[str, str], layer: int, counts: torch.Tensor, total: int
) -> pd.DataFrame:
    left, right = (counts.cpu().numpy() / total).tolist()
    names = {"corpus": corpus, "model": model, "gate": gate[0], "title": gate[1], "layer": layer}
    units = {"unit": np.arange(len(left)), "characters": total, "left": left, "right": right}
    return pd.DataFrame(names | units).astype(COLUMNS)
