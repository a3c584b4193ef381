"""What a set and a session count for: judged reps, tiredness of the back, and the conditions of a gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median

from hiphinge.program.clock import Back, Moment, find_gap
from hiphinge.program.decision import Line
from hiphinge.program.history import EFFORT_PLACES, FeelLog, RepGrade, RepResult, SetDone
from hiphinge.program.model import Drill, Gate, Program
from hiphinge.program.pain import LESS, felt_effort, rate_back
from hiphinge.program.words import places_text

__all__ = [
    "FATIGUE_DEG",
    "KEPT",
    "Credit",
    "Reading",
    "Tally",
    "add_feel",
    "add_set",
    "count_apart",
    "counts_for_gate",
    "drop_old",
    "find_fatigue_deg",
    "grade_reps",
    "has_two_missed",
    "is_back_rule",
    "morning_lines",
    "name_places",
    "read_set",
    "session_lines",
    "sessions_line",
]

#: How much more the lumbar spine bends in the last reps than in the first before the set is over (degrees, DESIGN).
FATIGUE_DEG = 10.0
#: So many reps at each end are compared (fewer in a short set), from so many reps on.
_ENDS, _FEWEST = 3, 4
#: So many judged reps make a set in an easier form that tells something.
_TELLING = 5
#: So many reps with a free back speak for the back of those before them (clinical rule: the last three).
_FREE = 3
#: A session counts for a gate for so long (DESIGN).
KEPT = timedelta(weeks=4)


def is_back_rule(rule: str) -> bool:
    """Say whether a rule is about the shape of the back (4 and what belongs to it)."""
    return rule.rstrip("abcdefghijklmnopqrstuvwxyz") == "4"


def grade_reps(done: SetDone) -> tuple[tuple[RepGrade, tuple[str, ...]], ...]:
    """Grade each rep of a set, with the rules it missed.

    Notes
    -----
    Where only the last ``back_reps`` were filmed with the back free of hands, only those are judged for the back. A rep
    before them can miss another rule. It passed where it missed none, the back was all that was not told, and the free
    reps speak for it: three or more of them, most of them told, none of which missed the back. Else it is
    ``cannot_tell``.
    """
    free = len(done.reps) if done.back_reps is None else max(done.back_reps, 0)
    hidden = len(done.reps) - free
    kept = hidden > 0 and _keeps_back(done.reps[hidden:])
    found: list[tuple[RepGrade, tuple[str, ...]]] = []
    for index, rep in enumerate(done.reps):
        if index >= hidden:
            found.append((rep.grade, rep.missed_rules if rep.grade == "miss" else ()))
            continue
        others = tuple(rule for rule in rep.missed_rules if not is_back_rule(rule))
        missed = rep.grade == "miss" and (bool(others) or not rep.missed_rules)
        fine = kept and _is_fine_but_for_back(rep)
        found.append(("miss", others) if missed else ("pass", ()) if fine else ("cannot_tell", ()))
    return tuple(found)


def _keeps_back(free: Sequence[RepResult]) -> bool:
    """Say whether the reps with a free back speak for those before them."""
    told = [rep for rep in free if rep.grade != "cannot_tell"]
    rounded = any(is_back_rule(rule) for rep in free for rule in rep.missed_rules)
    return len(free) >= _FREE and 2 * len(told) > len(free) and not rounded


def _is_fine_but_for_back(rep: RepResult) -> bool:
    return rep.grade == "pass" or (
        rep.grade == "cannot_tell" and not rep.missed_rules and set(rep.untold_rules) == {"4"}
    )


def has_two_missed(grades: Iterable[RepGrade]) -> bool:
    """Say whether two judged reps in a row missed; reps that cannot be told are passed over."""
    before: RepGrade = "pass"
    for grade in grades:
        if grade == "cannot_tell":
            continue
        if grade == before == "miss":
            return True
        before = grade
    return False


def find_fatigue_deg(reps: Sequence[RepResult], back_reps: int | None = None) -> float | None:
    """Return how much more the lumbar spine bends in the last reps than in the first (degrees), None if not told.

    Medians of three reps at each end; of half of the reps where fewer than six were told. Reps whose back was hidden
    by hands are left out.
    """
    seen = reps if back_reps is None else reps[max(len(reps) - back_reps, 0) :]
    told = [rep.lumbar_deg for rep in seen if rep.lumbar_deg is not None]
    if len(told) < _FEWEST:
        return None
    ends = min(_ENDS, len(told) // 2)
    return median(told[-ends:]) - median(told[:ends])


@dataclass(frozen=True, slots=True)
class Reading:
    """One set, read: judged and passed reps, rules missed (most often first), two missed in a row, tiredness."""

    judged: int
    passed: int
    missed: tuple[str, ...]
    two_missed: bool
    fatigue_deg: float | None
    good: bool
    rounded: bool


def read_set(done: SetDone, gate: Gate | None) -> Reading:
    """Read a set.

    ``good``: enough judged reps with the gate's share passed; ``rounded``: the back missed in most, or in two or more.
    """
    graded = grade_reps(done)
    grades = [grade for grade, _ in graded]
    passed, missed = grades.count("pass"), grades.count("miss")
    rules = Counter(rule for _, rules in graded for rule in dict.fromkeys(rules))
    rounds = sum(any(is_back_rule(rule) and rule != "4d" for rule in rules) for _, rules in graded)
    judged = passed + missed
    return Reading(
        judged, passed, tuple(rule for rule, _ in rules.most_common()), has_two_missed(grades),
        find_fatigue_deg(done.reps, done.back_reps),
        gate is not None and judged >= min(gate.reps, _TELLING) and _has_share(passed, judged, gate),
        2 * rounds > judged > 0 or rounds >= 2,
    )  # fmt: skip


def _has_share(passed: int, judged: int, gate: Gate) -> bool:
    return judged > 0 and passed * gate.reps >= gate.passed * judged


def counts_for_gate(drill: Drill, variant: str) -> bool:
    """Say whether sets in a variant pass the drill's gate: as it stands, harder, or one that says so."""
    if not variant:
        return True
    return any(one.id == variant and (one.gates or one.direction == "harder") for one in drill.variants)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one session has brought for the gate of one drill so far.

    ``felt``: effort and pain were answered after the last set. ``pain`` is the session's worst in the back.
    """

    first: Moment | None = None
    good_sets: int = 0
    judged: int = 0
    passed: int = 0
    felt: bool = False
    pain: int | None = None
    effort: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()


def add_set(tally: Tally, done: SetDone, reading: Reading, gate: Gate, moment: Moment) -> Tally:
    """Add a set that counts for the gate."""
    enough = reading.judged >= gate.reps and _has_share(reading.passed, reading.judged, gate)
    return replace(
        tally, first=tally.first or moment, good_sets=tally.good_sets + enough, judged=tally.judged + reading.judged,
        passed=tally.passed + reading.passed, felt=False, keys=(*tally.keys, done.key),
    )  # fmt: skip


def add_feel(tally: Tally, feel: FeelLog, counted: bool) -> Tally:
    """Add how a set felt; ``counted``: it was one that counts for the gate.

    A place of effort that is not known, or none at all, is no answer.

    Sets that were felt in the back do not count; the pain of the session stays.
    """
    back = rate_back(feel)
    pain = tally.pain if back is None else max(back, tally.pain or 0)
    effort = felt_effort(feel)
    if effort is not None and "low_back" in effort:
        return Tally(pain=pain)
    if not counted:
        return replace(tally, pain=pain)
    return replace(
        tally, felt=back is not None and effort is not None, pain=pain,
        effort=tally.effort | (effort or frozenset()), keys=_join(tally.keys, (feel.key,)),
    )  # fmt: skip


def _join(keys: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*keys, *more)))


def session_lines(tally: Tally, gate: Gate, program: Program, worst: int | None = None) -> tuple[Line, ...]:
    """Explain what one session brings for the gate; it does when every line holds.

    ``worst`` is the session's worst pain in the back, in whichever drill.
    """
    source = program.sources.get("gate", "The program's gate")
    if gate.sets > 1:
        needed = f"{gate.sets} sets of at least {gate.reps} judged reps, {gate.passed} of {gate.reps} passing"
        seen = f"{tally.good_sets} such {_plural('set', tally.good_sets)}"
        holds = tally.good_sets >= gate.sets
    else:
        needed = f"at least {gate.reps} judged reps in one session, {gate.passed} of {gate.reps} passing"
        seen = f"{tally.passed} of {tally.judged} passed"
        holds = tally.judged >= gate.reps and _has_share(tally.passed, tally.judged, gate)
    known = max((one for one in (tally.pain, worst) if one is not None), default=None)
    calm = None if known is None or not tally.felt else known <= gate.max_pain
    calm = False if known is not None and known > gate.max_pain else calm
    seen_pain = "not answered" if known is None or calm is None else f"{known} of 10"
    needed_pain = f"{gate.max_pain} of 10 or less"
    return (
        Line("Reps that pass", needed, seen, holds, tally.keys, source),
        Line("Back pain in the session", needed_pain, seen_pain, calm, tally.keys, program.sources.get("pain", source)),
        _effort_line(tally, gate, program),
    )


def _effort_line(tally: Tally, gate: Gate, program: Program) -> Line:
    places = " or ".join(gate.effort_any_of) or "anywhere"
    needed = f"{places}, not in the back"
    holds: bool | None = None
    if tally.felt:
        holds = not gate.effort_any_of or bool(tally.effort & set(gate.effort_any_of))
    seen = name_places(tally.effort)
    return Line(
        "Where the effort is felt", needed, seen if tally.felt else "not answered", holds, tally.keys,
        program.sources.get("article", "The program's gate"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credit:
    """A session that brought what the gate asks for.

    ``rise``: the next morning's pain over rest, None: no answer; ``morning``: that pain.
    """

    session: str
    first: Moment
    keys: tuple[str, ...]
    resting: int
    lines: tuple[Line, ...] = ()
    rise: int | None = None
    morning: int | None = None

    def is_calm(self, gate: Gate) -> bool | None:
        """Say whether the next morning was as calm as the gate asks for, and below what cuts the dose."""
        if gate.max_morning_rise is None:
            return True
        if self.rise is None:
            return None
        return self.rise <= gate.max_morning_rise and (self.morning or 0) < LESS


def drop_old(credits: Sequence[Credit], moment: Moment, backs: Iterable[Back]) -> tuple[Credit, ...]:
    """Leave out the sessions that lie too far back to count."""
    return tuple(one for one in credits if find_gap(one.first, moment, backs) <= KEPT)


def count_apart(credits: Sequence[Credit], gate: Gate, backs: Iterable[Back]) -> tuple[Credit, ...]:
    """Return the sessions that count together: mornings answered and calm where asked, each far enough apart."""
    chosen: list[Credit] = []
    for one in credits:
        if not one.is_calm(gate):
            continue
        if not chosen or find_gap(chosen[-1].first, one.first, backs).total_seconds() >= gate.apart_h * 3600:
            chosen.append(one)
    return tuple(chosen)


def sessions_line(credits: Sequence[Credit], counted: Sequence[Credit], gate: Gate, program: Program) -> Line:
    """Explain how many sessions count."""
    apart = f", at least {gate.apart_h:g} h apart" if gate.sessions > 1 else ""
    needed = f"{gate.sessions} {_plural('session', gate.sessions)}{apart}"
    left = len(credits) - len(counted)
    seen = f"{len(counted)} counted"
    if left:
        seen += f", {left} not: too early, or no calm morning after it"
    keys = tuple(key for one in counted for key in one.keys)
    return Line(
        "Sessions that count", needed, seen, len(counted) >= gate.sessions, keys,
        program.sources.get("retest", "The program's gate"),
    )  # fmt: skip


def morning_lines(credits: Sequence[Credit], gate: Gate, program: Program) -> tuple[Line, ...]:
    """Explain the mornings after sessions that bring the gate."""
    if gate.max_morning_rise is None:
        return ()
    source = program.sources.get("pain", "The program's gate")
    needed = f"less than {LESS} of 10, and no more than {gate.max_morning_rise} over rest"
    lines = []
    for one in credits:
        seen = "not answered" if one.rise is None else f"{one.rise:+d} over rest"
        lines.append(Line("The next morning", f"{needed} ({one.resting})", seen, one.is_calm(gate), one.keys, source))
    return tuple(lines)


def name_places(places: Iterable[str]) -> str:
    """Name the places of effort, in the order in which they are asked."""
    given = set(places)
    return places_text(one for one in EFFORT_PLACES if one in given) or "no place named"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
