"""What a person said that no rule reads: the aim, where and since when it hurts, and their own ticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hiphinge.program.history import Event, Intake, Override, RedFlagAnswers, SessionOpened, Ticks
from hiphinge.program.model import Program
from hiphinge.program.words import mask_addresses, name_drill, places_text

__all__ = ["SafetyAnswers", "describe_intake", "describe_ticks", "find_safety"]


@dataclass(frozen=True, slots=True)
class SafetyAnswers:
    """The answers to the safety questions as they stood, and when the last of them was given.

    ``yes`` are the questions that were answered so, ``no`` and ``left`` how many with no, and not at all.
    ``cleared_by``: the clinician who lifted the stop since; ``""`` where nobody did.
    """

    at: datetime
    yes: tuple[str, ...]
    no: int
    left: int
    cleared_by: str = ""


def find_safety(events: Sequence[Event], program: Program, session: str) -> SafetyAnswers | None:
    """Return the answers to the safety questions as they stood before the session after this one; None: not asked."""
    answers: dict[str, bool | None] = {}
    at, by, here = None, "", False
    for event in events:
        if isinstance(event, SessionOpened):
            if here:
                break
            here = event.session == session
        elif isinstance(event, RedFlagAnswers):
            answers.update(event.answers)
            at, by = event.at, ""
        elif isinstance(event, Override) and event.clears_stop:
            by = event.clinician
    if at is None:
        return None
    names = {flag.id: flag.question for flag in program.red_flags}
    known = {name: answers.get(name) for name in {**names, **answers}}
    told = list(known.values())
    yes = tuple(names.get(name, name.replace("_", " ")) for name, answer in known.items() if answer)
    return SafetyAnswers(at, yes, told.count(False), told.count(None), by if yes else "")


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
