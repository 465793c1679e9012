"""Signal handling for SIGTERM (sent by schedulers and ``charlens stop``) and SIGINT (Ctrl-C)."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(BaseException):
    """A signal asked the work to stop; ``signal`` is its number.

    Like KeyboardInterrupt it is no Exception: it may be raised anywhere, also where a library
    goes on after any Exception or makes another one of it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


class StopRequest:
    """Notes whether a signal asked the work to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def check(self) -> None:
        """Raise Interrupted if a signal has come."""
        if self.signal is not None:
            raise Interrupted(self.signal)


@contextmanager
def interruptible(finished: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Turn a signal into :class:`Interrupted` at once, so that half-written files are removed.

    For the work of a process that ends after it. From the first signal or the end of the body on,
    signals are ignored for good: a process that is leaving has nothing left to stop, and one that
    dies of a signal in its last moments looks like one that failed.

    Args:
        finished: whether all results are written, so that signals are ignored already.

    Raises:
        Interrupted: a signal has come.
    """
    request = StopRequest()

    def stop(number: int, frame: FrameType | None) -> None:
        if not finished():
            ignore()
            request.signal = number
            raise Interrupted(number)

    with suppress(ValueError):  # not in the main thread, where no signal arrives
        for number in SIGNALS:
            signal.signal(number, stop)
    try:
        yield
    except Exception:  # what a library made of Interrupted
        request.check()
        raise
    finally:
        ignore()


def ignore() -> None:
    """Ignore signals from now on."""
    with suppress(ValueError):  # not in the main thread
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred() -> Iterator[StopRequest]:
    """Note a signal for the body to check; a second signal raises Interrupted at once.

    A signal that came after the body's last check is sent again at the end, to whoever handled
    signals before.
    """
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        if request.signal is not None:
            raise Interrupted(number)
        request.signal = number

    with _handled(note):
        yield request
    if request.signal is not None:
        signal.raise_signal(request.signal)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    try:
        before = {number: signal.signal(number, handler) for number in SIGNALS}
    except ValueError:  # not in the main thread, where no signal arrives
        yield
        return
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
