"""A clinician's decision: whether it can be followed, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hiphinge.program.clock import Moment
from hiphinge.program.decision import Line
from hiphinge.program.history import Override
from hiphinge.program.model import Program
from hiphinge.program.moving import go_to
from hiphinge.program.state import Log, Refusal, State, is_screen, step_index

__all__ = ["override"]


def override(state: State, event: Override, moment: Moment, log: Log) -> State:
    """Follow a clinician's decision; one that cannot be followed changes nothing, and is told."""
    refusal = _find_refusal(event, log.program)
    if refusal is not None:
        return state._replace(refusal=refusal, moved="refused")
    state = state._replace(override=event, refusal=None)
    if event.clears_stop:
        state = state._replace(stops=(), lifted=event)
    if event.step is None and not event.clears_stop:
        return state._replace(moved="override")
    state = state._replace(ended=None, sore=None, acute=None)
    if state.session is not None:
        state = state._replace(session=replace(state.session, stops=0, worst=state.session.resting))
    stage = step_index(log.program, event.step) if event.step is not None else None
    if stage is None:
        return state._replace(moved="override")
    state = go_to(state, stage)._replace(done=False, override=event, moved="override", variant=event.variant)
    if is_screen(log.program.stages[stage], log.program):
        state = state._replace(screened=MappingProxyType({}))
    return state._replace(drill=event.drill)


def _find_refusal(event: Override, program: Program) -> Refusal | None:
    """Say why a decision cannot be followed; None where it can."""

    def refuse(why: str, rule: str, needed: str, seen: str) -> Refusal:
        return Refusal(why, Line(rule, needed, seen, False, (event.key,), "Clinician"))

    if not event.clinician.strip() or not event.reason.strip():
        missing = "the clinician's name" if not event.clinician.strip() else "the reason"
        return refuse(
            f"it does not give {missing}", "A clinician's decision", "a name and a reason", f"{missing} is missing"
        )
    index = step_index(program, event.step) if event.step is not None else None
    if event.step is not None and index is None:
        steps = ", ".join(stage.id for stage in program.stages)
        return refuse(f"there is no step {event.step!r}", "The step decided on", steps, event.step)
    drills = program.stages[index].drills if index is not None else ()
    if event.drill is not None and event.drill not in drills:
        return refuse(
            f"the drill {event.drill!r} does not belong to a step that it names", "The drill decided on",
            " or ".join(drills) or "a step with that drill", event.drill,
        )  # fmt: skip
    drill = event.drill or (drills[0] if len(drills) == 1 else None)
    known = [one.id for one in program.drill(drill).variants] if drill is not None else []
    if event.variant and event.variant not in known:
        needed = " or ".join(known) or "a drill with that form"
        return refuse(f"there is no form {event.variant!r} of that drill", "The form decided on", needed, event.variant)
    return None
