"""Processor, memory and GPUs of this machine, without loading torch."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

_DRIVER = (
    Path("/proc/driver/nvidia/version"),
    Path("/dev/nvidia0"),
    Path("/dev/nvidiactl"),
    Path("/dev/dxg"),  # Windows Subsystem for Linux
)

# Context, kernels and captured graphs; bytes of all buffers per unit of size and row, those of the
# deepest LSTM in float32 with dropout and a tenth.
_CUDA_GIB, _BYTES = 1.0, 90


def gpu_visible() -> bool:
    """Whether an NVIDIA GPU is present and CUDA_VISIBLE_DEVICES does not hide it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    return not hidden and any(path.exists() for path in _DRIVER)


def describe() -> dict[str, Any]:
    """Processor, cores this process may use, memory in GiB and GPUs."""
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": _memory(),
        "gpus": _gpus(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (OSError, ValueError):
        return None


def _gpus() -> list[str]:
    return (_ask("name") or ["NVIDIA GPU"]) if gpu_visible() else []


@cache
def gpu_memory() -> float | None:
    """GiB of the GPU with the least memory; None where that is not known."""
    try:
        return min(map(float, _ask("memory.total"))) / 1024
    except ValueError:  # none, or a GPU that does not report it
        return None


def training_memory(size: int, rows: int) -> float:
    """Most GPU memory in GiB that a training takes: CUDA's own and that of the network.

    Args:
        size: the budget, as in a model id.
        rows: dropout candidates × streams × time steps of a window.
    """
    return _CUDA_GIB + rows * size * _BYTES / 2**30


def _ask(what: str) -> list[str]:
    """One property of every GPU, from nvidia-smi; empty if it fails."""
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.split("\n")[:-1]
