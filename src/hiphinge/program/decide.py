"""From where a person stands to the one thing that comes next, in one sentence, with its lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hiphinge.program.at_once import answer_at_once
from hiphinge.program.decision import Action, Decision, Line
from hiphinge.program.gates import count_apart, session_lines
from hiphinge.program.lines import (
    base_lines,
    cut_lines,
    gate_lines,
    look_and_feel,
    look_line,
    screen_lines,
    stop_lines,
)
from hiphinge.program.nights import at_now, due_morning, last_night
from hiphinge.program.pain import LESS, is_answered, misses_leg_answer
from hiphinge.program.passing import session_credit
from hiphinge.program.screens import screens_left
from hiphinge.program.state import DAY, MORNING, NIGHT, Log, State, is_screen, step_index
from hiphinge.program.view import CENTRALISED, ROUNDED, View, find_cue, lines_of_gate

__all__ = ["decide"]


def decide(state: State, now: datetime, log: Log) -> Decision:
    """Decide what comes next.

    In this order: a stop; open red-flag questions; pain at rest not said; a step that has just changed; what ended the
    session; a morning not said; what the last set or morning calls for; the screens; the gate of the present step.
    """
    view = View(state, now, log)
    said = _say_decided(state)
    if said:
        inner = decide(state._replace(moved=""), now, log)
        return replace(inner, reason=said + inner.reason)
    if state.stops:
        return _stopped(view)
    if state.unanswered(log.program):
        return _ask_flags(view)
    for part in (_before_work, _moved, _ask_morning, _ended, answer_at_once):
        found = part(view)
        if found is not None:
            return found
    if is_screen(log.program.stages[state.stage], log.program):
        return _decide_screen(view)
    if state.done:
        return _done(view)
    return _in_session(view) if state.session is not None else _between(view)


def _say_decided(state: State) -> str:
    """Say first what a clinician has just decided, or that it changes nothing."""
    if state.moved == "refused" and state.refusal is not None:
        return f"The clinician's decision changes nothing, since {state.refusal.why}. "
    if state.moved == "override" and state.override is not None and not state.stops:
        return f"{state.override.clinician} decided: {state.override.reason.rstrip('. ')}. "
    return ""


def _done(view: View) -> Decision:
    state = view.state
    asked = _ask_feeling(view)
    if asked is not None:
        return asked
    reason = "You have been through every step: keep lifting, two or three times a week."
    reading = state.reading
    if reading is not None and reading.judged and not reading.good:
        reason = (
            f"You have been through every step. In this set {reading.passed} of {reading.judged} reps met the drill's "
            "own rules: take less weight, or a higher block, until most of them do."
        )
    drill = view.drill or view.drills[0]
    return view.say("done", reason, state.moved_lines or gate_lines(state, drill, view.log))


def _stopped(view: View) -> Decision:
    stops = sorted(view.state.stops, key=lambda stop: not stop.emergency)
    first = stops[0]
    if first.emergency:
        action: Action = "stop_now"
        asked = " ".join(dict.fromkeys(one.rule for one in stops if one.emergency))
        reason = (
            f"Please call your emergency number, or go to an emergency department, now. You answered yes to: {asked}"
        )
    else:
        action = "stop_see"
        what = "one of your answers" if first.rule.endswith("?") else first.rule[0].lower() + first.rule[1:]
        reason = f"Please stop here and see a clinician before you go on, because of {what}."
    evidence = (*stop_lines(view.state), *base_lines(view.state, view.log))
    return Decision(action, view.step, None, "", reason, evidence)


def _ask_flags(view: View) -> Decision:
    state = view.state
    why = f"{state.asked_again}, so please answer" if state.asked_again else "Please answer"
    reason = f"{why} the safety questions first; they take a minute."
    return Decision("ask", view.step, None, "", reason, base_lines(state, view.log))


def _before_work(view: View) -> Decision | None:
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
    if session.resting is None and not session.late:
        line = Line("Pain at rest", "an answer from 0 to 10", "not answered", None, (session.key,), source)
        when = "you had at rest, before this session" if session.sets else "you have at rest, before the first set"
        return view.say("ask", f"Please say how much pain {when}.", (line,))
    return None


def _ended(view: View) -> Decision | None:
    """Say that the session has ended, or that no sets are due before a night has passed."""
    hold, session = view.state.ended, view.state.session
    if hold is None:
        return None
    left = NIGHT - view.log.gap(hold.since, at_now(view.now))
    if session is not None and session.session == hold.session:
        return view.say("end_session", hold.why, hold.lines)
    if left <= timedelta(0) and session is None:
        return None
    when = "Begin a new session then." if session is not None else "The next session can be tomorrow."
    return view.say("wait", f"{hold.why} {when}", hold.lines, not_before=view.now + left)


def _ask_morning(view: View) -> Decision | None:
    """Ask how the morning after the last session was, before the next one's first set."""
    night = due_morning(view.state, view.now, view.log)
    if night is None or night.opened is None:
        return None
    source = view.log.program.sources.get("pain", "The program's rules about pain")
    line = Line("The next morning", "an answer from 0 to 10", "not answered", None, (night.key,), source)
    day = f"{night.opened.at.day} {night.opened.at:%B}"
    return view.say(
        "ask", f"Please say how your back was on the morning after the session of {day} (0 to 10).", (line,)
    )


