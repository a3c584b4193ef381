"""How far a batch is, on stderr: one line that renews itself at a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from hiphinge.cli.guard import say

if TYPE_CHECKING:
    from hiphinge.batch.run import Tally

__all__ = ["Watcher", "count_of", "describe_end", "describe_tally", "watch_batch"]

#: Where nobody watches a terminal, a line comes so often: the first soon, then rarely.
FIRST_S, EVERY_S = 5.0, 60.0


class Watcher(Protocol):
    """Is shown how far it is, and says what should be read."""

    def look(self, tally: Tally) -> None:
        """Show how far it is."""

    def say(self, text: str) -> None:
        """Say a sentence without disturbing what is shown."""


def describe_tally(tally: Tally, *, now_s: float | None = None) -> str:
    """Return how far it is in words: how many, what went amiss, rates, time left."""
    took_s = max(1e-3, (time.monotonic() if now_s is None else now_s) - tally.began_s)
    over = tally.finished + tally.skipped
    parts = [_how_many(tally)]
    for number, word in (
        (tally.skipped, "known before"),
        (tally.found, "with a result that was there"),
        (tally.refused, "refused"),
        (tally.quarantined, "put aside"),
    ):
        if number:
            parts.append(f"{number} {word}")
    if tally.failures:
        parts.append(count_of(tally.failures, "failed try", "failed tries"))
    parts += _rates(tally, took_s)
    if tally.finished and took_s > 1 and tally.total is not None and tally.total > over:
        parts.append(f"{_span(took_s / tally.finished * (tally.total - over))} left")
    return ", ".join(parts)


def describe_end(tally: Tally, *, now_s: float | None = None) -> str:
    """Return what there is in the end: how many clips have a result, how many none, and how fast it went."""
    took_s = max(1e-3, (time.monotonic() if now_s is None else now_s) - tally.began_s)
    parts = [f"{_how_many(tally)}: {tally.n_results} with a result"]
    if tally.n_lacking:
        parts.append(f"{tally.n_lacking} without")
    if tally.skipped:
        parts.append(f"{tally.skipped} of them known before")
    return ", ".join([*parts, *_rates(tally, took_s)])


def count_of(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count_of(1, "clip"), count_of(2, "copy", "copies")
    ('1 clip', '2 copies')
    """
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def _how_many(tally: Tally) -> str:
    over = tally.finished + tally.skipped
    return count_of(over, "clip") if tally.total is None else f"{over} of {count_of(tally.total, 'clip')}"


def _rates(tally: Tally, took_s: float) -> list[str]:
    if not tally.finished or took_s <= 1:
        return []
    rates = [f"{tally.finished / took_s * 60:.1f} clips/min"]
    return [*rates, f"{tally.video_s / took_s:.1f} video-min/min"] if tally.video_s else rates


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


@contextmanager
def watch_batch() -> Iterator[Watcher]:
    """Show the progress while the block runs."""
    if not sys.stderr.isatty():
        yield _Plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Live(bars)


class _Plain:
    def __init__(self) -> None:
        self._next_s = time.monotonic() + FIRST_S

    def look(self, tally: Tally) -> None:
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + EVERY_S
            say(describe_tally(tally))

    def say(self, text: str) -> None:
        say(text)


class _Live:
    def __init__(self, bars: object) -> None:
        from rich.progress import Progress

        assert isinstance(bars, Progress)
        self._bars = bars
        self._task = bars.add_task("starting", total=None)

    def look(self, tally: Tally) -> None:
        over = tally.finished + tally.skipped
        self._bars.update(self._task, description=describe_tally(tally), completed=over, total=tally.total)

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)
