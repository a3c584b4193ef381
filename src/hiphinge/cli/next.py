"""``hiphinge next``: what comes next in one sentence, why, and how to do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from hiphinge.cli.arguments import Json
from hiphinge.cli.desk import (
    PersonName,
    ProgramFile,
    StoreUrl,
    decision_document,
    leave_if_stopped,
    opened,
    say_decision,
    say_evidence,
)
from hiphinge.cli.guard import write_out
from hiphinge.cli.session import Equipment, Minutes, Space
from hiphinge.service.commandline import command_line

if TYPE_CHECKING:
    from hiphinge.program.decision import Decision
    from hiphinge.program.today import Block, Today
    from hiphinge.service.desk import Desk, Look
    from hiphinge.store import Person

__all__ = ["next_step", "say_next", "say_short"]

_STOPS = ("stop_now", "stop_see")
#: Nothing more is done in this session.
_ENDS = ("end_session", "wait", "done")


def next_step(
    context: typer.Context,
    person: PersonName,
    equipment: Equipment = None,
    minutes: Minutes = None,
    space: Space = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
    as_json: Json = False,
) -> None:
    """Say what comes next for a person, why, and how to do it; with what you have, today's session."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import split_words

        found = desk.find(person)
        have = None if equipment is None else split_words(equipment)
        if as_json:
            import json

            look = desk.look(found)
            today = desk.plan(look, equipment=have, minutes=minutes, space_m=space)
            document = decision_document(found, look.decision) | {"today": _today_document(today)}
            write_out(json.dumps(document, indent=2, ensure_ascii=False))
            leave_if_stopped(look.decision)
            return
        leave_if_stopped(say_next(desk, found, equipment=have, minutes=minutes, space_m=space))


def say_next(
    desk: Desk,
    person: Person,
    *,
    equipment: tuple[str, ...] | None = None,
    minutes: int | None = None,
    space_m: float | None = None,
) -> Decision:
    """Print the decision, its lines, how to do what is due, and the command that goes on; return the decision."""
    from hiphinge.verdict.headlines import NOTICE

    look = desk.look(person)
    today = desk.plan(look, equipment=equipment, minutes=minutes, space_m=space_m)
    say_decision(look.decision)
    say_evidence(look.decision)
    for line in _section("To read with your clinician", desk.explain_screen(look)):
        write_out(line)
    for line in _describe_today(today, desk.program.pain):
        write_out(line)
    write_out("")
    _say_go_on(desk, person, look)
    write_out("")
    write_out(NOTICE)
    return look.decision


def say_short(desk: Desk, person: Person, *, screen: bool = False) -> Decision:
    """Print the decision, and the commands that go on, during a session; return the decision.

    ``screen``: one was just filmed or left out, so that after the last one they are put side by side.
    """
    look = desk.look(person)
    if screen:
        for line in _section("To read with your clinician", desk.explain_screen(look)):
            write_out(line)
    say_decision(look.decision)
    write_out("")
    write_out(f"Why, and how to do it: {command_line('next', person.name)}")
    _say_go_on(desk, person, look)
    finish = command_line("session", "finish", person.name)
    if look.decision.action not in _STOPS and look.session is not None and _go_on(desk, person, look) != finish:
        write_out(f"Done for today: {finish}")
    return look.decision


def _say_go_on(desk: Desk, person: Person, look: Look) -> None:
    """Print the command that comes next, and the one that leaves a screen out."""
    if look.decision.action in _STOPS:
        cleared = command_line("override", person.name, "--clears-stop")
        write_out(f"For the clinician, once they have seen {person.name}: {cleared}")
        if look.session is not None:
            write_out(f"To end this session: {command_line('session', 'finish', person.name)}")
        return
    when = "From then on" if look.decision.not_before is not None and look.session is None else "To go on"
    if look.decision.action == "end_set":
        when = "Once it is calm again"
    write_out(f"{when}: {_go_on(desk, person, look)}")
    if look.decision.action == "screen" and look.session is not None:
        write_out(f"If it hurts: {command_line('session', 'log', person.name, '--leave-out')}")


def _go_on(desk: Desk, person: Person, look: Look) -> str:
    """Return the command that comes next."""
    if look.session is None:
        if look.questions.morning is not None:
            return command_line("session", "morning", person.name)
        return command_line("session", "start", person.name)
    if look.stale:
        return command_line("session", "finish", person.name)
    if look.questions.red_flags or look.questions.intake:
        return command_line("session", "start", person.name)
    decision = look.decision
    if decision.action == "ask" and look.questions.morning is not None:
        return command_line("session", "morning", person.name)
    if decision.action == "ask":
        return command_line("session", "log", person.name) + "  (how it felt)"
    if decision.action in _ENDS or (decision.drill is None and not decision.options):
        return command_line("session", "finish", person.name)
    if decision.drill is None:
        names = " or ".join(decision.options)
        return command_line("session", "log", person.name, "CLIP", "--drill", "DRILL") + f"  ({names})"
    return command_line("session", "log", person.name, "CLIP") + f"  ({desk.drill(decision.drill).name})"


def _describe_today(today: Today, pain: tuple[str, ...]) -> Iterator[str]:
    for number, block in enumerate(today.blocks):
        if number and today.choose:
            yield ""
            yield "Or:"
        yield from _describe_block(block)
    yield from _section("Left out", today.left_out)
    yield from _section("Instead", today.instead)
    if today.blocks:
        yield from _section("If it hurts", pain)


def _describe_block(block: Block) -> Iterator[str]:
    from hiphinge.service.words import set_up_lines

    drill, variant = block.drill, block.variant
    yield ""
    yield f"{drill.name}{f' ({variant.name.lower()})' if variant else ''}"
    yield drill.purpose
    setup = set_up_lines(drill, variant)
    yield from _section("Set up", setup)
    if variant is not None and setup == drill.setup:
        yield from _section(f"Today: {variant.name.lower()}", variant.setup)
    yield from _section("Hands", (drill.hands,))
    yield from _section("Feet", drill.feet)
    yield from _section(
        "With one of these" if len(block.alternatives) > 1 else "With",
        [f"{one.name}: {' '.join(one.setup)}" for one in block.alternatives],
    )
    yield from _section("How much", _amount(block))
    yield from _section("Film it", block.film)
    yield from _section("Only you can tell", [tick.text for tick in drill.ticks])
    yield from _section("Cues (pick the one that works)", drill.cues)


def _amount(block: Block) -> list[str]:
    dose = block.drill.dose
    low, high = dose.per_week
    often = f"{low} to {high} days a week" if low != high else f"at most {low} {'day' if low == 1 else 'days'} a week"
    sets = "1 set" if block.sets == 1 else f"{block.sets} sets"
    lines = [f"{sets} of {block.reps} reps, {dose.tempo}; {often}. About {block.minutes:.0f} minutes."]
    return [*([block.warm_up] if block.warm_up else []), *lines, *([dose.note] if dose.note else [])]


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = tuple(lines)
    if found:
        yield f"{title}:"
        yield from (f"  {line}" for line in found)


def _today_document(today: Today) -> dict[str, Any]:
    return {
        "choose": today.choose,
        "minutes": today.minutes,
        "left_out": list(today.left_out),
        "instead": list(today.instead),
        "blocks": [
            {
                "drill": block.drill.id,
                "variant": "" if block.variant is None else block.variant.id,
                "equipment": [one.id for one in block.alternatives],
                "sets": block.sets,
                "reps": block.reps,
                "minutes": block.minutes,
                "counts": block.counts,
            }
            for block in today.blocks
        ],
    }