def _moved(view: View) -> Decision | None:
    state, program = view.state, view.log.program
    if not state.moved:
        return None
    if state.moved == "down":
        reason = f"Your back was more sore the next morning: go back one step, to the {view.name}, until it is calm."
        return view.say("down", reason, state.moved_lines)
    before = program.stages[state.stage - 1]
    first = "The first look is done" if is_screen(before, program) else "Well done, this step is done"
    pick = ": choose either, both are fine" if len(view.drills) > 1 else ""
    return view.say("up", f"{first}; next comes the {view.name}{pick}.", state.moved_lines)


def _decide_screen(view: View) -> Decision:
    """Say which screen to film next."""
    state, log = view.state, view.log
    left = screens_left(state, log.program)
    lines = screen_lines(state, log)
    if not left:
        return _wait_for_calm(view, lines)
    drill = log.program.drill(left[0])
    again = left[0] in state.screened
    name = drill.name.lower().split(",")[0]
    if state.sore is not None:
        reason = f"{state.sore.why}: leave the bending out for now. Film the {name}, side-on; leave it out if it hurts."
        return view.say("screen", reason, (*state.sore.lines, *lines), drill=drill.id)
    reason = f"The camera could not tell: film the {name} once more, or leave it out if it hurts." if again else (
        f"Film the {name}, side-on; leave it out if it hurts."
    )  # fmt: skip
    return view.say("screen", reason, lines, drill=drill.id)


def _wait_for_calm(view: View, lines: tuple[Line, ...]) -> Decision:
    """Say what the rest of the first look waits for."""
    hold = view.state.sore
    if hold is None:
        return view.say("do", "The first look is done.", lines)
    left = max(DAY - view.log.gap(hold.since, at_now(view.now)), timedelta(0))
    reason = f"{hold.why}: let it calm down. Begin the next session once it is back to what it was, not before a day."
    return view.say("wait", reason, (*hold.lines, *lines), not_before=view.now + left)


def _in_session(view: View) -> Decision:
    """Say what comes next while a session goes on."""
    state = view.state
    lines = (*look_line(state, view.log), *lines_of_gate(view))
    if view.drill is None:
        return view.say("choose", f"Choose one, both are fine: {view.name}.", lines)
    asked = _ask_feeling(view)
    if asked is not None:
        return asked
    if session_credit(state, view.drill, view.log) is not None:
        reason = "This session has all that this step needs: finish it here, and say tomorrow how your back is."
        gate = view.log.program.drill(view.drill).gate
        if gate is not None and gate.max_morning_rise is None:
            reason = "This session has all that this step needs: finish it here."
        return view.say("end_session", reason, lines)
    if look_and_feel(state):
        cue = find_cue(state) or "make your back a long table top."
        return view.say("do", f"{ROUNDED}: do it again with one cue: {cue}", lines)
    untold, later = _untold(view), _later(view)
    reason = f"{later[0]}{untold[0]}{_settled(view)}{_unfelt(view)}{_work_sentence(view)}"
    return view.say("do", reason, (*later[1], *untold[1], *lines))


