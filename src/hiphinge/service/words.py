"""The words of questions and answers, the same on the command line and in a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hiphinge.program import Drill, Program
from hiphinge.program.history import (
    ClipSeen,
    Corrected,
    Event,
    FeelLog,
    Intake,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
)
from hiphinge.program.model import Variant
from hiphinge.program.words import EFFORT_WORDS, PAIN_WORDS, mask_addresses, name_drill

__all__ = [
    "EFFORT_WORDS", "LEG_WORDS", "PAIN_WORDS", "SCALE", "mask_addresses", "name_entry", "set_up_lines",
]  # fmt: skip

#: What 0 and 10 mean.
SCALE = "0: no pain, 10: the worst you can imagine"

#: How leg pain moved → words.
LEG_WORDS: Mapping[str, str] = {
    "same": "it stayed where it was",
    "further": "it went further down the leg",
    "back": "it drew back towards the spine",
}

#: Where the heels stand, in a set-up line and in a variant's name.
_HEELS = re.compile(r"\bheels\b[^,;]*?shoe-lengths?[^,;]*", re.IGNORECASE)

_ENTRIES: Mapping[type[Event], str] = {
    RedFlagAnswers: "answers to the safety questions",
    Intake: "pain now, and how it began",
    SessionOpened: "start of a session",
    SessionClosed: "end of a session",
    NextMorning: "the morning after",
}
_OF_DRILL: Mapping[type[Event], str] = {
    ClipSeen: "clip", SetDone: "set", FeelLog: "how it felt", Ticks: "what only you can tell",
}  # fmt: skip


def name_entry(event: Event, program: Program) -> str:
    """Say what an entry is, for example ``set: wall hinge``."""
    if isinstance(event, ClipSeen | SetDone | FeelLog | Ticks):
        return f"{_OF_DRILL[type(event)]}: {name_drill(program, event.drill).lower()}"
    if isinstance(event, Override):
        return f"decision of {event.clinician}"
    if isinstance(event, Corrected):
        return f"correction of {event.by}"
    if isinstance(event, OutcomeScore):
        return f"score: {event.measure} {event.value:g}"
    return _ENTRIES.get(type(event), "entry")


def set_up_lines(drill: Drill, variant: Variant | None) -> tuple[str, ...]:
    """Return a drill's set-up; a variant that sets the distance to the wall says it in place of the drill."""
    if variant is None or not _HEELS.fullmatch(variant.name):
        return drill.setup
    return tuple(_HEELS.sub(variant.name.lower(), line) for line in drill.setup)
