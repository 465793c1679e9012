"""A process that has imported Snakemake once and runs every call in a fork of itself.

A call takes a second less than by `python -m snakemake`; what it does is the same. The library of
the folder it runs in is not imported beforehand: tests edit it.

Reads lines of JSON (cwd, environment, arguments, stdout, stderr, the python that runs scripts) and
answers each with its exit status.
"""

import json
import os
import sys

import snakemake.cli


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