def _ask_feeling(view: View) -> Decision | None:
    """Ask how the last set felt, whichever drill it was."""
    state, feel = view.state, view.state.feel
    if state.session is None or state.last is None or is_answered(feel):
        return None
    reason = "Please say where you felt the effort of this set, and whether anything hurt."
    if feel is not None and misses_leg_answer(feel):
        reason = "Please say whether the leg pain moved, and whether there is new numbness or weakness."
    return view.say("ask", reason, (*look_line(state, view.log), *lines_of_gate(view)))


def _untold(view: View) -> tuple[str, tuple[Line, ...]]:
    """Say how to film where the camera could tell no rep of the last set."""
    last, reading = view.state.last, view.state.reading
    if last is None or reading is None or reading.judged or not last.reps:
        return "", ()
    line = Line("Reps that the camera could tell", "one at least", f"0 of {len(last.reps)}", False, (last.key,))
    return (
        "The camera could not tell any rep: film side-on, head to feet in the picture, back in sight, and stand still "
        "for two seconds first. "
    ), (line,)


def _later(view: View) -> tuple[str, tuple[Line, ...]]:
    """Say that a drill of a later step does not count yet."""
    last, program = view.state.last, view.log.program
    home = next((one.id for one in program.stages if last is not None and last.drill in one.drills), None)
    index = step_index(program, home) if home is not None else None
    if last is None or index is None or index <= view.state.stage:
        return "", ()
    needed, seen = [program.drill(one).name.lower() for one in view.drills], program.drill(last.drill).name.lower()
    line = Line("The drill of this step", " or ".join(needed), seen, False, (last.key,))
    return f"The {seen} comes later and does not count yet. ", (line,)


def _unfelt(view: View) -> str:
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


def _settled(view: View) -> str:
    feel = view.state.feel
    return f"{CENTRALISED} " if feel is not None and feel.leg == "back" else ""


def _work_sentence(view: View) -> str:
    drill = view.log.program.drill(view.drill or view.drills[0])
    dose, state = drill.dose, view.state
    start = f"Do the {view.name}: "
    if not cut_lines(state, view.log.program):
        return f"{start}{dose.sets} sets of {dose.reps}, {dose.tempo}."
    fewer = (dose.sets + 1) // 2
    why = "your back was more sore in the morning"
    if state.sore is None and state.session is not None:
        resting = state.session.resting or 0
        why = f"your pain at rest is {resting} of 10" if resting >= LESS else "it hurt in this session"
    sets = "1 set" if fewer == 1 else f"{fewer} sets"
    return f"{start}{sets} of {dose.reps} in place of {dose.sets}, since {why}; {dose.tempo}."


def _between(view: View) -> Decision:
    """Say what comes next between two sessions."""
    state, log = view.state, view.log
    lines = lines_of_gate(view)
    if view.drill is None:
        return view.say("choose", f"Choose one for the next session, both are fine: {view.name}.", lines)
    gate, credits, night = log.program.drill(view.drill).gate, state.credits.get(view.drill, ()), last_night(state)
    tomorrow = timedelta(0)
    if night is not None and night.last is not None and night.morning is None and not night.sore:
        tomorrow = MORNING - log.gap(night.last, at_now(view.now))
    if gate is not None and credits:
        asks = gate.max_morning_rise is not None and night is not None and credits[-1].session == night.session
        if asks and tomorrow > timedelta(0):
            reason = "Well done for today. Rest, and say tomorrow morning how your back is."
            return view.say("wait", reason, lines, not_before=view.now + tomorrow)
        counted = count_apart(credits, gate, log.backs)
        left = timedelta(hours=gate.apart_h) - log.gap(counted[-1].first, at_now(view.now)) if counted else timedelta(0)
        if left > timedelta(0):
            reason = f"That session counts. The next one counts {gate.apart_h:g} hours after it; rest until then."
            return view.say("wait", reason, lines, not_before=view.now + left)
    after = " Say tomorrow morning how your back is." if tomorrow > timedelta(0) else ""
    work = _work_sentence(view)
    return view.say("do", f"Next session: {work[0].lower()}{work[1:]}{after}", lines)
