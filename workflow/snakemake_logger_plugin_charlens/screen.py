"""Lines on a terminal or in a file; on a terminal, a few that stay at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from charlens.errors import visible

if TYPE_CHECKING:
    from snakemake_logger_plugin_charlens.board import Board, Job

_MOST_BARS = 8
_OTHER_LINES = 3  # the whole run, jobs without a bar, and one above them
_BAR = 24  # columns
_TITLE = 28  # columns of a job's title, at least
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
            get_renderable=lambda: view(board, *self._console.size),
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


def view(board: Board, width: int, height: int = 25) -> Any:
    """What stays at the bottom: the whole run, then each job whose log says how far it is.

    Args:
        board: the jobs.
        width: columns of the terminal.
        height: its lines; what stays leaves at least one to what is printed.
    """
    from rich.console import Group

    jobs = sorted(board.running.values(), key=lambda job: job.begun)
    measured = [(job, progress) for job in jobs if (progress := job.progress())]
    silent = [job.about for job in jobs if job.progress() is None]
    room = width - _ECHO - 1
    most = max(1, min(_MOST_BARS, height - _OTHER_LINES))
    lines = [_whole(board, room), *_lines(measured[:most], room)]
    silent = [job.about for job, _ in measured[most:]] + silent
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


def _lines(measured: list[tuple[Job, Any]], room: int) -> list[Any]:
    """A line for each job: bars below each other, in all or, where one has no room, in none."""
    ends = [_end(progress) for _, progress in measured]
    columns = max([_TITLE, *(_text(job.about).cell_len for job, _ in measured)])
    longest = max(map(len, ends), default=0)
    if len("   ") + columns + _BAR // 2 + longest <= room:
        return [_with_bar(job, progress, columns, room) for job, progress in measured]
    return [
        _shortened(job, room - len(end)).append(end)
        for (job, _), end in zip(measured, ends, strict=True)
    ]


def _end(progress: Any, values: str = "") -> str:
    left = "" if progress.left is None else f"  {duration(progress.left)} left"
    return f" {progress.share:4.0%}{values}{left}"


def _with_bar(job: Job, progress: Any, columns: int, room: int) -> Any:
    """A job's bar, share and time left; values of its log where there is room for them."""
    line = _text("  ").append(_padded(job.about, columns)).append(" ")
    line.append_text(_bar(progress.share, _BAR // 2))
    values = f"  {progress.values}" if progress.values else ""
    end = _end(progress, values)
    return line.append(end if line.cell_len + len(end) <= room else _end(progress))


def _padded(text: str, columns: int) -> Any:
    line = _text(text)
    line.truncate(columns, overflow="ellipsis", pad=True)
    return line


def _shortened(job: Job, columns: int) -> Any:
    """A job's title in so many columns. Its corpus is cut first: its model says which job it is."""
    title, corpus = f"  {job.about}", job.wildcards.get("corpus", "")
    name = _text(corpus)
    name.truncate(max(3, name.cell_len + columns - _text(title).cell_len), overflow="ellipsis")
    return _padded(title.replace(corpus, name.plain, 1), max(0, columns))


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
