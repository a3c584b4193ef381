"""From where a person stands to the one thing that comes next, in one sentence, with its lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hiphinge.program.decision import Action, Decision, Line
from hiphinge.program.gates import FATIGUE_DEG, count_apart, name_places, session_lines
from hiphinge.program.lines import (
    base_lines,
    gate_lines,
    look_and_feel,
    look_line,
    screen_lines,
    stop_lines,
)
from hiphinge.program.model import Drill
from hiphinge.program.pain import RISE, STOP, call_pain, pain_lines, rate_back
from hiphinge.program.passing import session_credit
from hiphinge.program.screens import screens_left
from hiphinge.program.state import MORNING, Log, State, is_screen

__all__ = ["decide"]

_ROUNDED = "You feel it where you should, but your back rounds"


@dataclass(frozen=True, slots=True)
class _View:
    """What every part of the decision looks at."""

    state: State
    now: datetime
    log: Log

    @property
    def step(self) -> str:
        return self.log.program.stages[self.state.stage].id

    @property
    def drills(self) -> tuple[str, ...]:
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
        if self.drill is None:
            return ""
        known = [one.id for one in self.log.program.drill(self.drill).variants]
        return self.state.variant if self.state.variant in known else ""

    @property
    def variant_name(self) -> str:
        return _variant_name(self.log.program.drill(self.drill), self.variant) if self.drill else ""

    def say(
        self, action: Action, reason: str, lines: Iterable[Line] = (), *, drill: str | None = None,
        not_before: datetime | None = None,
    ) -> Decision:  # fmt: skip
        """Make the decision at the present step."""
        evidence = (*base_lines(self.state, self.log), *lines)
        options = self.drills if len(self.drills) > 1 and action in ("up", "down", "choose", "do", "easier") else ()
        return Decision(
            action, self.step, drill or self.drill, self.variant if drill in (None, self.drill) else "", reason,
            evidence, options, not_before,
        )  # fmt: skip


def _variant_name(drill: Drill, variant: str) -> str:
    """Return the name of a variant, empty for the drill as it stands."""
    return next((one.name for one in drill.variants if one.id == variant), "")


def decide(state: State, now: datetime, log: Log) -> Decision:
    """Decide what comes next.

    In this order: a stop; open red-flag questions; pain at rest; a step that has just changed; what the last set or
    morning calls for; the screens; the gate of the present step.
    """
    view = _View(state, now, log)
    if state.stops:
        return _stopped(view)
    if state.unanswered(log.program):
        return _ask_flags(view)
    if state.moved == "override" and state.override is not None:
        said = f"{state.override.clinician} decided: {state.override.reason.rstrip('. ')}. "
        inner = decide(state._replace(moved=""), now, log)
        return replace(inner, reason=said + inner.reason)
    for part in (_before_work, _moved, _at_once):
        found = part(view)
        if found is not None:
            return found
    if is_screen(log.program.stages[state.stage], log.program):
        return _decide_screen(view)
    if state.done:
        reason = "You have passed the last gate of the program: keep lifting, two or three times a week."
        return view.say("done", reason, state.moved_lines or gate_lines(state, view.drills[0], log))
    return _in_session(view) if state.session is not None else _between(view)


def _stopped(view: _View) -> Decision:
    stops = sorted(view.state.stops, key=lambda stop: not stop.emergency)
    first = stops[0]
    if first.emergency:
        action: Action = "stop_now"
        reason = "Please stop and get emergency help now: one of your answers may need care at once."
    else:
        action = "stop_see"
        what = "one of your answers" if first.rule.endswith("?") else first.rule[0].lower() + first.rule[1:]
        reason = f"Please stop here and see a clinician before you go on, because of {what}."
    evidence = (*stop_lines(view.state), *base_lines(view.state, view.log))
    return Decision(action, view.step, None, "", reason, evidence)


def _ask_flags(view: _View) -> Decision:
    state = view.state
    why = f"{state.asked_again}, so please answer" if state.asked_again else "Please answer"
    reason = f"{why} the red-flag questions first; they take a minute."
    return Decision("ask", view.step, None, "", reason, base_lines(state, view.log))


def _before_work(view: _View) -> Decision | None:
    """Ask for what pain is compared with, and leave out today's sets where pain at rest is too high."""
    state, session = view.state, view.state.session
    at_screen = is_screen(view.log.program.stages[state.stage], view.log.program)
    if at_screen and (state.intake is None or state.intake.pain is None):
        line = Line(
            "Pain now", "an answer from 0 to 10", "not answered", None, (state.intake.key,) if state.intake else ()
        )
        return view.say("ask", "Please say how much pain you have now, where, and since when.", (line,))
    if session is None:
        return None
    source = view.log.program.sources.get("pain", "The program's rules about pain")
    if session.resting is None and not session.sets:
        line = Line("Pain at rest", "an answer from 0 to 10", "not answered", None, (session.key,), source)
        return view.say("ask", "Please say how much pain you have at rest, before the first set.", (line,))
    if (session.resting or 0) >= STOP:
        seen = f"{session.resting} of 10"
        line = Line("Pain at rest", f"less than {STOP} of 10", seen, False, (session.key,), source)
        reason = f"Your pain at rest is {seen}: leave the sets for another day, and see a clinician if it stays."
        return view.say("end_session", reason, (line,))
    return None


