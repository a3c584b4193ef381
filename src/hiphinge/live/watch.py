"""What the latest frames say of the view, and of the back."""

from __future__ import annotations

from collections import Counter, deque
from statistics import median

from hiphinge.live.glance import Glance
from hiphinge.model import Grade
from hiphinge.sagittal.quality import MAX_YAW_DEG, MIN_BODY_PX
from hiphinge.verdict import Criteria
from hiphinge.verdict.judge import grade_value

__all__ = ["BackWatch", "TurnWatch", "ViewWatch"]

#: The view is read over the latest seconds; it is good once nothing stood in its way for so long.
_SPAN_S, _GOOD_S = 0.6, 0.5
#: A share of the frames that is enough to call something so.
_MOST = 0.6
#: A picture darker than this shows nobody reliably.
_MIN_LUMA = 0.06
#: Whoever faces the other way by so much of what so many seconds say has turned round.
_TURN_S, _TURN_SHARE = 2.0, 0.5
#: A back's state changes once so many frames in a row say so.
_STEADY_FRAMES = 3
_STATES = {"pass": "flat", "caution": "near", "fail": "past", "cannot_tell": "near"}


class ViewWatch:
    """Says what stands in the way of a good view: a key of ``words.ADVICE``, or ``""``."""

    def __init__(self) -> None:
        self._kept: deque[Glance] = deque()
        self._good_since: float | None = None

    def add(self, glance: Glance, *, canonical: bool) -> str:
        """Take in a frame; ``canonical``: the person is known to face right in it."""
        self._kept.append(glance)
        while self._kept[0].time_s < glance.time_s - _SPAN_S:
            self._kept.popleft()
        found = self._find(canonical)
        if found:
            self._good_since = None
        elif self._good_since is None:
            self._good_since = glance.time_s
        return found

    @property
    def is_good(self) -> bool:
        """Nothing stood in the way for a while."""
        return self._good_since is not None and self._kept[-1].time_s - self._good_since >= _GOOD_S

    def forget(self) -> None:
        """Begin anew."""
        self._kept.clear()
        self._good_since = None

    def _find(self, canonical: bool) -> str:
        seen = [one for one in self._kept if one.seen]
        if median(one.luma for one in self._kept) < _MIN_LUMA:
            return "dark"
        if len(seen) < _MOST * len(self._kept):
            return "nobody"
        part, count = Counter(one.out for one in seen).most_common(1)[0]
        if part and count >= _MOST * len(seen):
            return part
        if median(one.body_px for one in seen) < MIN_BODY_PX:
            return "small"
        if canonical and abs(median(one.yaw_deg for one in seen)) > MAX_YAW_DEG:
            return "turned"
        return ""


class TurnWatch:
    """Notices somebody who faces the other way: most of what the latest seconds say of the facing speaks against it."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, float]] = deque()
        self._sum = self._total = 0.0
        self._since: float | None = None

    def add(self, glance: Glance) -> bool:
        """Take in a frame in which the person should face right; true once they do not."""
        self._since = glance.time_s if self._since is None else self._since
        self._kept.append((glance.time_s, glance.evidence))
        self._sum += glance.evidence
        self._total += abs(glance.evidence)
        while self._kept[0][0] < glance.time_s - _TURN_S:
            _, old = self._kept.popleft()
            self._sum -= old
            self._total -= abs(old)
        long_enough = glance.time_s - self._since >= _TURN_S and self._total > 0.5 * len(self._kept)
        return long_enough and self._sum < -_TURN_SHARE * self._total


class BackWatch:
    """The state of the back for the meter: ``flat``, ``near`` the line, ``past`` it, ``unjudged`` or ``unknown``.

    By the drill's rule 4, with its interval and its tolerance. An interval that reaches from where the rule passes to
    where it does not is *near*; a back that is seen in a drill that does not judge it is *unjudged*, one that is not
    seen *unknown*.
    """

    def __init__(self, criteria: Criteria) -> None:
        self._spec = next((spec for spec in criteria.rules if spec.rule == "4" and "4" in criteria.judged), None)
        self._grade: Grade | None = None
        self._next: tuple[str, int] = ("unknown", 0)
        self.state = "unknown"

    def add(self, value: float, half: float) -> str:
        """Take in lumbar flexion and its half-width, degrees; NaN where not told."""
        found = "unknown" if value != value else "unjudged"
        if self._spec is not None and value == value:
            grade = grade_value(
                value, value - half, value + half, self._spec.limits,
                tolerance=self._spec.tolerance, before=self._grade,
            )  # fmt: skip
            self._grade = grade if grade != "cannot_tell" else self._grade
            found = _STATES[grade]
        name, count = self._next
        self._next = (found, count + 1 if found == name else 1)
        if self._next[1] >= _STEADY_FRAMES:
            self.state = found
        return self.state
