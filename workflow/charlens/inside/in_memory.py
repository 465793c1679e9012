"""Activations kept in memory: one quantity of one layer, for a text that fits there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.text.splits import Codes


def activations(
    trained: TrainedModel,
    codes: Codes,
    steps: int,
    quantity: str,
    layer: int,
    units: Sequence[int] | None = None,
    device: str = "auto",
) -> np.ndarray:
    """Run a network over streams and keep what happens inside.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        steps: window length; divides length.
        quantity: ``h``, ``c`` or a gate, by the paper's letters.
        layer: from 1.
        units: which units, in this order; None keeps all.
        device: auto, cpu or cuda.

    Returns:
        float32 (B, length, units): the state after each input was read.

    Raises:
        CharlensError: the model has no such layer, quantity or unit.
    """
    model = trained.ready(codes.shape[0], steps, device)
    count = _values(trained, model.quantities(), quantity, layer).shape[-1]
    units = _checked(trained, units, count)
    values = np.empty((codes.shape[0], codes.shape[1] - 1, len(units)), np.float32)
    for place, _, _ in observing(model, codes):
        window = _values(trained, model.quantities(), quantity, layer)  # (T, B, n)
        values[:, place] = window[..., units].transpose(0, 1).cpu().numpy()
    return values


def _values(
    trained: TrainedModel, layers: list[dict[str, Tensor]], quantity: str, layer: int
) -> Tensor:
    if not 1 <= layer <= len(layers):
        raise CharlensError(f"{trained.model}: has no layer {layer}, expected 1 to {len(layers)}")
    if quantity not in layers[layer - 1]:
        raise CharlensError(
            f"{trained.model}: has no quantity {quantity!r}, expected one of "
            f"{', '.join(layers[layer - 1])}"
        )
    return layers[layer - 1][quantity][0]


def _checked(trained: TrainedModel, units: Sequence[int] | None, count: int) -> list[int]:
    units = list(range(count)) if units is None else [int(unit) for unit in units]
    for unit in units:
        if not 0 <= unit < count:
            raise CharlensError(f"{trained.model}: has no unit {unit}, expected 0 to {count - 1}")
    return units
