"""What an answer about pain asks for: go on, do less, stop the set, or see a clinician."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from hiphinge.program.decision import Line
from hiphinge.program.history import EFFORT_PLACES, FeelLog
from hiphinge.program.model import Program

__all__ = [
    "BACK_PLACES", "FULL_DOSE", "LESS", "RISE", "STOP", "PainCall", "call_pain", "felt_effort", "is_answered",
    "is_back_pain", "merge_feels", "misses_leg_answer", "pain_lines", "rate_back",
]  # fmt: skip

#: Where pain may come from the back; an answer without a place counts as one of them.
BACK_PLACES = frozenset({"low_back", "buttock", "leg_above_knee", "leg_below_knee"})
#: Where it is not the back's. A place that stands in neither list counts as the back's.
_ELSEWHERE = frozenset({"hip", "knee", "neck", "other"})
#: Places whose pain may move down the leg: then how it moved, and new numbness, must be answered.
_LEG_PLACES = frozenset({"leg_above_knee", "leg_below_knee"})
#: Back pain (0-10) from which the dose is cut, and from which the set stops; a rise over rest that stops it, or that
#: steps back when it is still there the next morning (after Thomeé 1997 and Silbernagel 2007, stricter: DESIGN).
LESS, STOP, RISE = 3, 5, 2

#: What the line about the dose is called; ``today`` looks for it.
FULL_DOSE = "Back pain for the full dose"

PainCall = Literal["go", "less", "stop_set", "stop_see"]


def is_back_pain(places: Collection[str]) -> bool:
    """Say whether pain at these places counts as the back's: unless every one of them is known to be elsewhere."""
    return not places or not set(places) <= _ELSEWHERE


def rate_back(feel: FeelLog) -> int | None:
    """Return the back's pain (0-10): 0 where all of it is elsewhere, None where it was not asked."""
    if feel.pain is None:
        return None
    return feel.pain if is_back_pain(feel.pain_places) else 0


def felt_effort(feel: FeelLog) -> frozenset[str] | None:
    """Return where the effort was felt; None where no place was named, or one that is not known."""
    effort = frozenset(feel.effort or ())
    return effort if effort and effort <= set(EFFORT_PLACES) else None


def misses_leg_answer(feel: FeelLog) -> bool:
    """Say whether pain in the leg was named, but not how it moved, or whether there is new numbness."""
    named = bool(feel.pain) and bool(_LEG_PLACES & set(feel.pain_places))
    return named and (feel.leg is None or feel.new_numbness is None)


def is_answered(feel: FeelLog | None) -> bool:
    """Say whether effort and pain of a set are answered, and what pain in the leg asks for beside."""
    return feel is not None and feel.pain is not None and felt_effort(feel) is not None and not misses_leg_answer(feel)


def merge_feels(before: FeelLog | None, after: FeelLog) -> FeelLog:
    """Put two answers about one set together: what was left open is filled in, and the worst pain stays.

    A milder second answer does not undo the first; withdrawing the first does.
    """
    if before is None:
        return after
    merged = replace(
        after, effort=after.effort if felt_effort(after) is not None else before.effort,
        leg=after.leg if after.leg is not None else before.leg,
        new_numbness=after.new_numbness if after.new_numbness is not None else before.new_numbness,
    )  # fmt: skip
    if _weigh(before) > _weigh(after):
        merged = replace(merged, key=before.key, pain=before.pain, pain_places=before.pain_places)
    return merged


def _weigh(feel: FeelLog) -> tuple[int, int]:
    """Order answers by the back's pain, then by the pain anywhere; no answer weighs least."""
    back = rate_back(feel)
    return (-1, -1) if back is None or feel.pain is None else (back, feel.pain)


def call_pain(feel: FeelLog, resting: int) -> PainCall:
    """Judge the pain of one set.

    Parameters
    ----------
    feel
        How the set felt.
    resting
        Pain at rest when the session began (0-10).

    Notes
    -----
    Pain of ``STOP`` or more stops the set wherever it is; the finer rules are for the back's. Pain that moves back
    towards the spine goes on; it does not lift the other rules.
    """
    if feel.leg == "further" or feel.new_numbness:
        return "stop_see"
    back = rate_back(feel)
    if back is None or feel.pain is None:
        return "go"
    if feel.pain >= STOP or back - resting >= RISE:
        return "stop_set"
    return "less" if back >= LESS else "go"


def pain_lines(feel: FeelLog, resting: int, program: Program) -> tuple[Line, ...]:
    """Explain, line by line, what ``call_pain`` rests on."""
    source, keys = program.sources.get("pain", "The program's rules about pain"), (feel.key,)
    of_leg = program.sources.get("leg", source)
    back, worst = rate_back(feel), feel.pain
    lines = []
    if worst is None or back is None:
        lines.append(Line("Pain in the set", "an answer from 0 to 10", "not answered", None, keys, source))
    else:
        lines.append(Line("Pain in the set", f"less than {STOP} of 10", f"{worst} of 10", worst < STOP, keys, source))
        lines.append(
            Line(
                "Back pain over rest", f"less than {RISE} more than at rest ({resting})", f"{back} of 10",
                back - resting < RISE, keys, source,
            )
        )  # fmt: skip
        lines.append(Line(FULL_DOSE, f"{LESS - 1} of 10 or less", f"{back} of 10", back < LESS, keys, source))
    if feel.leg is not None:
        words = {"same": "stayed where it was", "further": "moved further down", "back": "moved back towards the spine"}
        seen, holds = words[feel.leg], feel.leg != "further"
        lines.append(Line("Leg pain", "does not move further down the leg", seen, holds, keys, of_leg))
    if feel.new_numbness is not None:
        seen = "yes" if feel.new_numbness else "no"
        lines.append(Line("New numbness or weakness", "none", seen, not feel.new_numbness, keys, of_leg))
    return tuple(lines)
