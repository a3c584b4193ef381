"""The words of questions and answers, the same on the command line and in a browser."""

from __future__ import annotations

from collections.abc import Mapping

from hiphinge.program import Program
from hiphinge.program.history import (
    EFFORT_PLACES,
    PAIN_PLACES,
    ClipSeen,
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
from hiphinge.program.words import name_drill

__all__ = ["EFFORT_WORDS", "LEG_WORDS", "PAIN_WORDS", "SCALE", "name_entry"]

#: What 0 and 10 mean.
SCALE = "0: no pain, 10: the worst you can imagine"

_EFFORT = {
    "hamstrings": "back of the thighs (hamstrings)",
    "buttocks": "buttocks",
    "low_back": "low back",
    "thighs_front": "front of the thighs",
    "upper_back": "upper back",
    "neck": "neck",
    "other": "somewhere else",
    "nothing": "nothing much",
}
_PAIN = {
    "low_back": "low back",
    "buttock": "buttock",
    "leg_above_knee": "leg, above the knee",
    "leg_below_knee": "leg, below the knee",
    "hip": "hip or groin",
    "knee": "knee",
    "neck": "neck",
    "other": "somewhere else",
}
#: Where effort can be felt → words.
EFFORT_WORDS: Mapping[str, str] = {place: _EFFORT[place] for place in EFFORT_PLACES}
#: Where pain can be → words.
PAIN_WORDS: Mapping[str, str] = {place: _PAIN[place] for place in PAIN_PLACES}
#: How leg pain moved → words.
LEG_WORDS: Mapping[str, str] = {
    "same": "it stayed where it was",
    "further": "it went further down the leg",
    "back": "it drew back towards the spine",
}

_ENTRIES: Mapping[type[Event], str] = {
    RedFlagAnswers: "answers to the red-flag questions",
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
    if isinstance(event, OutcomeScore):
        return f"score: {event.measure} {event.value:g}"
    return _ENTRIES.get(type(event), "entry")
