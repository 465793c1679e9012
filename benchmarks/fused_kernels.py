"""What the fused kernels need of a GPU, found by compiling them for it: no GPU is needed here.

    python benchmarks/fused_kernels.py [--architectures 86 90] [--widths 64 256 512]

One line per kernel and width: shared memory, registers per thread and bytes spilled from registers.
Shared memory beyond what a program may have on the architecture (80: A100, 86: RTX 30, 89: RTX 40,
90: H100 and H200, 120: RTX 50) makes the launch fail; spilling makes it slow. Ends with an error if
a kernel does not fit. Needs Triton, which comes with torch's CUDA build (or `make peers`).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import triton
from charlens.models.recurrent import cells_triton, kernels_triton
from triton.backends.compiler import GPUTarget
from triton.backends.nvidia.compiler import get_ptxas
from triton.compiler import ASTSource

# Bytes of shared memory that one program may have (CUDA C++ Programming Guide).
SHARED = {80: 166_912, 86: 101_376, 89: 101_376, 90: 232_448, 120: 101_376}
SINGLE = {"c", "dc", "carry", "running"}  # tensors in float32; the others are float16
KERNELS = {
    f"{cell} {way}": getattr(kernels_triton, f"{cell}_{way}")
    for cell in ("rnn", "lstm", "gru")
    for way in ("forward", "backward")
}


def compiled(kernel, width: int, architecture: int):
    """A kernel compiled for a width as it is launched: pointers and widths in multiples of 16."""
    geometry = cells_triton.geometry(width)
    options = {key: geometry.pop(key) for key in ("num_warps", "num_stages")}
    signature, attributes = {}, {}
    for place, name in enumerate(kernel.arg_names):
        if name in geometry:
            signature[name] = "constexpr"
        elif name in ("T", "B"):
            signature[name] = "i32"
        else:
            pointer = "*fp32" if name in SINGLE else "*fp16"
            signature[name] = "i32" if name in ("n", "w_stride") else pointer
            attributes[(place,)] = [["tt.divisibility", 16]]
    constants = {(kernel.arg_names.index(name),): value for name, value in geometry.items()}
    source = ASTSource(kernel, signature, constants, attributes)
    return triton.compile(source, target=GPUTarget("cuda", architecture, 32), options=options)


def registers(ptx: str, architecture: int) -> tuple[int, int]:
    """Registers per thread and bytes spilled, as NVIDIA's assembler reports them."""
    target = re.search(r"\.target (\w+)", ptx)[1]
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        command = [get_ptxas(architecture).path, "-v", "--gpu-name", target, file.name]
        command += ["-o", "/dev/null"]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    used = int(re.search(r"Used (\d+) registers", report)[1])
    return used, int(re.search(r"(\d+) bytes spill stores", report)[1])


def main() -> None:
    """Print one line per architecture, kernel and width."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architectures", type=int, nargs="+", default=[86, 90], choices=SHARED)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 256, 512])
    options = parser.parse_args()
    too_large = []
    print(f"Triton {triton.__version__}")
    print(f"{'':5} {'kernel':14}{'width':>6}{'shared':>10}{'registers':>11}{'spilled':>9}")
    for architecture in options.architectures:
        for name, kernel in KERNELS.items():
            for width in options.widths:
                binary = compiled(kernel, width, architecture)
                shared = binary.metadata.shared
                used, spilled = registers(binary.asm["ptx"], architecture)
                print(f"sm_{architecture:<3}{name:14}{width:6}{shared:10,}{used:11}{spilled:9,}")
                if shared > SHARED[architecture]:
                    too_large.append(f"{name} {width} on sm_{architecture}")
    if too_large:
        sys.exit(f"more shared memory than there is: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
