"""profiles/gpu/share.sh, with a stand-in for NVIDIA's control program that logs what it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SHARE = Path(__file__).parents[1] / "profiles" / "gpu" / "share.sh"
SHOW = "import os; print(os.environ.get('CUDA_MPS_PIPE_DIRECTORY'))"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="MPS is a service of Linux")


@pytest.fixture
def control(tmp_path):
    """An environment whose nvidia-cuda-mps-control logs its calls, and whose torch finds a GPU.

    The variable FAIL keeps the service from starting, RUNNING stands for one that is there, and
    BROKEN is why torch finds no GPU under the service.
    """
    program = tmp_path / "bin" / "nvidia-cuda-mps-control"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'log="{tmp_path}/calls"\n'
        'if [ "$1" = -d ]; then\n'
        '    [ -n "$FAIL" ] && { echo "no CUDA-capable device"; exit 1; }\n'
        '    echo "start $CUDA_MPS_PIPE_DIRECTORY" >> "$log"; touch "$CUDA_MPS_PIPE_DIRECTORY/up"\n'
        '    [ -z "$CUDA_VISIBLE_DEVICES" ] || exit 9\n'
        "else\n"
        '    read words; echo "$words" >> "$log"\n'
        '    [ -n "$RUNNING" ] || [ -e "$CUDA_MPS_PIPE_DIRECTORY/up" ]\n'
        "fi\n"
    )
    program.chmod(0o755)
    python = program.parent / "python"
    python.write_text(
        '#!/bin/sh\n[ -n "$CUDA_MPS_PIPE_DIRECTORY" ] && [ -n "$BROKEN" ] || exit 0\n'
        'echo "Traceback ..."; echo "RuntimeError: $BROKEN"; exit 1\n'
    )
    python.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CUDA_MPS")}
    return environment | {"PATH": f"{program.parent}:/usr/bin:/bin"}


def share(environment, *command):
    return subprocess.run(
        [SHARE, *command], env=environment, capture_output=True, text=True, timeout=60
    )


def calls(tmp_path):
    return (tmp_path / "calls").read_text().split("\n")[:-1]


def wait_for_quit(tmp_path, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if calls(tmp_path)[-1] == "quit":
            return
        time.sleep(0.1)
    raise AssertionError(f"the service was not ended: {calls(tmp_path)}")


def test_the_command_runs_under_a_service_of_its_own_that_ends_with_it(control, tmp_path):
    done = share(control, sys.executable, "-c", SHOW)
    folder = done.stdout.strip()
    assert folder.startswith("/tmp/charlens-mps.")
    assert calls(tmp_path)[:2] == ["get_server_list", f"start {folder}"]
    wait_for_quit(tmp_path)
    end = time.monotonic() + 10
    while Path(folder).exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not Path(folder).exists()


def test_the_exit_status_is_the_commands(control):
    assert share(control, sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_signals_reach_the_command_and_the_service_ends_after_a_kill(control, tmp_path):
    code = "import time; print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [SHARE, sys.executable, "-c", code], env=control, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"up\n"
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
    wait_for_quit(tmp_path)


def test_a_service_that_runs_is_used_and_left_alone(control, tmp_path):
    done = share(control | {"RUNNING": "1"}, sys.executable, "-c", SHOW)
    assert done.stdout == "None\n"
    assert calls(tmp_path) == ["get_server_list"]


def test_a_service_that_does_not_start_is_reported_and_done_without(control):
    done = share(control | {"FAIL": "1"}, sys.executable, "-c", SHOW)
    assert (done.stdout, done.returncode) == ("None\n", 0)
    assert "did not start (no CUDA-capable device)" in done.stderr


def test_a_service_that_torch_cannot_use_is_ended_and_done_without(control, tmp_path):
    done = share(control | {"BROKEN": "MPS client failed"}, sys.executable, "-c", SHOW)
    assert (done.stdout, done.returncode) == ("None\n", 0)
    assert "does not let torch use the GPU (RuntimeError: MPS client failed)" in done.stderr
    assert calls(tmp_path)[-1] == "quit"
    assert not Path(calls(tmp_path)[1].split()[1]).exists()


def test_the_choice_of_a_gpu_is_left_to_the_command(control):
    """Given to the service too, it would be applied twice: the second of one GPU is none."""
    show = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'])"
    done = share(control | {"CUDA_VISIBLE_DEVICES": "1"}, sys.executable, "-c", show)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_without_the_control_program_the_command_just_runs(control, tmp_path):
    done = share(control | {"PATH": str(tmp_path)}, sys.executable, "-c", "print('ran')")
    assert done.stdout == "ran\n"


def test_no_command_is_an_error():
    done = subprocess.run([SHARE], capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage" in done.stderr
