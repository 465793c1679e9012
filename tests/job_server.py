"""A process that has imported what jobs import, and forks for each script that Snakemake runs.

Most of the time of a job of the tiny study is spent on torch's, pandas' and matplotlib's imports.
Snakemake starts ``python``, a file that this process leaves beside its socket, which sends script,
folder and environment, passes signals on, and ends as the job ended. Each job is a process of its
own, and imports the library anew. Not for tests that compare bytes with those of another process:
forks share their hash seed.
"""

from __future__ import annotations

import array
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from importlib import import_module

IMPORTED = (
    *("torch", "numba", "pandas", "pyarrow.compute", "pyarrow.parquet", "matplotlib.pyplot"),
    *(
        "matplotlib.backends.backend_pdf",
        "matplotlib_venn",
        "fontTools.subset",
        "PIL.PngImagePlugin",
    ),
    *("scipy.stats", "snakemake.iocontainers", "snakemake.logging", "pydantic.json_schema"),
    *("markdown_it", "jinja2", "wcwidth", "safetensors.torch", "pydivsufsort"),
)

CLIENT = """#!{python} -IS
import array, json, os, signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
facts = [sys.argv[1:], os.getcwd(), dict(os.environ)]
fds = array.array("i", [0, 1, 2])
server.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
server.sendall(json.dumps(facts).encode() + b"\\n")
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: server.sendall(bytes([number])))
status = int(server.makefile().readline())
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


def serve(folder: str) -> None:
    """Answer one client after another; returns in each fork that has become a job."""
    for name in IMPORTED:
        import_module(name)
    sys.modules["numba"].njit(lambda number: number + 1)(1)  # the compiler's own modules
    gc.freeze()  # jobs share the pages of these objects as long as nothing looks at them
    address = os.path.join(folder, "socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    client = os.path.join(folder, "python")
    with open(client, "w") as file:
        file.write(CLIENT.format(python=sys.executable, address=address))
    os.chmod(client, 0o700)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who watch jobs
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if listener not in ready:  # whoever started this process has closed its stdin
            sys.exit()
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            return watch(connection)
        connection.close()


def watch(connection: socket.socket) -> None:
    """Be the job in one process, and in the other the one that tells the client how it ended."""
    _, extra, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(3 * 4))
    fds = array.array("i", extra[0][2])
    text = b""
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    ended, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    job = os.fork()
    if job == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.close()
        return become(json.loads(text), list(fds))
    while connection in select.select([connection, ended], [], [])[0]:
        number = connection.recv(1)
        os.kill(job, number[0] if number else signal.SIGKILL)  # the client was killed
        if not number:
            os._exit(1)
    _, status = os.waitpid(job, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(facts: list, fds: list[int]) -> None:
    """Turn this process into ``python script``, up to the script itself."""
    arguments, folder, environment = facts
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    time.tzset()
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:1] = [os.path.dirname(arguments[0]), *paths]
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1])
