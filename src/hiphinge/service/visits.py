"""A ten-minute appointment: the usual bend, a minute of coaching, the coached bend, one page. No account is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from hiphinge.errors import RecordConflict
from hiphinge.program.history import ClipSeen, Event, SessionOpened, SetDone
from hiphinge.service.corrections import find_clip, has_recording, judge_clip, read_document
from hiphinge.service.grading import middle_measures
from hiphinge.service.questions import live_events

if TYPE_CHECKING:
    from hiphinge.model import Assessment
    from hiphinge.report.program.visit import VisitPage, VisitSide
    from hiphinge.service.desk import Desk
    from hiphinge.store import Person

__all__ = ["COACHED_DRILL", "USUAL_DRILL", "Visit", "VisitStep", "begin_visit", "read_visit", "visit_page"]

VisitStep = Literal["usual", "coach", "coached", "page"]
#: What is filmed before, and what is coached and filmed after.
USUAL_DRILL, COACHED_DRILL = "toe_touch", "free_hinge"
#: What the page tells of each bend.
_MEASURES = ("lumbar_flexion", "hip_flexion", "hip_share", "trunk_lean")


@dataclass(frozen=True, slots=True)
class Visit:
    """How far an appointment is: the session, its two films (the last of each), and whether there was any coaching."""

    session: SessionOpened
    usual: ClipSeen | None
    coached: ClipSeen | None
    practised: bool
    open: bool

    @property
    def step(self) -> VisitStep:
        """What comes next; coaching may be left out."""
        if self.usual is None:
            return "usual"
        if self.coached is not None:
            return "page"
        return "coached" if self.practised else "coach"


def begin_visit(desk: Desk, name: str, *, pain: int, yes: Collection[str] = (), guest: str = "Guest") -> Person:
    """Begin an appointment with somebody new, who is erased a day later unless they are kept.

    Every red-flag question was asked; ``yes`` are those that were answered so. A yes stops, as everywhere.

    Parameters
    ----------
    desk
        The desk.
    name
        A nickname; "" takes ``guest``.
    pain
        At rest, 0 to 10.
    yes
        Ids of questions.
    guest
        What somebody without a name is called.
    """
    person = desk.store.add_person(name.strip() or guest, guest=True)
    answers: Mapping[str, bool] = {flag.id: flag.id in yes for flag in desk.program.red_flags}
    desk.start(person, resting_pain=pain)
    desk.answer_red_flags(person, answers)
    if not any(answers.values()):
        desk.take_intake(person, pain=pain)
    return person


def read_visit(desk: Desk, person: Person) -> Visit:
    """Say how far an appointment is: the person's last session.

    Raises
    ------
    RecordConflict
        No session was begun.
    """
    look = desk.look(person)
    events = live_events(look.history)
    opened = [one for one in events if isinstance(one, SessionOpened)]
    if not opened:
        raise RecordConflict(f"{person.name} has no session yet.", next_step="Begin an appointment.")
    here: tuple[Event, ...] = tuple(one for one in events if getattr(one, "session", "") == opened[-1].session)
    clips = {one.label: one for one in here if isinstance(one, ClipSeen) and one.label}
    return Visit(
        session=opened[-1],
        usual=clips.get("usual"),
        coached=clips.get("coached"),
        practised=any(isinstance(one, SetDone) for one in here),
        open=look.session is not None and look.session.session == opened[-1].session and not look.stale,
    )


def visit_page(desk: Desk, person: Person, visit: Visit, *, by: str = "") -> VisitPage:
    """Return the page of an appointment.

    Raises
    ------
    RecordConflict
        One of the two bends was not filmed.
    """
    from hiphinge.report.program.visit import VisitPage

    if visit.usual is None or visit.coached is None:
        raise RecordConflict(
            "Both bends are needed for the page.", expected="the usual bend and the coached one", next_step="Film both."
        )
    summary = desk.summary(person, visit.session.session)
    found = summary.before_after
    (usual, _), (coached, verdict) = (_side(desk, person, one) for one in (visit.usual, visit.coached))
    return VisitPage(
        person=person.name, at=_ended(visit), usual=usual, coached=coached, found=found,
        sentence=found.words[0] if found is not None and found.words else coached.headline,
        cue=verdict.verdict.cue or verdict.verdict.praise, next_step=_next_step(desk, person, visit.coached), by=by,
        resting_pain=summary.resting_pain, safety=summary.safety,
    )  # fmt: skip


def _next_step(desk: Desk, person: Person, coached: ClipSeen) -> str:
    """Return what to do until next time: the first drill with work in it; where pain says no, what the program says."""
    from hiphinge.program.pain import STOP
    from hiphinge.program.state import first_step
    from hiphinge.program.words import STOPS, dose_text

    decision = desk.decide(person)
    if decision.action in STOPS or decision.action in ("end_session", "wait") or (coached.pain or 0) >= STOP:
        return decision.reason
    drill = desk.program.drill(desk.program.stages[first_step(desk.program)].drills[0])
    return f"{drill.name}, {dose_text(drill.dose)}"


def _ended(visit: Visit) -> datetime:
    return visit.coached.at if visit.coached is not None else visit.session.at


def _side(desk: Desk, person: Person, entry: ClipSeen) -> tuple[VisitSide, Assessment]:
    from hiphinge.report.program.visit import VisitSide
    from hiphinge.report.stick import describe_stick, draw_stick
    from hiphinge.report.words import named_text

    clip = find_clip(desk, person, entry.assessment)
    document = read_document(desk, clip)
    drawn = judge_clip(desk, person, clip) if has_recording(clip) else document
    labels = {one.name: (one.label, one.unit) for one in document.measures}
    told = middle_measures(document)
    shown = [name for name in _MEASURES if name in told]
    measures = [(labels[name][0].capitalize(), named_text(name, told[name], labels[name][1])) for name in shown]
    label = {"usual": "Usual bend", "coached": "Coached bend"}[entry.label]
    svg = draw_stick(drawn, name=entry.label)
    side = VisitSide(label, document.verdict.headline, svg, describe_stick(drawn), measures, entry.pain)
    return side, document