def _moved(view: _View) -> Decision | None:
    state, program = view.state, view.log.program
    if not state.moved:
        return None
    if state.moved == "down":
        reason = f"Your back was more sore the next morning: go back one step, to the {view.name}, until it is calm."
        return view.say("down", reason, state.moved_lines)
    before = program.stages[state.stage - 1]
    first = "The screen is done" if is_screen(before, program) else "Well done, that gate is passed"
    pick = ": choose either, both are fine" if len(view.drills) > 1 else ""
    return view.say("up", f"{first}; next comes the {view.name}{pick}.", state.moved_lines)


def _at_once(view: _View) -> Decision | None:
    """Answer what the last set, or the last morning, calls for."""
    acute = view.state.acute
    if acute is None:
        return None
    if acute.kind in ("pain_stop", "pain_end", "less"):
        return _of_pain(view)
    if acute.kind in ("missed", "exhausted"):
        return _of_misses(view)
    if acute.kind == "felt_back":
        return _of_felt_back(view)
    if acute.kind == "fatigue":
        return _of_fatigue(view)
    source = view.log.program.sources.get("pain", "The program's rules about pain")
    line = Line("The next morning", f"less than {RISE} more than at rest", acute.seen, False, (acute.key,), source)
    reason = f"Your back was more sore the next morning: stay at this step, with the {view.name}, until it is calm."
    return view.say("easier", reason, (line, *_gate(view)))


def _of_pain(view: _View) -> Decision:
    state, acute, feel = view.state, view.state.acute, view.state.feel
    assert acute is not None
    lines = pain_lines(feel, state.resting(), view.log.program) if feel is not None else ()
    lines = (*lines, *look_line(state, view.log))
    pain = feel.pain if feel is not None else None
    if acute.kind == "pain_end":
        return view.say("end_session", f"Pain stopped a second set ({pain} of 10): that is enough for today.", lines)
    if acute.kind == "pain_stop":
        fine = ", though the set looked fine" if state.reading is not None and state.reading.good else ""
        back = rate_back(feel) if feel is not None else None
        rest = f" ({state.resting()} at rest)" if back is not None and (pain or 0) < STOP else ""
        reason = f"Stop this set: pain was {pain} of 10{rest}{fine}. Rest, and go on only if it settles."
        return view.say("end_set", reason, lines)
    fine = (
        "It looks fine and hurts a little" if state.reading is not None and state.reading.good else "It hurts a little"
    )
    reason = f"{fine} ({pain} of 10): keep the range and the weight, and do fewer reps."
    if state.feel is not None and state.feel.leg == "back":
        reason += " Leg pain that moves back towards the spine may go on."
    return view.say("do", reason, (*lines, *_gate(view)))


def _of_misses(view: _View) -> Decision:
    state, acute = view.state, view.state.acute
    assert acute is not None
    reading = state.reading
    missed = ", ".join(reading.missed) if reading is not None and reading.missed else "not named"
    source = view.log.program.sources.get("dose", "The program's gate")
    line = Line(
        "Missed reps", "fewer than two in a row", f"two in a row; rules missed: {missed}", False, (acute.key,), source
    )
    pain = pain_lines(state.feel, state.resting(), view.log.program) if state.feel is not None else ()
    lines = (line, *look_line(state, view.log), *pain)
    if acute.kind == "exhausted":
        reason = "You have tried every easier form today: let it rest, and come back to it next time."
        return view.say("end_session", reason, lines)
    cue = _cue(state)
    if look_and_feel(state):
        reason = f"{_ROUNDED}: pause, then try the {view.name}, so that the back keeps its shape too."
    else:
        reason = f"Two reps in a row missed: pause, then try the {view.name}."
    return view.say("easier", reason + _fewer(state) + (f" One cue: {cue}" if cue else ""), lines)


def _fewer(state: State) -> str:
    """Say that the dose is cut, where pain asks for it."""
    feel = state.feel
    if feel is None or call_pain(feel, state.resting()) != "less":
        return ""
    return f" Pain was {feel.pain} of 10, so do fewer reps."


def _cue(state: State) -> str:
    if state.last is None:
        return ""
    return next((rep.cue for rep in reversed(state.last.reps) if rep.grade == "miss" and rep.cue), "")


def _of_felt_back(view: _View) -> Decision:
    state, acute = view.state, view.state.acute
    assert acute is not None
    start = "It looks fine, but you feel it in the back" if look_and_feel(state) else "You feel the effort in the back"
    effort = name_places((state.feel.effort or ()) if state.feel is not None else ())
    line = Line(
        "Where the effort is felt", "not in the back", effort, False, (acute.key,),
        view.log.program.sources.get("article", "The program's gate"),
    )  # fmt: skip
    pain = pain_lines(state.feel, state.resting(), view.log.program) if state.feel is not None else ()
    reason = f"{start}: stay at this step and try the {view.name}."
    return view.say("easier", reason + _fewer(state), (line, *look_line(state, view.log), *pain))


