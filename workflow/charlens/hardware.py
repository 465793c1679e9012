"""What this machine has, found out without loading torch."""

from __future__ import annotations

import os
from pathlib import Path

_DRIVER = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0"), Path("/dev/nvidiactl"))


def gpu_visible() -> bool:
    """Whether an NVIDIA GPU is here and CUDA_VISIBLE_DEVICES does not hide it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    return not hidden and any(path.exists() for path in _DRIVER)
