"""Which easier form of a drill to try, chosen by what was missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hiphinge.program.model import Drill, Variant
from hiphinge.verdict.criteria import RULES

__all__ = ["choose_easier", "order_rules"]

#: The drill's own target (wall, load in place) speaks after the back and back-not-down.
_PRECEDENCE = {**{spec.rule: spec.precedence for spec in RULES}, "11": 4, "12": 12}


def order_rules(rules: Iterable[str]) -> tuple[str, ...]:
    """Order rules by which of them speaks first."""
    return tuple(sorted(dict.fromkeys(rules), key=lambda rule: _PRECEDENCE.get(rule, 99)))


def choose_easier(drill: Drill, missed: Iterable[str], tried: Collection[str]) -> Variant | None:
    """Return the first easier form that helps with the first missed rule that has one, and was not tried yet.

    One that helps with none of them comes after all that do. None: every easier form was tried.
    """
    left = [one for one in drill.variants if one.direction == "easier" and one.id not in tried]
    for rule in order_rules(missed):
        for name in (rule, rule.rstrip("abcdefghijklmnopqrstuvwxyz")):
            for one in left:
                if name in one.helps:
                    return one
    return left[0] if left else None
