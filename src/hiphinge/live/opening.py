"""What comes before the first rep: is the person in the picture, which way do they face, where is their own zero."""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import Any

import numpy as np

from hiphinge.live.facing import FacingFinder
from hiphinge.live.film import Film
from hiphinge.live.glance import Glance
from hiphinge.live.plan import SetPlan
from hiphinge.live.standing import NO_STAND, Stand, StillSearch, count_from, seek_still
from hiphinge.live.voice import Phase, Voice
from hiphinge.live.watch import TurnWatch, ViewWatch
from hiphinge.live.wire import Rows, stack_rows
from hiphinge.live.words import ADVICE, Words, words_of
from hiphinge.model import Array
from hiphinge.sagittal import FacingDecision
from hiphinge.spine.network import OUTPUTS

__all__ = ["Opening"]

#: What stands in the way of the view is said once it did so for this long.
_ADVISE_S = 0.5
#: A still stand is looked for so often: it takes as long as reading several people's frames.
_SEEK_S = 0.2
#: Whoever leans further than this does not stand, whatever smoothing makes of it.
_BENT_DEG = 30.0
#: How much shorter than asked a still stand may be.
_STILL_SLACK_S = 0.15
#: The countdown begins after so long.
_STILL_BEGUN_S = 0.2
#: Without a still stand for so long, going on without one is offered.
_PATIENCE_S = 20.0
#: Frames that are kept while the facing is not known.
_KEPT_BEFORE = 150
_UNREAD: Array = np.full(len(OUTPUTS), np.nan)


