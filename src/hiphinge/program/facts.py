"""What the pages read from a log: the events that count, session by session, and the words for what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hiphinge.program.corrected import counting_events
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    NextMorning,
    RepResult,
    SessionClosed,
    SessionOpened,
    SetDone,
)
from hiphinge.program.pain import BACK_PLACES, is_back_pain

__all__ = [
    "BACK_PLACES",
    "Estimate",
    "SessionFacts",
    "back_reps",
    "counting",
    "estimate",
    "middle_lumbar",
    "session_facts",
    "usual_cue",
    "worst_pain",
]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 90 % interval."""

    value: float
    lo: float
    hi: float
    unit: str


@dataclass(slots=True)
class SessionFacts:
    """The events of one session, and when it began; ``feels`` holds, for each set, how it felt (None: not asked).

    ``resting`` is the back's pain at rest (None: not asked), told at its start or by an intake before its first set.
    """

    session: str
    opened: SessionOpened | None = None
    closed: SessionClosed | None = None
    at: datetime | None = None
    sets: list[SetDone] = field(default_factory=list)
    clips: list[ClipSeen] = field(default_factory=list)
    feels: list[FeelLog] = field(default_factory=list)
    morning: NextMorning | None = None
    resting: int | None = None

    @property
    def worked(self) -> bool:
        """Whether anything was filmed or felt in it."""
        return bool(self.sets or self.clips or self.feels)

    def feel_of(self, number: int) -> FeelLog | None:
        """Return how set ``number`` (from 0) felt: the answer to its drill after it, before the drill's next set."""
        return _match(self.sets, self.feels).get(number)


def counting(history: History) -> tuple[Event, ...]:
    """Return the events that count, as corrected: withdrawn entries, withdrawals and corrections are left out."""
    return counting_events(history.events)


def session_facts(events: Iterable[Event]) -> dict[str, SessionFacts]:
    """Sort the events of every session, in the order in which the sessions began."""
    found: dict[str, SessionFacts] = {}
    going: SessionFacts | None = None
    for event in events:
        if isinstance(event, Intake) and going is not None:
            _take_in(going, event)
        session = getattr(event, "session", None)
        if session is None:
            continue
        facts = found.setdefault(session, SessionFacts(session))
        if facts.at is None:
            facts.at = event.at
        _sort_in(facts, event)
        if isinstance(event, SessionOpened):
            going = facts
        elif isinstance(event, SessionClosed) and facts is going:
            going = None
    return found


def _take_in(facts: SessionFacts, event: Intake) -> None:
    if facts.resting is None and not facts.sets and event.pain is not None:
        facts.resting = event.pain if is_back_pain(event.places) else 0


def _sort_in(facts: SessionFacts, event: Event) -> None:
    if isinstance(event, SetDone):
        facts.sets.append(event)
    elif isinstance(event, ClipSeen):
        facts.clips.append(event)
    elif isinstance(event, FeelLog):
        facts.feels.append(event)
    elif isinstance(event, NextMorning):
        facts.morning = event
    elif isinstance(event, SessionOpened):
        facts.opened, facts.resting = event, event.resting_pain
    elif isinstance(event, SessionClosed):
        facts.closed = event


def _match(sets: Sequence[SetDone], feels: Sequence[FeelLog]) -> dict[int, FeelLog]:
    """Give the n-th answer about a drill to its n-th set; more answers than sets: the last set has the last one."""
    rows: dict[str, list[int]] = {}
    for number, one in enumerate(sets):
        rows.setdefault(one.drill, []).append(number)
    seen: Counter[str] = Counter()
    found: dict[int, FeelLog] = {}
    for feel in feels:
        of_drill = rows.get(feel.drill, [])
        if of_drill:
            found[of_drill[min(seen[feel.drill], len(of_drill) - 1)]] = feel
            seen[feel.drill] += 1
    return found


def estimate(measures: Mapping[str, tuple[float, float, float]], name: str, unit: str) -> Estimate | None:
    """Return one measure of a clip or set; None where it was not told."""
    found = measures.get(name)
    if found is None or any(one != one for one in found):
        return None
    return Estimate(*found, unit)


def middle_lumbar(sets: Iterable[SetDone]) -> Estimate | None:
    """Return the lumbar flexion of the middle rep of those judged for the back, with its own interval."""
    reps = [
        Estimate(rep.lumbar_deg, rep.lumbar_lo_deg, rep.lumbar_hi_deg, "°")
        for one in sets
        for rep in back_reps(one)
        if rep.lumbar_deg is not None and rep.lumbar_lo_deg is not None and rep.lumbar_hi_deg is not None
    ]
    reps.sort(key=lambda rep: rep.value)
    return reps[len(reps) // 2] if reps else None


def back_reps(one: SetDone) -> tuple[RepResult, ...]:
    """Return the reps of a set that were filmed with the back free of hands."""
    return one.reps if one.back_reps is None else one.reps[max(0, len(one.reps) - one.back_reps) :]


def worst_pain(facts: SessionFacts) -> int | None:
    """Return the worst pain of a session while something was done; None where nobody answered."""
    told = [one.pain for one in facts.feels] + [one.pain for one in facts.clips]
    return max((pain for pain in told if pain is not None), default=None)


def usual_cue(sets: Sequence[SetDone]) -> str:
    """Return the cue that the last set with a cue gave most often; ``""`` without one."""
    for one in reversed(sets):
        cues = Counter(rep.cue for rep in one.reps if rep.cue)
        if cues:
            return cues.most_common(1)[0][0]
    return ""
