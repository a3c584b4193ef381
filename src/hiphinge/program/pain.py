"""What an answer about pain asks for: go on, do less, stop the set, or see a clinician."""

from __future__ import annotations

from typing import Literal

from hiphinge.program.decision import Line
from hiphinge.program.history import FeelLog
from hiphinge.program.model import Program

__all__ = ["BACK_PLACES", "FULL_DOSE", "LESS", "RISE", "STOP", "PainCall", "call_pain", "pain_lines", "rate_back"]

#: Where pain may come from the back; an answer without a place counts as one of them.
BACK_PLACES = frozenset({"low_back", "buttock", "leg_above_knee", "leg_below_knee"})
#: Back pain (0-10) from which the dose is cut, and from which the set stops; a rise over rest that stops it, or that
#: steps back when it is still there the next morning (after Thomeé 1997 and Silbernagel 2007, stricter: DESIGN).
LESS, STOP, RISE = 3, 5, 2

#: What the line about the dose is called; ``today`` looks for it.
FULL_DOSE = "Back pain for the full dose"

PainCall = Literal["go", "less", "stop_set", "stop_see"]


def rate_back(feel: FeelLog) -> int | None:
    """Return the back's pain (0-10): 0 where all of it is elsewhere, None where it was not asked."""
    if feel.pain is None:
        return None
    return feel.pain if not feel.pain_places or BACK_PLACES & set(feel.pain_places) else 0


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
        lines.append(Line("Leg pain", "does not move further down the leg", seen, holds, keys, source))
    if feel.new_numbness is not None:
        seen = "yes" if feel.new_numbness else "no"
        lines.append(Line("New numbness or weakness", "none", seen, not feel.new_numbness, keys, source))
    return tuple(lines)
