"""What is said after a rep: one cue at a time, praise otherwise, and when a set had better pause or end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from hiphinge.live.judging import JudgedRep
from hiphinge.live.plan import SetPlan
from hiphinge.live.words import NOTHING, SHORT_CUES, Words, count_word, words_of
from hiphinge.model import Finding
from hiphinge.program.easier import choose_easier
from hiphinge.program.grading import BACK_RULE, CONTACT_RULE
from hiphinge.program.model import Variant
from hiphinge.verdict import Criteria

__all__ = ["Prompt", "Prompter"]

#: Between two things that are said there is silence for so long.
_COOL_S = 3.0
#: What could not be told is said again only after so long.
_UNTOLD_COOL_S = 15.0
#: So many missed reps in a row make a pause; the second time they end the set.
_MISSES = 2
#: Lumbar flexion of the last reps over that of the first ones that ends the set: a sign of tiring (clinical rule set).
_TIRED_DEG, _TIRED_REPS = 10.0, 3
#: Where little is said, every so many clean reps in a row get a word.
_PRAISE_EVERY = 3

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What comes after a rep: messages, and whether the set pauses or ends with it."""

    messages: tuple[Message, ...]
    then: Literal["", "pause", "missed", "tired"] = ""
    words: Words = NOTHING


class Prompter:
    """Speaks between the reps of one set.

    Parameters
    ----------
    plan
        How much is said, and what the person has heard before.
    """

    def __init__(self, plan: SetPlan) -> None:
        self._plan = plan
        self._criteria: Criteria = plan.criteria()
        self._heard = set(plan.cues_seen)
        self._tried = {plan.variant, *plan.tried}
        self._cued: Finding | None = None
        self._said_s = self._untold_s = -1e9
        self._misses: list[JudgedRep] = []
        self._pauses = self._clean = 0
        self._lumbar: list[float] = []

    def after(self, judged: JudgedRep, time_s: float) -> Prompt:
        """Return what comes after a rep that was over at ``time_s``."""
        extra = self._choose(judged, time_s) if self._plan.drill.kind != "screen" else None
        ended = self._count(judged)
        if ended is not None:
            then, words = ended
            return Prompt((self._rep_message(judged, spoken=True),), then, words)
        if extra is not None and extra["say"]:
            self._said_s = time_s
            extra["say"] = f"{count_word(judged.rep.number)}. {extra['say']}"
        rep = self._rep_message(judged, spoken=extra is not None and bool(extra["say"]))
        return Prompt((rep, extra) if extra is not None else (rep,))

    # --- one cue ---

    def _choose(self, judged: JudgedRep, time_s: float) -> Message | None:
        # Whether the seat touched is asked at the end where no wall was given: nothing to say of it now.
        asked_later = judged.result.untold_rules == (CONTACT_RULE,) and judged.result.grade == "cannot_tell"
        grade, level = "pass" if asked_later else judged.result.grade, self._plan.words_level
        finding = _find_cued(judged, self._criteria)
        before, self._cued = self._cued, finding
        if grade == "cannot_tell" and (finding is None or finding.grade != "fail"):
            return self._say_untold(judged, time_s)
        if finding is not None and (finding.grade == "fail" or level == 0):
            self._clean = 0
            return None if level > 1 else self._cue(finding, before, time_s)
        self._clean += 1
        if before is not None and before.grade == "fail" and level < 2:
            return self._message("praise", words_of("got", label=before.label), time_s)
        if level == 0 or (level == 1 and self._clean % _PRAISE_EVERY == 0):
            return self._message("praise", words_of("praise", number=judged.rep.number - 1), time_s)
        return None

    def _cue(self, finding: Finding, before: Finding | None, time_s: float) -> Message:
        """Give the cue of a rule: in full the first time, short later, and other words where it got better."""
        heard = finding.rule in self._heard
        self._heard.add(finding.rule)
        again = before is not None and before.rule == finding.rule
        if again and before is not None and self._is_better(finding, before):
            words = words_of("better", cue=finding.cue)
        elif heard and not again and finding.rule in SHORT_CUES:
            words = Words(SHORT_CUES[finding.rule], finding.cue)
        else:
            words = Words(finding.cue, finding.cue)
        return {**self._message("cue", words, time_s), "rule": finding.rule}

    def _is_better(self, finding: Finding, before: Finding) -> bool:
        """Say whether a rule came nearer to being met, by half of what it takes to be told apart."""
        return self._past(before) - self._past(finding) >= 0.5 * finding.tolerance

    def _past(self, finding: Finding) -> float:
        limits = self._criteria.rule(finding.rule).limits
        if finding.value is None or not isfinite(finding.value):
            return 0.0
        return max(limits.pass_lo - finding.value, finding.value - limits.pass_hi, 0.0)

    def _say_untold(self, judged: JudgedRep, time_s: float) -> Message | None:
        """Say what could not be told, and what to change; not in the reps that are done with the hands on the back."""
        result = judged.result
        left = self._plan.target_reps - judged.rep.number
        hands_on = self._plan.back_reps is not None and left >= self._plan.back_reps
        if not result.untold_rules or (result.untold_rules[0] == BACK_RULE and hands_on):
            return None
        if result.untold_rules[0] == "all":
            words = words_of("untold", advice=result.cue)
        elif result.untold_rules[0] == BACK_RULE and _is_back_hidden(judged):
            words = words_of("untold_back")
        else:
            found = next((f for f in judged.findings if f.rule == result.untold_rules[0]), None)
            words = words_of("open", label="That one" if found is None else found.label)
            if found is not None and found.value is None:
                words = words_of("unseen", label=found.label, advice=found.reason)
        if time_s - self._untold_s < _UNTOLD_COOL_S:
            words = Words("", words.show)
        self._untold_s = time_s if words.say else self._untold_s
        return {**self._message("cue", words, time_s), "rule": result.untold_rules[0]}

    def _message(self, kind: str, words: Words, time_s: float) -> Message:
        say = words.say if time_s - self._said_s >= _COOL_S else ""
        return {"type": kind, "say": say, "show": words.show}

    # --- when it is enough ---

    def _count(self, judged: JudgedRep) -> tuple[Literal["pause", "missed", "tired"], Words] | None:
        """Count missed reps in a row, and how the back changes over the set."""
        result = judged.result
        if self._plan.drill.kind == "screen":
            return None
        if result.lumbar_deg is not None and BACK_RULE in self._criteria.judged:
            self._lumbar.append(result.lumbar_deg)
            if self._is_tired():
                return "tired", words_of("tired")
        if result.grade == "miss":
            self._misses.append(judged)
        elif result.grade == "pass":
            self._misses.clear()
        if len(self._misses) < _MISSES:
            return None
        missed = [rule for one in self._misses for rule in one.result.missed_rules]
        easier = choose_easier(self._plan.drill, missed, self._tried)
        self._misses.clear()
        self._pauses += 1
        if self._pauses > 1:
            return "missed", words_of("missed", easier=_offer(easier, "Next set: {name}."))
        cue = judged.result.cue
        self._cued = _find_cued(judged, self._criteria)
        return "pause", words_of("pause", cue=cue, easier=_offer(easier, ", or try the easier form: {name}.") or ".")

    def _is_tired(self) -> bool:
        told = self._lumbar
        if len(told) < 2 * _TIRED_REPS:
            return False
        return (sum(told[-_TIRED_REPS:]) - sum(told[:_TIRED_REPS])) / _TIRED_REPS >= _TIRED_DEG

    def _rep_message(self, judged: JudgedRep, *, spoken: bool) -> Message:
        """Return the message of a rep; counted aloud unless something else is said."""
        result, number = judged.result, judged.rep.number
        lumbar = None
        if result.lumbar_deg is not None and result.lumbar_lo_deg is not None and result.lumbar_hi_deg is not None:
            told = (result.lumbar_deg, result.lumbar_lo_deg, result.lumbar_hi_deg)
            lumbar = dict(zip(("value", "lo", "hi"), (round(one, 1) for one in told), strict=True))
        return {
            "type": "rep",
            "number": number,
            "grade": result.grade,
            "depth_deg": round(judged.rep.depth_deg, 1),
            "lumbar": lumbar,
            "missed": list(result.missed_rules),
            "untold": list(result.untold_rules),
            "say": "" if spoken else f"{count_word(number)}.",
            "show": self._shown(judged),
        }

    def _shown(self, judged: JudgedRep) -> str:
        """Return a rep for the eye. A screen asks how somebody bends: a rep of it is counted, and passes nothing."""
        number, target = judged.rep.number, self._plan.target_reps
        if self._plan.drill.kind != "screen":
            return _SHOWN[judged.result.grade].format(number=number)
        of = f" of {count_word(target).lower()}" if number <= target else ""
        return f"{count_word(number)}{of}."


def _offer(variant: Variant | None, text: str) -> str:
    return "" if variant is None else text.format(name=variant.name[:1].lower() + variant.name[1:])


def _find_cued(judged: JudgedRep, criteria: Criteria) -> Finding | None:
    """Return the finding whose cue speaks: the first missed rule, else the first caution, by precedence."""
    rank: Mapping[str, int] = {spec.rule: spec.precedence for spec in criteria.rules}
    ranked = sorted((f for f in judged.findings if f.cue), key=lambda f: (f.grade != "fail", rank[f.rule]))
    missed = judged.result.missed_rules
    if missed:
        return next((f for f in ranked if f.rule == missed[0]), None)
    return next((f for f in ranked if f.cue == judged.result.cue), None)


def _is_back_hidden(judged: JudgedRep) -> bool:
    return any(one.name == "back_visible" and one.grade == "cannot_tell" for one in judged.quality)


_SHOWN = {
    "pass": "Rep {number} counts.",
    "miss": "Rep {number}: not this time.",
    "cannot_tell": "Rep {number}: could not tell.",
}
