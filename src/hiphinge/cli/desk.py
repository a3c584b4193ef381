"""What the commands about people share: their options, the open store, and how a decision is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.guard import INTERRUPTED, guarded, say, write_out
from hiphinge.cli.program import ProgramFile
from hiphinge.service.commandline import day_text

if TYPE_CHECKING:
    from hiphinge.program.decision import Decision
    from hiphinge.service.desk import Desk
    from hiphinge.store import Person

__all__ = [
    "STOPPED",
    "PersonName",
    "ProgramFile",
    "StoreUrl",
    "decision_document",
    "leave_if_stopped",
    "opened",
    "say_decision",
    "say_evidence",
]

PersonName = Annotated[
    str, typer.Argument(metavar="PERSON", help="Name, or number as in hiphinge person list.", show_default=False)
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="HIPHINGE_STORE",
        show_envvar=False,
        help="Where people are kept: a file, or a PostgreSQL URL. Default: $HIPHINGE_STORE, else your data folder.",
    ),
]
#: Exit code where everything was kept, and a stop is in force that only a clinician lifts.
STOPPED = 20
#: Whether a condition holds; shapes that differ without colour.
_HOLDS = {True: "✓", False: "○", None: "?"}


@contextmanager
def opened(context: typer.Context, store: str | None, program: Path | None, *, make: bool = False) -> Iterator[Desk]:
    """Open the store and the program for one command; errors are said kindly.

    ``make``: a store that is not there yet is made.
    A test may put a runner of clips into ``context.obj``, and a clock as its attribute ``clock``.
    """
    with guarded():
        from hiphinge.service.desk import utc_now
        from hiphinge.service.opening import open_desk

        given = context.obj
        try:
            runner, clock = given if callable(given) else None, getattr(given, "clock", utc_now)
            with open_desk(store, program, runner=runner, clock=clock, make=make) as desk:
                yield desk
        except KeyboardInterrupt:
            say("Stopped. What was entered before is kept.")
            raise typer.Exit(INTERRUPTED) from None


def say_decision(decision: Decision) -> None:
    """Print what comes next, in one sentence."""
    write_out("")
    # A stop speaks for itself, and so does a sentence that says when.
    plain = decision.action in ("stop_now", "stop_see") or decision.reason.startswith("Next ")
    write_out(decision.reason if plain else f"Next: {decision.reason}")
    from hiphinge.service.interview import say_urgent

    if urgent := say_urgent(decision):
        write_out(urgent)
    if decision.not_before is not None:
        write_out(f"Not before {day_text(decision.not_before, clock=True)}.")


def leave_if_stopped(decision: Decision) -> None:
    """Leave with an exit code of its own where a stop is in force, so that a script sees it.

    Raises
    ------
    typer.Exit
        With 20.
    """
    if decision.action in ("stop_now", "stop_see"):
        raise typer.Exit(STOPPED)


def say_evidence(decision: Decision) -> None:
    """Print why, a line for each condition."""
    write_out("")
    write_out("Why:")
    for line in decision.evidence:
        needed = f" (asked for: {line.needed})" if line.needed else ""
        write_out(f"  {_HOLDS[line.holds]} {line.rule}: {line.seen}{needed}")


def decision_document(person: Person, decision: Decision) -> dict[str, object]:
    """Return a decision as plain lists, texts and numbers, for JSON."""
    return {
        "person": {"id": person.id, "name": person.name},
        "action": decision.action,
        "step": decision.step,
        "drill": decision.drill,
        "variant": decision.variant,
        "reason": decision.reason,
        "options": list(decision.options),
        "not_before": None if decision.not_before is None else decision.not_before.isoformat(),
        "evidence": [
            {
                "rule": line.rule,
                "needed": line.needed,
                "seen": line.seen,
                "holds": line.holds,
                "events": list(line.events),
                "source": line.source,
            }
            for line in decision.evidence
        ],
    }
