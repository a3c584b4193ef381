"""A program as data: red-flag questions, drills in order, their variants, doses and gates.

Read from TOML (``read.py``); ``data/hip-hinge.toml`` is the one that ships. A clinician may edit a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Dose", "Drill", "Equipment", "Gate", "Program", "RedFlag", "Stage", "Tick", "Variant"]

#: ``emergency``: help now; ``clinician``: see one before going on.
Urgency = Literal["emergency", "clinician"]
#: What a drill is for: a question asked with a clip, practice without a load, practice with one, the goal.
Kind = Literal["screen", "unloaded", "loaded", "deadlift"]


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One question; *yes* routes by ``urgency``. It never clears anyone."""

    id: str
    question: str
    urgency: Urgency
    source: str


@dataclass(frozen=True, slots=True)
class Equipment:
    """One way to load a drill, with its own set-up text."""

    id: str
    name: str
    setup: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """What only the person (or the therapist) can tell."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Variant:
    """An easier or harder form of a drill. ``helps`` names the rules whose failing calls for it.

    ``gates``: sets in it pass the drill's gate too; it is a help on the way, not a step to come back from.
    """

    id: str
    name: str
    direction: Literal["easier", "harder"]
    setup: tuple[str, ...]
    helps: tuple[str, ...] = ()
    gates: bool = False


@dataclass(frozen=True, slots=True)
class Dose:
    """How much: sets of reps, per week, tempo in words, and the load's next step."""

    sets: int
    reps: int
    per_week: tuple[int, int]
    tempo: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """What moves a person on from a drill.

    ``sessions`` sessions, each at least ``apart_h`` hours after the one before. In each, ``sets`` 1: at least ``reps``
    judged reps in all, of which the share ``passed / reps`` or more passed; ``sets`` above 1: so many sets of at least
    ``reps`` judged reps, each with that share passed. A rep that the camera cannot tell is not judged.
    ``effort_any_of`` are the places of which one must be felt (empty: anywhere), ``max_pain`` the back's, and
    ``max_morning_rise`` how much more the next morning may hurt.
    """

    sessions: int
    sets: int
    reps: int
    passed: int
    max_pain: int
    apart_h: float = 0.0
    effort_any_of: tuple[str, ...] = ()
    max_morning_rise: int | None = None


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill of the program. ``rules`` names the drill of the criteria whose rules and limits judge it."""

    id: str
    name: str
    kind: Kind
    rules: str
    purpose: str
    setup: tuple[str, ...]
    hands: str
    feet: tuple[str, ...]
    checks: tuple[str, ...]
    dose: Dose
    cues: tuple[str, ...] = ()
    ticks: tuple[Tick, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    variants: tuple[Variant, ...] = ()
    gate: Gate | None = None
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the ladder: a drill, or a choice between several that are equals."""

    id: str
    drills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """The whole program.

    ``pain`` says what to do about pain, in words; ``sources`` names what the ``source`` of a question stands for.
    """

    id: str
    title: str
    version: str
    summary: str
    pain: tuple[str, ...]
    red_flags: tuple[RedFlag, ...]
    drills: tuple[Drill, ...]
    stages: tuple[Stage, ...]
    sources: Mapping[str, str]

    def drill(self, drill: str) -> Drill:
        """Return the drill called ``drill``; KeyError names it."""
        for one in self.drills:
            if one.id == drill:
                return one
        raise KeyError(drill)
