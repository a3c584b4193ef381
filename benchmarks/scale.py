"""The plan beyond one machine: what so many clips, or so many live patients, need, and what is full first.

    python -m benchmarks.scale [--write | --check] [--only PART...]

Prints tables made from ``benchmarks/measured.json`` (see ``measure_costs.py``), from the assumptions in
``benchmarks/planning/assumptions.py``, and from simulations with fixed seeds: the same file gives the same tables.
``--write`` puts them into ``docs/scale.md``; ``--check`` exits 1 where the page says something else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.planning import buy_table, needs_tables, trials
from benchmarks.planning.measured import FILE, Measured, read_measured
from benchmarks.planning.tables import fill_page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scale.md"

#: In the order of the page.
PARTS: Mapping[str, Callable[[Measured], str]] = {
    "short": trials.short_part,
    "buy": buy_table.buy_part,
    "month": needs_tables.month_part,
    "live": lambda found: needs_tables.live_part(found, trials.sets_a_core(found)),
    "limits": lambda found: needs_tables.limits_part(found, trials.sets_a_core(found)),
    "night": trials.night_part,
    "day": trials.day_part,
    "sets": trials.sets_part,
    "checks": trials.checks_part,
    "measured": needs_tables.measured_part,
    "assumed": lambda _: needs_tables.assumed_part(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or put them into the page, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    parser.add_argument("--check", action="store_true", help="exit 1 where docs/scale.md says something else")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--measured", type=Path, default=FILE, help="another file of measured costs")
    parser.add_argument("--page", type=Path, default=PAGE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.only and (options.write or options.check):
        parser.error("--only prints; the page is written and checked whole.")
    parts = make_parts(read_measured(options.measured), options.only or tuple(PARTS))
    if not options.write and not options.check:
        print("\n\n".join(f"## {name}\n{text}" for name, text in parts.items()))
        return 0
    page = options.page.read_text(encoding="utf-8")
    filled = fill_page(page, parts)
    if options.check:
        if filled != page:
            print(
                "docs/scale.md is not what the measured costs give: run python -m benchmarks.scale --write",
                file=sys.stderr,
            )
        return int(filled != page)
    options.page.write_text(filled, encoding="utf-8")
    return 0


def make_parts(found: Measured, names: Sequence[str]) -> dict[str, str]:
    """Return the named tables."""
    return {name: PARTS[name](found) for name in names}


if __name__ == "__main__":
    sys.exit(main())
