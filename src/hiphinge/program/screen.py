"""The screen: red flags, intake and the first clips, and what of them to talk about with a clinician."""

from __future__ import annotations

from hiphinge.program.corrected import counting_events
from hiphinge.program.decide import decide
from hiphinge.program.decision import Decision
from hiphinge.program.history import ClipSeen, FeelLog, History, Intake, Override, RedFlagAnswers
from hiphinge.program.lines import base_lines
from hiphinge.program.model import Program
from hiphinge.program.next_step import read_state
from hiphinge.program.pain import is_back_pain
from hiphinge.program.state import UNTOLD, first_step

__all__ = ["explain_screen", "screen"]

_BENDS = {
    "hips_first": "In the toe touch your hips bent first, and the back followed.",
    "typical": "In the toe touch hips and back bent together.",
    "back_first": "In the toe touch your back bent first, and the hips followed.",
}
_TILTS = {
    "pelvis_tilts": "Standing, you could tuck your pelvis under while the rest stayed still.",
    "no_tilt": "Standing, the pelvis hardly tilted in the clip.",
}
_TALK = "This is something to talk about with your clinician; it does not say why a back hurts and clears nobody."


def screen(history: History, program: Program) -> Decision:
    """Decide what the screen asks for next: red flags, then the intake, then the clips; ``do`` once it is complete.

    Whatever says *not now* (a stop, pain, a morning that was not answered) comes first here too.

    Parameters
    ----------
    history
        The person's log, in order of its entries.
    program
        The program that is followed.
    """
    state, log = read_state(history, program)
    first = first_step(program)
    decision = decide(state, history.now, log)
    if state.stage < first or decision.action not in ("do", "choose", "up", "done"):
        return decision
    drills = program.stages[first].drills
    names = " or ".join(program.drill(name).name.lower() for name in drills)
    reason = f"The first look is done; the program begins with the {names}."
    lines = base_lines(state, log)
    return Decision("do", program.stages[first].id, drills[0] if len(drills) == 1 else None, "", reason, lines)


def explain_screen(history: History) -> tuple[str, ...]:
    """Put pain, toe touch and pelvic tilt side by side, in sentences to read with a clinician.

    Notes
    -----
    The physiotherapist's article takes a sore back with a pelvis that can tuck under as a hint that the hips hinge too
    little. No study was found that tests this, so that the sentences say what was seen and leave the meaning open.
    Empty where nothing was told, and while a stop is in force: then nothing else is to be read.
    """
    told: dict[str, str] = {}
    pain: Intake | None = None
    stopped = False
    for event in counting_events(history.events):
        if isinstance(event, RedFlagAnswers | FeelLog):
            stopped = stopped or _stops(event)
        elif isinstance(event, Override):
            stopped = stopped and not (event.clears_stop and event.clinician.strip() and event.reason.strip())
        elif isinstance(event, Intake):
            pain = event
        elif isinstance(event, ClipSeen) and event.label != "coached" and event.outcome not in UNTOLD:
            told[event.drill] = event.outcome
    bend, tilt = told.get("toe_touch", ""), told.get("pelvic_tilt", "")
    sore = pain is not None and bool(pain.pain) and is_back_pain(pain.places)
    sentences = [text for text in (_BENDS.get(bend), _TILTS.get(tilt)) if text is not None]
    if stopped or not sentences:
        return ()
    if sore and pain is not None:
        sentences.insert(0, f"On {pain.at.day} {pain.at:%B %Y} your back hurt ({pain.pain} of 10).")
    if sore and tilt == "pelvis_tilts":
        sentences.append(
            "A physiotherapist's article takes these together as a hint that the hips may take too small a part in "
            "bending; no study that we know has tested it."
        )
    return (*sentences, _TALK)


def _stops(event: RedFlagAnswers | FeelLog) -> bool:
    if isinstance(event, RedFlagAnswers):
        return any(event.answers.values())
    return event.leg == "further" or bool(event.new_numbness)
