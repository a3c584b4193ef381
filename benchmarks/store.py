"""How long a large store takes to answer: reading a history, deciding on it, showing progress, listing, adding.

    python benchmarks/store.py [ADDRESS] [--people 2000] [--sessions 50] [--long 1000]

Makes a store (ADDRESS: a new SQLite file or an empty PostgreSQL database; None: a temporary file) of so many people
with so many sessions each, and one person with a long log. Rows are put in past the store's checks, since this
is not what is measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from hiphinge.program import load_program
from hiphinge.program.history import (
    Event,
    FeelLog,
    Intake,
    NextMorning,
    OutcomeScore,
    RedFlagAnswers,
    RepResult,
    SessionClosed,
    SessionOpened,
    SetDone,
)
from hiphinge.program.next_step import next_step
from hiphinge.program.progress import summarise_progress
from hiphinge.store import Store, open_store
from hiphinge.store.log import event_row
from hiphinge.store.tables import events, people

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REPS = tuple(
    RepResult(number=n, grade="miss" if n == 4 else "pass", missed_rules=("4",) if n == 4 else (), lumbar_deg=9.5)
    for n in range(1, 11)
)


def main() -> int:
    """Make the store, print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", help="a new file or an empty database")
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=50, help="of each person")
    parser.add_argument("--long", type=int, default=1000, help="sessions of one more person")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = args.address or str(Path(folder) / "store.sqlite3")
        with open_store(address) as store:
            started = time.perf_counter()
            rows = fill(store, args.people, args.sessions, args.long)
            took = time.perf_counter() - started
            total = args.people * args.sessions + args.long
            print(f"{total} sessions, {rows} entries, put in within {took:.0f} s: {store.where().partition('@')[0]}")
            measure(store)
        if args.address is None:
            print(f"size on disk {sum(one.stat().st_size for one in Path(folder).rglob('*')) / 1e6:.0f} MB")
            timed("opening", lambda: open_store(address).close())
    return 0


def log_of(sessions: int) -> Iterator[Event]:
    """Yield the entries of somebody who trains every other day."""
    program = load_program()
    start = NOW - timedelta(days=2 * sessions + 1)
    yield RedFlagAnswers(key="flags", at=start, answers={flag.id: False for flag in program.red_flags})
    yield Intake(key="intake", at=start, pain=2, places=("low_back",), since="spring", goal="lift a child")
    for number in range(sessions):
        at, name = start + timedelta(days=2 * number), f"s{number}"
        drill = "wall_hinge" if number % 3 else "free_hinge"
        yield SessionOpened(key=f"{name}-open", at=at, session=name, resting_pain=2, new_symptoms=False, minutes=20)
        for part in range(2):
            yield SetDone(key=f"{name}-set{part}", at=at, session=name, drill=drill, reps=REPS, outcome="hinge")
            felt = ("hamstrings",) if part else ("buttocks", "low_back")
            yield FeelLog(key=f"{name}-feel{part}", at=at, session=name, drill=drill, effort=felt, pain=2)
        yield SessionClosed(key=f"{name}-close", at=at, session=name)
        yield NextMorning(key=f"{name}-morning", at=at + timedelta(hours=20), session=name, pain=2)
        if number % 10 == 0:
            yield OutcomeScore(key=f"{name}-nprs", at=at, measure="nprs", value=max(0.0, 5.0 - number / 20))


def fill(store: Store, count: int, sessions: int, long: int) -> int:
    """Put in the people and their entries; return how many entries."""
    usual = [event_row("", number, event, NOW) for number, event in enumerate(log_of(sessions), start=1)]
    rows = 0
    with store._writing() as connection:
        for number in range(count):
            name, person = f"Person {number}", f"p{number:07}"
            values = {"id": person, "name": name, "name_key": name.casefold(), "created": NOW}
            connection.execute(insert(people).values(values))
            connection.execute(insert(events), [row | {"person": person} for row in usual])
            rows += len(usual)
        values = {"id": "long", "name": "Long", "name_key": "long", "created": NOW}
        connection.execute(insert(people).values(values))
        # Past the checks as well: a session cannot be entered years after its day.
        rest = [event_row("long", number, event, NOW) for number, event in enumerate(log_of(long), start=1)]
        connection.execute(insert(events), rest)
    return rows + len(rest)


def measure(store: Store) -> None:
    """Print how long each question takes."""
    program = load_program()
    usual, long = store.find_person("Person 12"), store.find_person("Long")
    timed("people()", store.people)
    timed("find_person(name)", lambda: store.find_person("person 12"))
    for who, person in (("usual", usual), ("long", long)):
        history = store.history(person.id)
        print(f"{who}: {len(history.events)} entries")
        timed("  history(person)", lambda person=person: store.history(person.id))
        timed("  next_step(history)", lambda history=history: next_step(history, program))
        timed("  progress(history)", lambda history=history: summarise_progress(history, program, person="x"))
        keys = iter(range(10**6))
        timed("  append(one entry)", lambda person=person, keys=keys: store.append(person.id, [score(next(keys))]))
    timed("erase_person", lambda: store.erase_person(store.find_person("Person 7").id), times=1)
    with tempfile.TemporaryDirectory() as folder:
        timed("backup", lambda: store.backup(Path(folder) / "b.zip"), times=1)


def score(number: int) -> OutcomeScore:
    """Return a further entry."""
    return OutcomeScore(key=f"more-{number}", at=NOW, measure="psfs", value=4.0)


def timed(what: str, call: Callable[[], object], *, times: int = 9) -> None:
    """Print the median and the longest time of a call."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - started))
    print(f"{what:24} {statistics.median(took):9.1f} ms   longest {max(took):9.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
