"""Small probabilities files for tests."""

import hashlib
from pathlib import Path

import numpy as np
from charlens.predictions.file import ProbabilityMetadata, write_probabilities


def sha256(corpus: str) -> str:
    return hashlib.sha256(corpus.encode()).hexdigest()


def random_columns(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Columns that keep the contract; equal ``rows`` give equal streams and bytes."""
    random = np.random.default_rng(seed)
    top = random.random(rows, dtype=np.float32)
    return {
        "position": np.arange(rows, dtype=np.int32),
        "stream": (np.arange(rows) * 10 // max(rows, 1)).astype(np.int16),
        "byte": np.random.default_rng(rows).integers(1, 128, rows, dtype=np.uint8),
        "probability": top * random.random(rows, dtype=np.float32),
        "entropy": random.random(rows, dtype=np.float32),
        "top_byte": random.integers(0, 4, rows, dtype=np.uint8),
        "top_probability": top,
    }


def write_model(
    folder: Path,
    model: str,
    corpus: str = "war_and_peace",
    *,
    rows: int = 300,
    parameters: int | None = None,
    trained_with: int = 1,
    **columns: np.ndarray,
) -> Path:
    """Write ``folder/corpus/model.parquet`` with random columns, some of them given."""
    path = folder / corpus / f"{model}.parquet"
    seed = int(sha256(model)[:8], 16)
    metadata = ProbabilityMetadata(
        sha256(corpus), model, corpus, seed=trained_with, parameters=parameters
    )
    write_probabilities(path, random_columns(rows, seed) | columns, metadata)
    return path


def constant(value: float, rows: int = 300) -> dict[str, np.ndarray]:
    """Columns of a model that gives every character the same probability."""
    array = np.full(rows, value, np.float32)
    return {"probability": array, "top_probability": np.maximum(array, np.float32(0.5))}
