"""Choice of the device that trains and predicts."""

from __future__ import annotations

import logging

import torch

from charlens.errors import CharlensError
from charlens.runtime.hardware import gpu_visible

log = logging.getLogger("charlens")


def choose_device(name: str) -> torch.device:
    """The device for ``auto``, ``cpu`` or ``cuda``; ``auto`` takes a GPU if torch can use one.

    Logs a warning if a GPU is present but torch cannot use it (with an old driver, say).

    Raises:
        CharlensError: ``cuda`` is asked for and there is none.
    """
    if name == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if name == "cuda":
        raise CharlensError(
            "training.device: cuda, but this machine shows no CUDA GPU (torch "
            f"{torch.__version__}: {why_no_gpu()}); use a machine that has one, or set "
            "training.device: cpu"
        )
    if gpu_visible():
        log.warning(
            "a GPU is present, but torch cannot use it: %s; continuing on the CPU", why_no_gpu()
        )
    return torch.device("cpu")


def why_no_gpu() -> str:
    """Torch's reason for finding no GPU, in one line; empty if it finds one."""
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return ""
