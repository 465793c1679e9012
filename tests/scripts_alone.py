"""Running one of the workflow's scripts without Snakemake."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"


class Named(list):
    """As Snakemake passes files: a list whose items have names."""

    def __init__(self, **items):
        super().__init__()
        for item in items.values():
            self.extend([item] if isinstance(item, str | Path) else item)
        self.__dict__.update(items)
        self.get, self.items = items.get, items.items

    def __getitem__(self, key):
        return self.__dict__[key] if isinstance(key, str) else super().__getitem__(key)


def run_script(
    folder: Path,
    monkeypatch,
    script: str,
    inputs: dict,
    outputs: dict,
    module: str = "",
    look: dict | None = None,
    **config,
):
    """Run a script as its rule would; its outputs, written below ``folder``, by name.

    ``module`` and ``look`` are params of the script ``draw``, ``config`` is that of most scripts.
    """
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")
    outputs = {key: folder / "out" / name for key, name in outputs.items()}
    job = SimpleNamespace(
        input=Named(**inputs),
        output=Named(**outputs),
        params=SimpleNamespace(config=config, module=module, look=look or {}),
        log=[str(folder / f"{script}.log")],
        threads=1,
    )
    runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": job})
    assert all(path.stat().st_size for path in outputs.values())
    return outputs
