"""What a ``mixed`` answer rests on, in words: hips and back are said to share only where the back did its part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from hiphinge.model import Outcome
from hiphinge.verdict.classify import MIN_CERTAINTY, RepView, allowed_bends, classify
from hiphinge.verdict.criteria import Criteria
from hiphinge.verdict.headlines import (
    BACK_OPEN,
    BACK_UNTOLD,
    HEADLINES,
    LED_BUT_DOWN,
    LED_FAR,
    LED_OR_SHARED,
    REPS_DIFFER,
    SHARED_SMALL,
    SHORT_OF_BACK,
    SHORT_OF_WALL,
    WALL_UNTOLD,
)

__all__ = ["are_led", "head_of_mixed", "words_of_mixed"]

#: ``led``: the hips did most, and only the drill's own target is missing; ``down``: they did, but went down as well as
#: back; ``shared``: as it says; ``small``: shared, with the lumbar spine within the limit of a flat back; ``led_open``:
#: one of the first three, ``led_far``: the hips did most, and the lumbar flexion lies about its limit,
#: ``back_open``: the back's part reaches from some to much.
_Kind = Literal["led", "down", "shared", "small", "led_open", "led_far", "back_open"]
_WORDS: Mapping[_Kind, str] = {
    "led": "the hips led, the target not met or not told",
    "down": "the hips led, but went down as well as back",
    "shared": "hips and back shared the bending",
    "small": "a small bend, which hips and back shared",
    "led_open": "the hips led, or hips and back shared the bending",
    "led_far": "the hips did most of the bending, and the back bent about as far as its limit, or further",
    "back_open": "the back did its part of the bending, or much of it",
}


def words_of_mixed(rep: RepView, criteria: Criteria) -> str:
    """Say in a few words what a ``mixed`` rep was."""
    return _WORDS[_kind_of(rep, criteria)]


def head_of_mixed(reps: Sequence[RepView], outcomes: Sequence[Outcome], criteria: Criteria) -> str:
    """Return the headline of a clip whose reps, taken together, are ``mixed``.

    Parameters
    ----------
    reps, outcomes
        Each rep and what it was.
    criteria
        Of the drill.
    """
    told = [outcome for outcome in outcomes if outcome != "cannot_tell"]
    own = [rep for rep, outcome in zip(reps, outcomes, strict=True) if outcome == "mixed"]
    if 2 * len(own) <= len(told) and len(set(told)) > 1:
        return REPS_DIFFER
    kinds = Counter(_kind_of(rep, criteria) for rep in own)
    most = max(kinds.values())
    first = {kind for kind, count in kinds.items() if count == most}
    if first == {"led", "down"}:  # in the order of the rules' cues
        first = {"down"}
    elif first == {"shared", "small"}:
        first = {"shared"}
    if len(first) > 1:
        return REPS_DIFFER
    if first == {"led"}:
        return _head_of_led([rep for rep in own if _kind_of(rep, criteria) == "led"], criteria)
    heads: Mapping[_Kind, str] = {
        "down": LED_BUT_DOWN,
        "shared": HEADLINES["mixed"],
        "small": SHARED_SMALL,
        "led_open": LED_OR_SHARED,
        "led_far": LED_FAR,
        "back_open": BACK_OPEN,
    }
    return heads[first.pop()]


def are_led(rep: RepView, criteria: Criteria) -> bool:
    """Tell whether the hips did most of the bending in most of what an open rep allows as ``mixed``."""
    led, others = _count_mixed(rep, criteria)
    return led > others


def _head_of_led(reps: Sequence[RepView], criteria: Criteria) -> str:
    wall = criteria.drill == "wall"
    told = {rep.grade("11" if wall else "1") for rep in reps} <= {"caution", "fail"}
    if wall:
        return SHORT_OF_WALL if told else WALL_UNTOLD
    return SHORT_OF_BACK if told else BACK_UNTOLD


def _count_mixed(rep: RepView, criteria: Criteria) -> tuple[int, int]:
    """Count what the interval allows as ``mixed``: with the hips in the lead, and with less of them."""
    shares = [share for x, share in allowed_bends(rep) if classify(rep, criteria, x, share) == "mixed"]
    led = sum(share >= criteria.hinge_hip_share_min for share in shares)
    return led, len(shares) - led


def _kind_of(rep: RepView, criteria: Criteria) -> _Kind:
    led, shared = _count_mixed(rep, criteria)
    n = len(allowed_bends(rep))
    needed = MIN_CERTAINTY * n
    if led >= needed:
        return "down" if rep.grade("2") == "fail" else "led"
    if shared >= needed:
        return "small" if rep.grade("4") == "pass" else "shared"
    spine = sum(classify(rep, criteria, *bend) == "spine" for bend in allowed_bends(rep))
    if n - spine >= needed:
        return "led_open"
    return "led_far" if led > shared else "back_open"
