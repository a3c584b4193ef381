"""What every part of a decision looks at, and how a decision is put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hiphinge.program.decision import Action, Decision, Line
from hiphinge.program.lines import base_lines, cut_lines, gate_lines
from hiphinge.program.model import Drill
from hiphinge.program.pain import FULL_DOSE
from hiphinge.program.state import Log, State

__all__ = ["CENTRALISED", "ROUNDED", "View", "find_cue", "lines_of_gate"]

#: Where one of these is said, the lines say too whether the dose is cut.
_WORK = ("do", "choose", "easier", "down", "up")
#: What is said in more than one place.
CENTRALISED = "Leg pain that moves back towards the spine is no reason to stop."
ROUNDED = "You feel it where you should, but your back rounds"


@dataclass(frozen=True, slots=True)
class View:
    """What every part of the decision looks at."""

    state: State
    now: datetime
    log: Log

    @property
    def step(self) -> str:
        """The present step."""
        return self.log.program.stages[self.state.stage].id

    @property
    def drills(self) -> tuple[str, ...]:
        """The drills of the present step."""
        return self.log.program.stages[self.state.stage].drills

    @property
    def drill(self) -> str | None:
        """The drill that was picked, or the only one."""
        return self.state.drill or (self.drills[0] if len(self.drills) == 1 else None)

    @property
    def name(self) -> str:
        """The drill in words, with its form."""
        if self.drill is None:
            names = [self.log.program.drill(name).name.lower() for name in self.drills]
            return " or ".join(names)
        drill = self.log.program.drill(self.drill)
        variant = self.variant_name
        return drill.name.lower() + (f" ({variant.lower()})" if variant else "")

    @property
    def variant(self) -> str:
        """The form that is advised, where the drill has it."""
        if self.drill is None:
            return ""
        known = [one.id for one in self.log.program.drill(self.drill).variants]
        return self.state.variant if self.state.variant in known else ""

    @property
    def variant_name(self) -> str:
        """That form in words."""
        return _variant_name(self.log.program.drill(self.drill), self.variant) if self.drill else ""

    def say(
        self, action: Action, reason: str, lines: Iterable[Line] = (), *, drill: str | None = None,
        not_before: datetime | None = None,
    ) -> Decision:  # fmt: skip
        """Make the decision at the present step."""
        lines = tuple(lines)
        if action in _WORK and not any(line.rule == FULL_DOSE and line.holds is False for line in lines):
            lines = (*lines, *cut_lines(self.state, self.log.program))
        evidence = (*base_lines(self.state, self.log), *lines)
        options = self.drills if len(self.drills) > 1 and action in ("up", "down", "choose", "do", "easier") else ()
        return Decision(
            action, self.step, drill or self.drill, self.variant if drill in (None, self.drill) else "", reason,
            evidence, options, not_before,
        )  # fmt: skip


def _variant_name(drill: Drill, variant: str) -> str:
    """Return the name of a variant, empty for the drill as it stands."""
    return next((one.name for one in drill.variants if one.id == variant), "")


def lines_of_gate(view: View) -> tuple[Line, ...]:
    """Explain the gate of the drill that was picked, or of the first."""
    names = (view.drill,) if view.drill is not None else view.drills[:1]
    return tuple(line for name in names for line in gate_lines(view.state, name, view.log))


def find_cue(state: State) -> str:
    """Return the cue of the last rep that missed."""
    if state.last is None:
        return ""
    return next((rep.cue for rep in reversed(state.last.reps) if rep.grade == "miss" and rep.cue), "")
