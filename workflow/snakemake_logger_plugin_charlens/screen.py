"""Lines on a terminal or in a file; on a terminal, a few that stay at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from charlens.errors import visible

if TYPE_CHECKING:
    from snakemake_logger_plugin_charlens.board import Board, Job

_MOST_BARS = 8
_BAR = 24  # columns
_ECHO = len("^C")  # what a terminal adds to the last line; wrapped, it would leave lines behind


class Screen:
    """Where lines are printed.

    Args:
        stream: stdout or stderr.
        colour: whether it may be used.
    """

    def __init__(self, stream: TextIO, colour: bool = True) -> None:
        self._stream = stream
        self._live: Any = None
        self._console: Any = None
        try:
            from rich.console import Console
        except ImportError:  # an environment of the user's own; plain lines then
            return
        console = Console(file=stream, no_color=not colour or None, highlight=False, soft_wrap=True)
        if console.is_terminal and not console.is_dumb_terminal:
            self._console = console

    @property
    def is_terminal(self) -> bool:
        """Whether lines can stay at the bottom."""
        return self._console is not None

    def follow(self, board: Board) -> None:
        """Show the state of a run at the bottom of the terminal until :meth:`release`."""
        if self._console is None or self._live is not None:
            return
        from rich.live import Live

        self._live = Live(
            get_renderable=lambda: view(board, self._console.width),
            console=self._console,
            refresh_per_second=4,
            transient=True,  # the results take its place
        )
        self._live.start()

    def release(self) -> None:
        """Remove what stays at the bottom."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def print(self, text: str, style: str = "") -> None:
        """Print lines above those that stay, with escapes for what a terminal would obey."""
        text = visible(text, allowed="\n\t")
        if self._console is not None:
            self._console.print(text, style=style or None, markup=False, emoji=False)
        else:
            print(text, file=self._stream, flush=True)


def view(board: Board, width: int) -> Any:
    """What stays at the bottom: the whole run, then each job whose log says how far it is."""
    from rich.console import Group

    jobs = sorted(board.running.values(), key=lambda job: job.begun)
    measured = [(job, progress) for job in jobs if (progress := job.progress())]
    silent = [job.about for job in jobs if job.progress() is None]
    room = width - _ECHO - 1
    lines = [_whole(board, room)]
    lines += [_line(job, progress, room) for job, progress in measured[:_MOST_BARS]]
    if len(measured) > _MOST_BARS:
        silent = [job.about for job, _ in measured[_MOST_BARS:]] + silent
    if silent:
        lines.append(_text("  running: " + ", ".join(silent)))
    for line in lines:
        line.truncate(room, overflow="ellipsis")
    return Group(*lines)


def _whole(board: Board, room: int) -> Any:
    share = board.done / board.total if board.total else 1.0
    left = board.seconds_left() if board.total else None
    ending = "" if left is None else f", about {duration(left)} left"
    counts = f" {board.done} of {board.total} jobs{ending}"
    return _bar(share, max(0, min(_BAR, room - len(counts)))).append(counts)


def _line(job: Job, progress: Any, room: int) -> Any:
    """A job's share and time left; values of its log and the bar where there is room for them."""
    numbers = f" {progress.share:4.0%}"
    left = "" if progress.left is None else f"  {duration(progress.left)} left"
    values = f"  {progress.values}" if progress.values else ""
    title = _text(f"  {job.about:<28} ")
    space = room - title.cell_len - _BAR // 2 - len(numbers) - len(left)
    if space >= 0:
        numbers += values if space >= len(values) else ""
        return title.append_text(_bar(progress.share, _BAR // 2)).append(numbers + left)
    title = _text(f"  {job.about}")
    title.truncate(max(0, room - len(numbers) - len(left)), overflow="ellipsis", pad=True)
    return title.append(numbers + left)


def _text(text: str) -> Any:
    from rich.text import Text

    return Text(text, no_wrap=True)


def _bar(share: float, width: int = _BAR) -> Any:
    full = round(width * min(1.0, max(0.0, share)))
    return _text("").append("━" * full, "cyan").append("┈" * (width - full), "bright_black")


def duration(seconds: float) -> str:
    """A time for people: ``14 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
