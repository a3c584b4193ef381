"""The screen: red flags, intake and the first clips, and what of them to talk about with a clinician."""

from __future__ import annotations

from hiphinge.program.clock import find_withdrawn
from hiphinge.program.decide import decide
from hiphinge.program.decision import Decision
from hiphinge.program.history import ClipSeen, History, Intake
from hiphinge.program.lines import base_lines
from hiphinge.program.model import Program
from hiphinge.program.next_step import read_state
from hiphinge.program.pain import BACK_PLACES
from hiphinge.program.state import UNTOLD, first_step

__all__ = ["explain_screen", "screen"]

_BENDS = {
    "hips_first": "In the toe touch your hips bent first, and the back followed.",
    "typical": "In the toe touch hips and back bent together, as in most people.",
    "back_first": "In the toe touch your back bent first, and the hips followed.",
}
_TILTS = {
    "pelvis_tilts": "Standing, you could tuck your pelvis under while the rest stayed still.",
    "no_tilt": "Standing, the pelvis hardly tilted in the clip.",
}
_TALK = "This is something to talk about with your clinician; it does not say why a back hurts and clears nobody."


def screen(history: History, program: Program) -> Decision:
    """Decide what the screen asks for next: red flags, then the intake, then the clips; ``do`` once it is complete.

    Parameters
    ----------
    history
        The person's log, in order of its entries.
    program
        The program that is followed.
    """
    state, log = read_state(history, program)
    first = first_step(program)
    if state.stops or state.unanswered(program) or state.stage < first:
        return decide(state, history.now, log)
    drills = program.stages[first].drills
    names = " or ".join(program.drill(name).name.lower() for name in drills)
    reason = f"The screen is done; the program begins with the {names}."
    lines = base_lines(state, log)
    return Decision("do", program.stages[first].id, drills[0] if len(drills) == 1 else None, "", reason, lines)


def explain_screen(history: History) -> tuple[str, ...]:
    """Put pain, toe touch and pelvic tilt side by side, in sentences to read with a clinician.

    Notes
    -----
    The physiotherapist's article takes a sore back with a pelvis that can tuck under as a hint that the hips hinge too
    little. No study was found that tests this, so that the sentences say what was seen and leave the meaning open.
    Empty where nothing was told.
    """
    gone = find_withdrawn(history.events)
    told: dict[str, str] = {}
    pain: Intake | None = None
    for event in history.events:
        if event.key in gone:
            continue
        if isinstance(event, Intake):
            pain = event
        elif isinstance(event, ClipSeen) and event.label != "coached" and event.outcome not in UNTOLD:
            told[event.drill] = event.outcome
    bend, tilt = told.get("toe_touch", ""), told.get("pelvic_tilt", "")
    sore = pain is not None and bool(pain.pain) and (not pain.places or bool(BACK_PLACES & set(pain.places)))
    sentences = [text for text in (_BENDS.get(bend), _TILTS.get(tilt)) if text is not None]
    if not sentences:
        return ()
    if sore and pain is not None:
        sentences.insert(0, f"Your back hurts now ({pain.pain} of 10).")
    if sore and tilt == "pelvis_tilts":
        sentences.append(
            "A physiotherapist's article takes these together as a hint that the hips may take too small a part in "
            "bending; no study that we know has tested it."
        )
    return (*sentences, _TALK)
