"""What the coach says, one message after the other, without saying the same again and again."""

from __future__ import annotations

from typing import Literal

from hiphinge.live.prompts import Message
from hiphinge.live.words import Words

__all__ = ["Phase", "Voice"]

Phase = Literal["view", "facing", "stand", "ready", "moving", "done"]
#: The same words are said again only after so long; what is shown stays.
_REPEAT_S = 8.0
#: Least time between two wishes for the same orientation.
_ASK_S = 2.0


class Voice:
    """Collects messages until they are taken."""

    def __init__(self) -> None:
        self._out: list[Message] = []
        self._shown: Message | None = None
        self._said: dict[str, float] = {}
        self._asked: tuple[bool, float] = (False, float("-inf"))

    @property
    def has_spoken(self) -> bool:
        """Anything was said about where the set stands."""
        return self._shown is not None

    def may_ask_mirror(self, on: bool, time_s: float) -> bool:
        """Say whether to ask for the mirrored picture now: when the wish changes, else at most every other second."""
        if self._asked[0] == on and time_s - self._asked[1] < _ASK_S:
            return False
        self._asked = (on, time_s)
        return True

    def put(self, message: Message) -> None:
        """Send a message as it is."""
        self._out.append(message)

    def phase(
        self,
        phase: Phase,
        words: Words,
        *,
        mirror: bool,
        time_s: float,
        advice: tuple[str, ...] = (),
        countdown_s: int | None = None,
        offer: str = "",
    ) -> None:
        """Say where the set stands: when that changes, and again after a while where something is to be done.

        ``offer`` names a command that the person may give now.
        """
        message: Message = {
            "type": "phase",
            "phase": phase,
            "mirror": mirror,
            "say": words.say,
            "show": words.show,
            "advice": list(advice),
            "countdown_s": countdown_s,
        }
        if offer:
            message["offer"] = offer
        said_s = self._said.get(words.say, -_REPEAT_S)
        if message == self._shown and not (advice and words.say and time_s - said_s >= _REPEAT_S):
            return
        self._shown = dict(message)
        if time_s - said_s < _REPEAT_S and countdown_s is None:
            message["say"] = ""
        else:
            self._said[words.say] = time_s
        self._out.append(message)

    def again(self) -> None:
        """Say the latest words about where the set stands once more."""
        if self._shown is not None:
            self._out.append(dict(self._shown))

    def take(self) -> list[Message]:
        """Return what was said since the last time."""
        out, self._out = self._out, []
        return out
