"""Tables in Markdown, and their places in a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["fill_page", "markdown_table", "say", "say_time"]


def say(value: float) -> str:
    """Return a number with two or three digits that count: a plan has no more."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        digits = len(str(int(abs(value)))) - 2
        return f"{round(value / 10**digits) * 10**digits:,}"
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"


def say_time(seconds: float) -> str:
    """Return a time in the unit that fits."""
    for unit, size in (("d", 86_400 * 2), ("h", 3600), ("min", 120)):
        if seconds >= size:
            return f"{say(seconds / {'d': 86_400, 'h': 3600, 'min': 60}[unit])} {unit}"
    return f"{say(seconds)} s" if seconds >= 0.1 or seconds == 0 else f"{say(1000 * seconds)} ms"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; every column but the first is aligned to the right where all its cells begin with a digit."""
    marks = ["---"]
    for column in range(1, len(head)):
        numbers = all(row[column][:1].isdigit() for row in rows)
        marks.append("---:" if numbers else "---")
    lines = [head, marks, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def fill_page(page: str, parts: Mapping[str, str]) -> str:
    """Return a page with what stands between its marks ``<!-- plan:NAME -->`` and ``<!-- /plan -->`` replaced.

    Raises
    ------
    ValueError
        The page has a place for which there is no part, or the other way round.
    """
    places = re.findall(r"<!-- plan:(\w+) -->", page)
    if sorted(places) != sorted(parts):
        raise ValueError(f"the page has places {sorted(places)}, there are parts {sorted(parts)}")

    def fill(found: re.Match[str]) -> str:
        return f"<!-- plan:{found[1]} -->\n{parts[found[1]]}\n<!-- /plan -->"

    return re.sub(r"<!-- plan:(\w+) -->\n.*?<!-- /plan -->", fill, page, flags=re.DOTALL)
