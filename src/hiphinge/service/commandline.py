"""Commands and days, as messages name them."""

from __future__ import annotations

from datetime import datetime
from shlex import quote

__all__ = ["command_line", "day_text"]


def command_line(*words: str) -> str:
    """Return a command that can be copied into a shell; words in capitals stand for what the reader puts in.

    Examples
    --------
    >>> command_line("session", "start", "Ana Maria")
    "hiphinge session start 'Ana Maria'"
    """
    return " ".join(("hiphinge", *(quote(word) for word in words)))


def day_text(at: datetime, *, clock: bool = False) -> str:
    """Return a day in the zone of this computer, for example ``2 March 2026``; with the time of day where asked."""
    from hiphinge.report.program.words import date_text, moment_text

    return moment_text(at, None) if clock else date_text(at, None)
