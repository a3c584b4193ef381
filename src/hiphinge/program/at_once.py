"""What the last set, or the last morning, calls for at once: pain, two misses, effort in the back, tiredness."""

from __future__ import annotations

from hiphinge.program.decision import Decision, Line
from hiphinge.program.gates import FATIGUE_DEG, name_places
from hiphinge.program.lines import look_and_feel, look_line, miss_line
from hiphinge.program.pain import STOP, call_pain, pain_lines, rate_back
from hiphinge.program.state import State
from hiphinge.program.view import CENTRALISED, ROUNDED, View, find_cue, lines_of_gate

__all__ = ["answer_at_once"]

_FEWER = "fewer reps: half as many, one more set at most"


def answer_at_once(view: View) -> Decision | None:
    """Answer what the last set, or the last morning, calls for."""
    acute = view.state.acute
    if acute is None:
        return None
    if acute.kind in ("pain_stop", "less"):
        return _of_pain(view)
    if acute.kind == "missed":
        return _of_misses(view)
    if acute.kind == "felt_back":
        return _of_felt_back(view)
    if acute.kind == "fatigue":
        return _of_fatigue(view)
    reason = f"Your back was more sore the next morning: stay at this step, with the {view.name}, until it is calm."
    return view.say("easier", reason, lines_of_gate(view))


def _of_pain(view: View) -> Decision:
    state, acute = view.state, view.state.acute
    feel = acute.feel if acute is not None else None
    assert acute is not None
    assert feel is not None
    lines = (*pain_lines(feel, state.resting(), view.log.program), *look_line(state, view.log))
    good = state.reading is not None and state.reading.good and state.feel is not None
    if acute.kind == "pain_stop":
        fine = ", though the set looked fine" if good else ""
        rest = f" ({state.resting()} at rest)" if rate_back(feel) is not None and (feel.pain or 0) < STOP else ""
        reason = (
            f"Stop this set: pain was {feel.pain} of 10{rest}{fine}. Rest, and go on only if it is back to what it "
        )
        return view.say("end_set", reason + "was at rest within a few minutes.", lines)
    fine = "It looks fine and hurts a little" if good else "It hurts a little"
    reason = f"{fine} ({feel.pain} of 10): keep the range and the weight, and do {_FEWER}."
    if feel.leg == "back":
        reason += f" {CENTRALISED}"
    return view.say("do", reason, (*lines, *lines_of_gate(view)))


def _of_misses(view: View) -> Decision:
    state, acute = view.state, view.state.acute
    assert acute is not None
    pain = pain_lines(state.feel, state.resting(), view.log.program) if state.feel is not None else ()
    lines = (miss_line(state.reading, acute.key, view.log.program), *look_line(state, view.log), *pain)
    cue = find_cue(state)
    if look_and_feel(state):
        reason = f"{ROUNDED}: pause, then try the {view.name}, so that the back keeps its shape too."
    else:
        reason = f"Two reps in a row missed: pause, then try the {view.name}."
    return view.say("easier", reason + _fewer(state) + (f" One cue: {cue}" if cue else ""), lines)


def _fewer(state: State) -> str:
    """Say that the dose is cut, where pain asks for it."""
    feel = state.feel
    if feel is None or call_pain(feel, state.resting()) != "less":
        return ""
    return f" Pain was {feel.pain} of 10, so do {_FEWER}."


def _of_felt_back(view: View) -> Decision:
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


def _of_fatigue(view: View) -> Decision:
    reading, acute = view.state.reading, view.state.acute
    assert reading is not None
    assert acute is not None
    seen = f"{reading.fatigue_deg:+.0f}° (estimate from video)"
    line = Line(
        "Lumbar flexion, last reps against first", f"less than {FATIGUE_DEG:.0f}° more", seen, False, (acute.key,),
        view.log.program.sources.get("gate", "The program's gate"),
    )  # fmt: skip
    return view.say(
        "end_set", "Your back bent more towards the end: end the set here, rest, and say how it felt.", (line,)
    )