class Opening:
    """Leads to a still stand, as often as it takes.

    Parameters
    ----------
    plan
        How long to stand, and which way the person faces where somebody says it.
    voice
        Of the set.
    """

    def __init__(self, plan: SetPlan, voice: Voice) -> None:
        self._plan, self._voice = plan, voice
        self.phase: Phase = "view"
        #: What the browser is to send.
        self.mirror = False
        self.facing = FacingDecision(None, 0.0)
        #: Frames since the facing was settled.
        self.film = Film()
        self._now = -np.inf
        self._view, self._turn, self._finder = ViewWatch(), TurnWatch(), FacingFinder()
        self._early: deque[Rows] = deque(maxlen=_KEPT_BEFORE)
        self._since, self._stand_s = 0, 0.0
        self._found, self._sought_s = NO_STAND, -np.inf
        self._advice: tuple[str, float] = ("", 0.0)

    def frame(self, row: np.void, glance: Glance) -> Stand | None:
        """Take in a frame; the stand, once there is one."""
        self._now = glance.time_s
        if self.phase == "view":
            self._look(row, glance)
        elif self.phase == "facing":
            self._ask_facing(row, glance)
        elif glance.mirrored != self.mirror:
            self.ask_for_mirror(glance.time_s)
        elif self.phase == "stand":
            return self._watch_stand(row, glance)
        return None

    def begin_again(self, why: str, time_s: float) -> None:
        """Begin at the view; ``why`` is a key of ``ADVICE``."""
        self._now = time_s
        self.film = Film()
        self._early.clear()
        self._seek_facing(ADVICE[why])

    def seek_stand(self, time_s: float) -> None:
        """Look for a still stand from the next frame on."""
        self._now = time_s
        self._since, self._stand_s = self.film.n, time_s
        self._found, self._sought_s = NO_STAND, time_s
        self._turn, self._advice = TurnWatch(), ("", time_s)
        self._view.forget()
        self.tell("stand", words_of("stand"))

    def tell(self, phase: Phase, words: Words, **more: Any) -> None:
        """Say where the set stands."""
        self.phase = phase
        self._voice.phase(phase, words, mirror=self.mirror, time_s=self._now, **more)

    def turns_round(self, glance: Glance) -> bool:
        """Take in a frame in which the person should face right; true once they face the other way."""
        return glance.seen and self._turn.add(glance)

    def ask_for_mirror(self, time_s: float) -> None:
        """Tell the browser how to send the picture, at most every other second."""
        if self._voice.may_ask_mirror(self.mirror, time_s):
            self._voice.put({"type": "mirror", "on": self.mirror})

    def plain_rows(self) -> Rows:
        """Latest unmirrored frames of one size from before the facing was told."""
        if not self._early:
            return stack_rows([])
        last = self._early[-1]
        return stack_rows([one for one in self._early if (one[["width_px", "height_px"]] == last[
            ["width_px", "height_px"]]).all()])  # fmt: skip

    # --- view and facing ---

    def _look(self, row: np.void, glance: Glance) -> None:
        self._keep_early(row, glance)
        if self._advise(self._view.add(glance, canonical=False)) or not self._view.is_good:
            return
        self.tell("facing", words_of("side"))
        if self._plan.facing != "auto":
            self._face(FacingDecision(self._plan.facing, 1.0))

    def _keep_early(self, row: np.void, glance: Glance) -> None:
        if not glance.mirrored:
            self._early.append(np.array([row]))

    def _advise(self, found: str) -> bool:
        """Say what stands in the way of the view once it did so for a while; true while something does."""
        if found != self._advice[0]:
            self._advice = (found, self._now)
        if found and self._now - self._advice[1] >= _ADVISE_S:
            self.tell(self.phase, ADVICE[found], advice=(ADVICE[found].show,))
        elif not self._voice.has_spoken:
            self.tell("view", words_of("look"))
        return bool(found)

    def _ask_facing(self, row: np.void, glance: Glance) -> None:
        self._keep_early(row, glance)
        if self._advise(self._view.add(glance, canonical=False)):
            return
        decision = self._finder.add(np.array([row]), glance)
        self._set_mirror(self._finder.wants_mirror)
        if decision is not None:
            self._face(decision)
        elif self._finder.asks_again(self._now):
            self.ask_for_mirror(self._now)

    def _face(self, decision: FacingDecision) -> None:
        self.facing = decision
        if decision.facing is None:
            self._seek_facing(ADVICE["facing"])
            return
        self._set_mirror(decision.facing == "left")
        self.seek_stand(self._now)

    def _seek_facing(self, say: Words) -> None:
        self._finder = FacingFinder()
        self._set_mirror(False)
        self._view.forget()
        self._advice = ("", self._now)
        self.tell("view", say, advice=(say.show,))

    def _set_mirror(self, on: bool) -> None:
        if on != self.mirror:
            self.mirror = on
            self.ask_for_mirror(self._now)

    # --- the still stand ---

    def _watch_stand(self, row: np.void, glance: Glance) -> Stand | None:
        self.film.add(row, _UNREAD, _UNREAD)
        if self.turns_round(glance):
            self.begin_again("turned_round", glance.time_s)
            return None
        if self._advise(self._view.add(glance, canonical=True)) or self._now - self._sought_s < _SEEK_S:
            return None
        self._sought_s = self._now
        found = self._found = self._seek(glance)
        if found.rows is not None and (found.over or found.still_s >= self._plan.countdown_s - _STILL_SLACK_S):
            return self._count_from(found.rows)
        if found.still_s >= _STILL_BEGUN_S:
            seconds = max(1, ceil(self._plan.countdown_s - found.still_s))
            self.tell("stand", words_of("count", count=seconds, seconds=seconds), countdown_s=seconds)
        elif self._now - self._stand_s >= _PATIENCE_S:
            self.tell("stand", ADVICE["no_stand"], advice=(ADVICE["no_stand"].show,), offer="start")
        else:
            key = "still" if found.upright else "upright"
            self.tell("stand", ADVICE[key], advice=(ADVICE[key].show,))
        return None

    def _seek(self, glance: Glance) -> StillSearch:
        """Look for a still stand; whoever is bent has none, but for the one that has just ended."""
        if self._found.rows is None and abs(glance.lean_deg) > _BENT_DEG:
            return NO_STAND
        return seek_still(self.film, since=self._since)

    def _count_from(self, rows: slice) -> Stand | None:
        stand = count_from(self.film, rows)
        if stand is None:
            self._since, self._found = self.film.n, NO_STAND
            self.tell("stand", ADVICE["hand"], advice=(ADVICE["hand"].show,))
            return None
        self.tell("ready", words_of("ready", reps=self._plan.target_reps))
        return stand
