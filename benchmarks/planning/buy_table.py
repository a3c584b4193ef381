"""A shopping list: what the needs of the other tables add up to in machines, databases, disks and links."""

from __future__ import annotations

import math

from benchmarks.planning.assumptions import ASSUMED, PRICES
from benchmarks.planning.capacity import MonthNeeds, month_needs
from benchmarks.planning.measured import Measured
from benchmarks.planning.needs_tables import KEPT_MONTHS, STEP_NAMES, STEPS
from benchmarks.planning.tables import markdown_table, say

__all__ = ["buy_part"]

_HOURS_A_MONTH = 730
#: Clips a month that share a computer with everything else on it.
_ONE_COMPUTER = 1e5


def buy_part(found: Measured) -> str:
    """Return what to buy for each step, and what it costs a month where it is kept all month; links have no price."""
    needs = [month_needs(found, clips) for clips in STEPS]
    machine = f"{ASSUMED.machine_cores} cores and {ASSUMED.machine_gb} GB"
    rows = [
        (f"machines of {machine} for workers, spares in it", [_machines_text(one) for one in needs]),
        ("– cores of these that the fullest hour needs", [say(one.peak_cores) for one in needs]),
        ("databases", [_databases_text(one) for one in needs]),
        ("link for films", [_link_text(one) for one in needs]),
        ("disk for films that wait, a day of them, TB", [say(_day_tb(one)) for one in needs]),
        (f"disk for {KEPT_MONTHS} months of results, TB", [say(_disk_tb(one.results_gb)) for one in needs]),
        (
            f"– with {KEPT_MONTHS} months of films, TB",
            [say(_disk_tb(one.results_gb + one.originals_gb)) for one in needs],
        ),
        ("money a month: machines kept all month", [_machines_money(one) for one in needs]),
        ("– databases", [say(_databases(one) * _database_money()) if _databases(one) else "–" for one in needs]),
        ("– disk for films that wait and for results", [say(_disk_money(one)) for one in needs]),
        ("money a month: the same cores, rented only while they work", [say(one.work_price) for one in needs]),
    ]
    return markdown_table(["to buy for", *STEP_NAMES], [[name, *values] for name, values in rows])


def _machines(needs: MonthNeeds) -> int:
    """Return how many machines: what the fullest hour needs, and a spare for every twenty that are begun."""
    if needs.clips <= _ONE_COMPUTER:
        return 0
    working = math.ceil(needs.peak_cores / ASSUMED.machine_cores)
    return working + math.ceil(working / ASSUMED.machines_a_spare)


def _machines_text(needs: MonthNeeds) -> str:
    return say(_machines(needs)) if _machines(needs) else "none: the clinic's own server"


def _machines_money(needs: MonthNeeds) -> str:
    cores = _machines(needs) * ASSUMED.machine_cores
    return say(cores * _HOURS_A_MONTH * PRICES["core"].amount) if cores else "–"


def _databases(needs: MonthNeeds) -> int:
    return math.ceil(needs.clips / ASSUMED.clips_a_database) if needs.clips > _ONE_COMPUTER else 0


def _databases_text(needs: MonthNeeds) -> str:
    number = _databases(needs)
    if not number:
        return "none: SQLite, a file"
    each = f"PostgreSQL of {ASSUMED.database_cores} cores, with a spare"
    return f"1 {each}" if number == 1 else f"{number} of them, one for each group of clinics"


def _database_money() -> float:
    return ASSUMED.database_cores * PRICES["database"].amount


def _disk_money(needs: MonthNeeds) -> float:
    return 1000 * (_day_tb(needs) + _disk_tb(needs.results_gb)) * PRICES["disk"].amount


def _link_text(needs: MonthNeeds) -> str:
    gbit_s = needs.peak_upload_mbit_s / 1000 / ASSUMED.link_share
    return "1 Gbit/s" if gbit_s <= 1 else f"{math.ceil(gbit_s / 10)} of 10 Gbit/s"


def _day_tb(needs: MonthNeeds) -> float:
    return needs.originals_gb / ASSUMED.working_days / 1000 / ASSUMED.disk_share


def _disk_tb(gb_a_month: float) -> float:
    return KEPT_MONTHS * gb_a_month / 1000 / ASSUMED.disk_share
