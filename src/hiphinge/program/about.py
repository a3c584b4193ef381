"""What a person said that no rule reads: the aim, where and since when it hurts, and their own ticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hiphinge.program.history import Event, Intake, Ticks
from hiphinge.program.model import Program
from hiphinge.program.words import mask_addresses, name_drill, places_text

__all__ = ["describe_intake", "describe_ticks"]


def describe_intake(events: Iterable[Event]) -> str:
    """Say what the last intake told: what the person wants to do again, where it hurts, and since when.

    ``""`` where nothing of it was answered. What a later intake leaves open stays as it was told before.
    """
    goal = since = ""
    places: tuple[str, ...] = ()
    for event in events:
        if isinstance(event, Intake):
            goal, since = event.goal.strip() or goal, event.since.strip() or since
            places = event.places or places
    parts = []
    if goal:
        parts.append(f"Goal: {_end(goal)}")
    if places or since:
        where = f"Pain: {places_text(places)}" if places else "Pain"
        parts.append(_end(f"{where}; since: {since}" if since else where))
    return mask_addresses(" ".join(parts))


def describe_ticks(events: Iterable[Event], program: Program, session: str) -> tuple[str, ...]:
    """Say what was ticked in a session, a sentence for each drill; a later answer replaces an earlier one."""
    ticked: dict[str, dict[str, bool]] = {}
    by: dict[str, str] = {}
    for event in events:
        if isinstance(event, Ticks) and event.session == session:
            ticked.setdefault(event.drill, {}).update(event.ticks)
            by[event.drill] = " by the clinician" if event.by == "clinician" else ""
    return tuple(
        f"{name_drill(program, drill)}, {_describe_answers(answers, program, drill, by[drill])}"
        for drill, answers in ticked.items()
        if answers
    )


def _describe_answers(answers: Mapping[str, bool], program: Program, drill: str, by: str) -> str:
    texts = {tick.id: tick.text for one in program.drills if one.id == drill for tick in one.ticks}
    parts = []
    for head, wanted in ((f"ticked{by}", True), (f"not ticked{by}", False)):
        found = [_end(texts.get(tick, tick.replace("_", " "))) for tick, answer in answers.items() if answer is wanted]
        if found:
            parts.append(f"{head}: {' '.join(found)}")
    return " ".join(part if not k else part[:1].upper() + part[1:] for k, part in enumerate(parts))


def _end(text: str) -> str:
    return text if text[-1:] in ".!?" else f"{text}."