def _of_fatigue(view: _View) -> Decision:
    reading, acute = view.state.reading, view.state.acute
    assert reading is not None
    assert acute is not None
    seen = f"{reading.fatigue_deg:+.0f}° (estimate from video)"
    line = Line(
        "Lumbar flexion, last reps against first", f"less than {FATIGUE_DEG:.0f}° more", seen, False, (acute.key,),
        view.log.program.sources.get("dose", "The program's gate"),
    )  # fmt: skip
    return view.say(
        "end_set", "Your back bent more towards the end: end the set here, rest, and say how it felt.", (line,)
    )


def _decide_screen(view: _View) -> Decision:
    """Say which screen to film next."""
    state, log = view.state, view.log
    left = screens_left(state, log.program)
    lines = screen_lines(state, log)
    if not left:
        return view.say("do", "The screen is done.", lines)
    drill = log.program.drill(left[0])
    again = left[0] in state.screened
    name = drill.name.lower()
    reason = f"The camera could not tell: film the {name} once more, or leave it out if it hurts." if again else (
        f"Film the {name}, side-on; leave it out if it hurts."
    )  # fmt: skip
    return view.say("screen", reason, lines, drill=drill.id)


def _gate(view: _View) -> tuple[Line, ...]:
    names = (view.drill,) if view.drill is not None else view.drills[:1]
    return tuple(line for name in names for line in gate_lines(view.state, name, view.log))


def _in_session(view: _View) -> Decision:
    """Say what comes next while a session goes on."""
    state = view.state
    lines = (*look_line(state, view.log), *_gate(view))
    if view.drill is None:
        return view.say("choose", f"Choose one, both are fine: {view.name}.", lines)
    tally = state.tallies.get(view.drill)
    feel = state.feel
    felt = feel is not None and feel.pain is not None and feel.effort is not None
    if state.last is not None and state.last.drill == view.drill and not felt:
        reason = "Please say where you felt the effort of this set, and whether anything hurt."
        return view.say("ask", reason, lines)
    credit = session_credit(state, view.drill, view.log)
    if credit is not None and tally is not None:
        reason = "This session has brought what the gate asks for: finish it here, and say tomorrow how your back is."
        gate = view.log.program.drill(view.drill).gate
        if gate is not None and gate.max_morning_rise is None:
            reason = "This session has brought what the gate asks for: finish it here."
        return view.say("end_session", reason, lines)
    if look_and_feel(state):
        cue = _cue(state) or "make your back a long table top."
        return view.say("do", f"{_ROUNDED}: do it again with one cue: {cue}", lines)
    return view.say("do", f"{_settled(view)}{_unfelt(view)}{_work_sentence(view)}", lines)


def _unfelt(view: _View) -> str:
    """Say what is missing where the reps pass but the effort is felt in none of the places asked for."""
    tally = view.state.tallies.get(view.drill or "")
    gate = view.log.program.drill(view.drill).gate if view.drill else None
    if tally is None or gate is None:
        return ""
    reps, _, effort = session_lines(tally, gate, view.log.program)
    if not reps.holds or effort.holds is not False:
        return ""
    places = " or ".join(gate.effort_any_of)
    return f"It looks fine; before you go on it should be felt in {places}: go slowly, and hips further back. "


def _settled(view: _View) -> str:
    feel = view.state.feel
    return "Leg pain that moves back towards the spine may go on. " if feel is not None and feel.leg == "back" else ""


def _work_sentence(view: _View) -> str:
    drill = view.log.program.drill(view.drill or view.drills[0])
    dose = drill.dose
    return f"Do the {view.name}: {dose.sets} sets of {dose.reps}, {dose.tempo}."


def _between(view: _View) -> Decision:
    """Say what comes next between two sessions."""
    state, log = view.state, view.log
    lines = _gate(view)
    if view.drill is None:
        return view.say("choose", f"Choose one for the next session, both are fine: {view.name}.", lines)
    gate = log.program.drill(view.drill).gate
    credits = state.credits.get(view.drill, ())
    if gate is None or not credits:
        return view.say("do", f"Next session: {_work_sentence(view)[0].lower()}{_work_sentence(view)[1:]}", lines)
    last = credits[-1]
    if gate.max_morning_rise is not None and last.rise is None:
        ended = state.sleep.ended if state.sleep is not None else None
        if ended is not None and view.now < ended.latest + MORNING:
            reason = "Well done for today. Rest, and say tomorrow morning how your back is."
            return view.say("wait", reason, lines, not_before=ended.latest + MORNING)
        return view.say("ask", "Please say how your back was on the morning after the last session (0 to 10).", lines)
    counted = count_apart(credits, gate, log.backs)
    if counted:
        start = counted[-1].first.latest + timedelta(hours=gate.apart_h)
        if view.now < start:
            reason = f"That session counts. The next one counts {gate.apart_h:g} hours after it; rest until then."
            return view.say("wait", reason, lines, not_before=start)
    return view.say("do", f"Next session: {_work_sentence(view)[0].lower()}{_work_sentence(view)[1:]}", lines)
