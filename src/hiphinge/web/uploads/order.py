"""From the form that comes with a film to what is kept with it, and from there to a job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from starlette.datastructures import UploadFile

from hiphinge.clip.options import FACINGS
from hiphinge.errors import HiphingeError
from hiphinge.program import Drill
from hiphinge.service.desk import Desk, Look
from hiphinge.service.interview import Feel
from hiphinge.service.jobs import queue_clip
from hiphinge.service.orders import (
    ClipOrder,
    asks_touch,
    check_order,
    is_set,
    is_urgent,
    missing_answers,
    with_ticks,
)
from hiphinge.service.words import EFFORT_WORDS
from hiphinge.web.patient.answers import Answers, for_pages, read_feel
from hiphinge.web.translate import _
from hiphinge.web.uploads.receive import check_film, open_upload, take_whole

if TYPE_CHECKING:
    from hiphinge.store import Job, Person, Store, Upload

__all__ = ["LABELS", "Sent", "find_queued", "finish_upload", "pick_drill", "read_order_form", "take_form"]

Label = Literal["", "usual", "coached"]
LABELS: tuple[Label, ...] = ("", "usual", "coached")
_RULES_OF = {"usual": "toe_touch", "coached": "hinge"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a film: a job; ``stopped`` where an answer stops everything; else what is still to be said."""

    job: Job | None = None
    stopped: bool = False
    missing: dict[str, str] | None = None


def find_queued(store: Store, person: Person, film: str) -> Job | None:
    """Return the job of a film that was queued already; None where there is none."""
    return next((one for one in store.jobs(person.id) if one.payload.get("film") == film), None)


def pick_drill(desk: Desk, look: Look, name: str, label: str) -> Drill:
    """Return the drill of a film: the one named, else the one of its label, else the one that is due."""
    of_label = [one.id for one in desk.program.drills if one.rules == _RULES_OF.get(label)]
    here = [stage.drills for stage in desk.program.stages if stage.id == look.decision.step]
    choices = look.decision.options or (here or [desk.program.stages[0].drills])[0]
    return desk.drill(name or next(iter(of_label), "") or look.decision.drill or choices[0])


def read_order_form(answers: Answers, desk: Desk, look: Look, film: str) -> ClipOrder:
    """Read what was said with a film; what does not fit stands in ``answers.errors``."""
    label: Label = next((one for one in LABELS if one and one == answers.text("label")), "")
    drill = pick_drill(desk, look, answers.text("drill"), label)
    a_set = is_set(drill, label)
    variant = answers.pick("variant", [one.id for one in drill.variants]) or ""
    options: dict[str, Any] = {
        "facing": answers.pick("facing", FACINGS),
        "from_s": answers.number("from_s", high=3600, whole=False),
        "to_s": answers.number("to_s", high=3600, whole=False),
        "person": answers.whole("subject", high=20),
        "wall": answers.number("wall", high=1, whole=False),
        "foot_length_cm": answers.number("foot_length_cm", low=15, high=45, whole=False),
    }
    order = ClipOrder(
        film=film, drill=drill.id, variant=variant if a_set else "", label=label,
        keep=bool(answers.said("keep")), feel=_read_feel(answers, a_set=a_set),
        ticks={
            one.id: found
            for one in drill.ticks
            if a_set and (found := answers.flag(f"tick_{one.id}")) is not None
        },
        load_kg=answers.number("load_kg", high=300, whole=False) if a_set and drill.equipment else None,
        back_reps=answers.whole("back_reps", low=1, high=100) if a_set else None,
        touched=answers.flag("touched") if a_set else None,
        options={name: value for name, value in options.items() if value is not None},
    )  # fmt: skip
    order = with_ticks(order, drill)
    if order.touched is not None and not asks_touch(drill, replace(order, touched=None)):
        order = replace(order, touched=None)
    answers.errors.update({name: _(text) for name, text in missing_answers(drill, order).items()})
    return order


def _read_feel(answers: Answers, *, a_set: bool) -> Feel:
    """Return how it felt; of a set nothing at all may be told: it is asked afterwards."""
    told = any(answers.said(name) for name in ("pain", "numbness", "places", "leg", "effort"))
    if a_set and not told:
        return Feel()
    feel = read_feel(answers, effort=a_set, needed=False)
    return feel if not a_set or feel.effort else replace(feel, effort=answers.picks("effort", EFFORT_WORDS) or None)


def finish_upload(desk: Desk, person: Person, upload: Upload, answers: Answers) -> Sent:
    """Queue a film that is here as a whole; an answer that stops is kept at once, and the film goes.

    Raises
    ------
    HiphingeError
        It is no film, was logged before, or cannot be logged now.
    """
    look = desk.look(person)
    order = read_order_form(answers, desk, look, upload.id)
    if is_urgent(order.feel) and look.session is not None:
        desk.log_feel(person, order.drill, order.feel, entry=f"urgent-{upload.id}")
        desk.store.drop_upload(upload.id)
        return Sent(stopped=True)
    if answers.errors:
        return Sent(missing=answers.errors)
    check_order(desk, person, order, sha256=upload.sha256 or "")
    film = check_film(desk.store, upload)
    order = replace(order, suffix=film.suffix)
    check_order(desk, person, order, sha256=film.sha256)
    return Sent(job=queue_clip(desk, person, order))


def take_form(desk: Desk, person: Person, answers: Answers, *, most_bytes: int) -> Sent:
    """Take a film that came whole, with its form; of what does not fit nothing is left, for a browser sends it again.

    Raises
    ------
    HiphingeError
        It is no film, too large, was logged before, or cannot be logged now.
    """
    film = answers.given.get("film")
    if not isinstance(film, UploadFile) or not film.size:
        answers.errors["film"] = _("Please choose a film.")
        return Sent(missing=answers.errors)
    with for_pages():
        upload = open_upload(
            desk.store, person, name=film.filename or "", size=film.size, meta={}, most_bytes=most_bytes
        )
        try:
            take_whole(desk.store, upload, film.file)
            sent = finish_upload(desk, person, upload, answers)
        except HiphingeError:
            desk.store.drop_upload(upload.id)
            raise
    if sent.missing:
        desk.store.drop_upload(upload.id)
    return sent
