"""Questionnaires and the reach test: ranges, the least change that matters, and whether a change is one.

Only scores are kept, never the questions: the person or the clinician fills the questionnaire in on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from hiphinge.errors import UsageError

__all__ = [
    "OUTCOMES",
    "Better",
    "Change",
    "OutcomeMeasure",
    "Verdict",
    "check_score",
    "classify_change",
    "find_outcome",
]

#: Which way is better: None where neither is.
Better = Literal["lower", "higher"] | None
#: ``changed``: clearly another value of a measure of which neither way is better.
Verdict = Literal["better", "no_clear_change", "other_way", "changed"]


@dataclass(frozen=True, slots=True)
class OutcomeMeasure:
    """One score.

    ``mic`` is the minimal important change in points, ``mdc`` the minimal detectable change: they decide. ``mic_share``
    is the same as a share of the first score, found for groups: of one answer it is only told beside. ``sure`` is False
    where the figure is from memory and was not checked in its source.
    """

    id: str
    name: str
    unit: str
    low: float
    high: float
    better: Literal["lower", "higher"]
    source: str
    mic: float | None = None
    mic_share: float | None = None
    mdc: float | None = None
    whole: bool = False
    sure: bool = True

    @property
    def least(self) -> float:
        """Points that a clear change has at least, whatever the first score was."""
        return self.mic if self.mic is not None else self.mdc or 0.0

    @property
    def rule(self) -> str:
        """What counts as a clear change, in words."""
        space = f" {self.unit}" if self.unit == "cm" else " points"
        if self.mic is None:
            return f"{self.least:g}{space}, the minimal detectable change"
        unsure = "" if self.sure else "; a figure not yet checked in its source"
        return f"{'' if self.sure else 'about '}{self.least:g}{space}{unsure}"


#: The outcomes that ship: all free to use.
OUTCOMES: tuple[OutcomeMeasure, ...] = (
    OutcomeMeasure(
        "nprs", "Pain (NPRS)", "of 10", 0, 10, "lower",
        "Ostelo 2008 [V]; its 30 % does not decide for one answer [DESIGN]",
        mic=2.0, mic_share=0.30,
    ),
    OutcomeMeasure(
        "psfs", "What I can do (PSFS)", "of 10", 0, 10, "higher",
        "mean of the items [M]", mic=2.0, sure=False,
    ),
    OutcomeMeasure(
        "rmdq", "Everyday limits (RMDQ)", "of 24", 0, 24, "lower",
        "Ostelo 2008 [V]; its 30 % does not decide for one answer [DESIGN]",
        mic=5.0, mic_share=0.30, whole=True,
    ),
    OutcomeMeasure(
        "ftf_cm", "Fingertips to floor", "cm", 0, 120, "lower",
        "Ekedahl 2012 [V]", mdc=4.5,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A change between two scores; ``by`` is after - before, ``detail`` says why the verdict is what it is."""

    verdict: Verdict
    words: str
    before: float
    after: float
    by: float
    detail: str
    source: str
    sure: bool = True


def find_outcome(measure: str) -> OutcomeMeasure:
    """Return the outcome called ``measure``.

    Raises
    ------
    UsageError
        There is none.
    """
    for one in OUTCOMES:
        if one.id == measure:
            return one
    raise UsageError(
        f"There is no outcome {measure!r}.",
        expected=" or ".join(one.id for one in OUTCOMES),
        next_step="Give one of these.",
    )


def check_score(measure: str, value: float) -> float:
    """Return ``value`` if the outcome can have it.

    Raises
    ------
    UsageError
        No such outcome, or a score outside its range.
    """
    one = find_outcome(measure)
    if not (isfinite(value) and one.low <= value <= one.high) or (one.whole and value != int(value)):
        kind = "a whole number" if one.whole else "a number"
        tail = f" {one.unit}" if one.unit == "cm" else ""
        raise UsageError(
            f"{one.name}: {value:g} is not a score it can have.",
            expected=f"{kind} from {one.low:g} to {one.high:g}{tail}",
            next_step="Check the score and enter it again.",
        )
    return float(value)


def classify_change(measure: str, before: float, after: float) -> Change:
    """Say whether a score changed clearly, and which way.

    Either way by the points alone, as the band of a chart shows them. Less than these, but a large share of the first
    score, is said in ``detail``.

    Parameters
    ----------
    measure
        One of ``OUTCOMES``.
    before, after
        The two scores.

    Raises
    ------
    UsageError
        No such outcome, or a score outside its range.
    """
    one = find_outcome(measure)
    before, after = check_score(measure, before), check_score(measure, after)
    by = after - before
    gain = -by if one.better == "lower" else by
    slack = 1e-9  # 3.2 - 1.2 is 2
    verdict: Verdict = "no_clear_change"
    if abs(gain) >= one.least - slack:
        verdict = "better" if gain > 0 else "other_way"
    detail = f"A clear change is {one.rule}."
    share = gain / before if before else 0.0
    if verdict == "no_clear_change" and one.mic_share is not None and share >= one.mic_share - slack:
        detail += f" {100 * share:.0f} % less, below {one.least:g} points."
    words = {"better": "better", "no_clear_change": "no clear change", "other_way": "the other way"}[verdict]
    return Change(verdict, words, before, after, by, detail, one.source, one.sure)
