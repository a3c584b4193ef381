"""Questions on how a set or a clip felt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from hiphinge.cli.ask import (
    ask_choice,
    ask_many,
    ask_number,
    ask_number_or_none,
    ask_yes_no,
    check_number,
    is_interactive,
    split_words,
)
from hiphinge.errors import UsageError
from hiphinge.service.interview import Feel, asks_leg

__all__ = ["FeelGiven", "ask_feel", "check_feel", "missing_feel"]

Leg: TypeAlias = Literal["same", "further", "back"]
_PAIN_OPTION, _EFFORT_OPTION, _WHERE_OPTION, _LEG_OPTION = "--pain", "--effort", "--where", "--leg"
_NUMB_OPTION = "--numbness or --no-numbness"
_PAIN_OF_SET, _PAIN_OF_CLIP = "How much did it hurt, at its worst?", "How much did it hurt while you bent?"
_PAIN_LEFT_OUT = "How much does it hurt?"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelGiven:
    """Answers that came as options; None: not given."""

    pain: int | None = None
    effort: Sequence[str] | None = None
    places: Sequence[str] | None = None
    leg: str | None = None
    numbness: bool | None = None

    @property
    def any(self) -> bool:
        """Whether one was given."""
        return any(value is not None for value in (self.pain, self.effort, self.places, self.leg, self.numbness))


def check_feel(given: FeelGiven) -> None:
    """Check the given answers, before anything is stored.

    Raises
    ------
    UsageError
        One does not fit.
    """
    from hiphinge.service.words import EFFORT_WORDS, LEG_WORDS, PAIN_WORDS

    if given.pain is not None:
        check_number(given.pain, option=_PAIN_OPTION, low=0, high=10)
    for names, option, words in (
        (given.effort, _EFFORT_OPTION, EFFORT_WORDS),
        (given.places, _WHERE_OPTION, PAIN_WORDS),
        (None if given.leg is None else [given.leg], _LEG_OPTION, LEG_WORDS),
    ):
        if names is not None:
            ask_many("", names, option=option, choices=words)
    picked = split_words(given.effort or ())
    if "nothing" in picked and len(picked) > 1:
        raise UsageError(
            f"--effort is {', '.join(picked)}.", expected="nothing, or places", next_step="Leave one of them out."
        )


def missing_feel(given: FeelGiven, *, effort: bool) -> tuple[str, str] | None:
    """Return the first answer that a script left out, in words and as an option; None where there is none."""
    leg = bool(given.pain) and asks_leg(split_words(given.places or ()))
    needs = (
        (effort and given.effort is None, "where you felt the effort", _EFFORT_OPTION),
        (given.pain is None, "how much it hurt", _PAIN_OPTION),
        (bool(given.pain) and given.places is None, "where it hurt", _WHERE_OPTION),
        (leg and given.leg is None, "how the leg pain moved", _LEG_OPTION),
        (given.numbness is None, "whether there is new numbness or weakness", _NUMB_OPTION),
    )
    return next(((what, option) for missing, what, option in needs if missing), None)


def ask_feel(given: FeelGiven, *, kind: Literal["set", "clip", "left_out"]) -> Feel:
    """Ask effort (of a set) and pain apart, where it hurt, how leg pain moved, and always new numbness.

    A screen that is left out may leave everything open; a script then gives what it wants.
    """
    from hiphinge.service.words import EFFORT_WORDS, LEG_WORDS, PAIN_WORDS, SCALE

    effort: tuple[str, ...] | None = None
    if kind == "set":
        effort = ask_many(
            "Where did you feel the effort (not pain)?", given.effort, option=_EFFORT_OPTION, choices=EFFORT_WORDS
        )
        effort = tuple(place for place in effort if place != "nothing") if len(effort) > 1 else effort
    pain = _ask_pain(given, kind, SCALE)
    places: tuple[str, ...] = ()
    leg = given.leg
    if pain and (kind != "left_out" or given.places is not None or is_interactive()):
        places = ask_many("Where did it hurt?", given.places, option=_WHERE_OPTION, choices=PAIN_WORDS)
    if asks_leg(places):
        leg = ask_choice("And the pain in the leg or buttock?", leg, option=_LEG_OPTION, choices=LEG_WORDS, marked=True)
    numbness = given.numbness
    if kind != "left_out" or is_interactive():
        numbness = ask_yes_no("Any new numbness or weakness?", numbness, option=_NUMB_OPTION)
    return Feel(effort=effort, pain=pain, places=places, leg=cast("Leg | None", leg), new_numbness=numbness)


def _ask_pain(given: FeelGiven, kind: str, scale: str) -> int | None:
    if kind == "left_out":
        found = ask_number_or_none(_PAIN_LEFT_OUT, given.pain, option=_PAIN_OPTION, scale=scale)
        return None if found is None else int(found)
    question = _PAIN_OF_SET if kind == "set" else _PAIN_OF_CLIP
    return int(ask_number(question, given.pain, option=_PAIN_OPTION, scale=scale))
