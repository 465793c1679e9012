"""A process that has imported Snakemake once and runs every call in a fork of itself.

A call takes two seconds less than by `python -m snakemake`; what it does is the same. The library
of the folder it runs in is not imported beforehand, for tests edit it. Its sources are parsed
beforehand, for the fingerprints, and a source that has been edited is parsed as it is.

Reads lines of JSON (cwd, environment, arguments, stdout, stderr, the python that runs scripts) and
answers each with its exit status.
"""

import ast
import gc
import json
import os
import sys
from importlib import import_module
from pathlib import Path

import snakemake.cli

# What Snakemake and the Snakefile import while a run is planned.
IMPORTED = (
    *("docutils.core", "dpath", "jsonschema", "nbformat", "PIL.Image", "platformdirs"),
    *("pydantic.json_schema", "requests", "statistics"),
    *("bz2", "lzma", "tarfile", "xml.etree.ElementTree", "zipfile"),
)


def remember_trees(folder: Path) -> None:
    """Let ``ast.parse`` answer at once for what a folder's sources say now."""
    parse = ast.parse
    trees = {source: parse(source) for source in (p.read_bytes() for p in folder.rglob("*.py"))}

    def remembered(source, *args, **kwargs):
        return trees[source] if source in trees else parse(source, *args, **kwargs)

    ast.parse = remembered


def become(request: dict) -> None:
    """Turn this process into one that was started for a request."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in ((0, os.devnull), (1, request["stdout"]), (2, request["stderr"])):
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC * (number > 0), 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.executable = request["python"]
    sys.argv = ["snakemake", *request["arguments"]]
    sys.path[:1] = [request["cwd"], *request["environment"]["PYTHONPATH"].split(os.pathsep)]


def main() -> None:
    """Answer requests until there are no more; return in each fork, to run Snakemake."""
    for name in IMPORTED:
        import_module(name)
    remember_trees(Path(__file__).parents[1] / "workflow")
    gc.freeze()  # forks share the pages of these objects as long as nothing looks at them
    replies = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        process = os.fork()
        if not process:
            replies.close()
            become(request)
            snakemake.cli.main(request["arguments"])
            sys.exit("Snakemake returned")
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), file=replies, flush=True)


if __name__ == "__main__":
    main()
