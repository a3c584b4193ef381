"""What is done in a session: clips, how they felt, what only the person can tell, screens left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.errors import RecordConflict, UsageError
from hiphinge.program import Drill
from hiphinge.program.decision import Decision
from hiphinge.program.history import ClipSeen, Event, FeelLog, SetDone, Ticks
from hiphinge.program.pain import is_back_pain
from hiphinge.service.base import DeskBase
from hiphinge.service.clips import Clip, ClipLogged, RecordingRunner, Runner, assess_clip
from hiphinge.service.commandline import command_line, day_text
from hiphinge.service.grading import grade_reps, middle_measures
from hiphinge.service.interview import Feel, explain_early, refuse_stopped
from hiphinge.service.lookup import check_step
from hiphinge.service.questions import reference_clip

if TYPE_CHECKING:
    from hiphinge.model import Assessment
    from hiphinge.store import Person

__all__ = ["LEFT_OUT", "Practice"]

#: Outcome of a screen that a person rather left out.
LEFT_OUT = "left_out"


class Practice(DeskBase):
    """What is done in a session."""

    def log_clip(
        self,
        person: Person,
        clip: Clip,
        *,
        feel: Feel | None = None,
        progress: ProgressCallback | None = None,
        entry: str = "",
    ) -> ClipLogged:
        """Assess a clip by its drill's rules and store it, with its assessment, in the open session.

        What was seen in a film is kept beside the assessment, so that it can be judged again without the film.

        Parameters
        ----------
        person, clip
            Whose, and which.
        feel
            How a screen, or one side of a before and after, felt; a set's is logged by itself.
        progress
            Moves a progress bar.
        entry
            Key of the entry, for who may have to do the same work again; ``""`` makes a new one.

        Raises
        ------
        RecordConflict
            No session of today is open, a stop is in force, or the film was logged before.
        UsageError
            The drill or its variant does not exist.
        """
        look = self.look(person)
        session, drill = self.need_fresh(person, look), self.drill(clip.drill)
        refuse_stopped(look.decision, person.name)
        check_step(self.program, None, clip.drill, clip.variant)
        self._refuse_logged(person, clip.path)
        files: dict[str, Path | bytes] = {}
        assessment = assess_clip(
            clip.path, drill, clip.options, runner=_keeping_runner(self._runner, files),
            reference=self._reference(person), progress=progress, scratch=clip.scratch,
        )  # fmt: skip
        number = self._keep(person, clip, assessment, files)
        events = self._clip_events(session, drill, clip, assessment, number, feel, entry=entry)
        decision = self.record(person, *events)
        names = {one.id: one.name for one in self.program.drills}
        early = "" if clip.label else explain_early(self.program, drill, look.decision, names)
        found = next(one for one in events if isinstance(one, SetDone | ClipSeen))
        return ClipLogged(found, assessment, decision, early)

    def _refuse_logged(self, person: Person, film: Path) -> None:
        """Refuse a film that an entry stands for already, before it is assessed: that takes a while."""
        if film.suffix.lower() == ".json" or not film.is_file():
            return
        with film.open("rb") as stream:
            found = self.store.find_film(person.id, hashlib.file_digest(stream, "sha256").hexdigest())
        if found is None:
            return
        if not found.own:
            raise RecordConflict(
                f"{film.name} was already logged for another person.",
                expected="a film of this person",
                next_step="Check whose film it is.",
            )
        raise RecordConflict(
            f"{film.name} was already logged for {person.name}, on {day_text(found.at, clock=True)}.",
            expected="each film once",
            next_step="Log another film, or take that entry back: "
            + command_line("session", "undo", person.name, "--entry", found.entry),
        )

    def _clip_events(
        self,
        session: str,
        drill: Drill,
        clip: Clip,
        assessment: Assessment,
        number: str,
        feel: Feel | None,
        *,
        entry: str,
    ) -> tuple[Event, ...]:
        outcome = assessment.verdict.outcome
        if drill.kind == "screen" or clip.label:
            return self._seen(
                session, drill, feel or Feel(pain=clip.pain), outcome=outcome, measures=middle_measures(assessment),
                assessment=number, label=clip.label, entry=entry,
            )  # fmt: skip
        return (
            SetDone(
                **self._stamp("set", entry), session=session, drill=drill.id, variant=clip.variant, outcome=outcome,
                reps=grade_reps(assessment, drill, variant=clip.variant, touched=clip.touched), load_kg=clip.load_kg,
                assessment=number, back_reps=clip.back_reps,
                measures=middle_measures(assessment, back_reps=clip.back_reps),
            ),
        )  # fmt: skip

    def _seen(
        self, session: str, drill: Drill, feel: Feel, *, label: str = "", entry: str = "", **fields: Any
    ) -> tuple[Event, ...]:
        """Return the entry of a clip, after what was told beside its pain, both of one moment.

        The pain is told once, so that it is judged once: by the clip; by how it felt where it is a screen's and all of
        it is elsewhere than in the back.
        """
        elsewhere = not label and bool(feel.pain) and not is_back_pain(feel.places)
        stamp = self._stamp("clip", entry)
        seen = ClipSeen(
            **stamp, session=session, drill=drill.id, label=label, pain=None if elsewhere else feel.pain, **fields
        )
        more = bool(feel.places or feel.leg or feel.new_numbness)
        if not more and (label or feel.new_numbness is None):
            return (seen,)
        told = FeelLog(
            key=self._stamp("feel", _feel_key(entry))["key"], at=stamp["at"], session=session, drill=drill.id,
            effort=None, pain=feel.pain if elsewhere else None, pain_places=feel.places, leg=feel.leg,
            new_numbness=feel.new_numbness,
        )  # fmt: skip
        return (told, seen)

    def leave_out(self, person: Person, drill: str, feel: Feel | None = None) -> Decision:
        """Store that the person rather left a screen out, and what was told about it."""
        found = self.drill(drill)
        if found.kind != "screen":
            raise UsageError(
                f"{drill!r} is no screen.",
                expected="a drill that only asks a question",
                next_step="A drill that is not done is simply not logged.",
            )
        look = self.look(person)
        session = self.need_fresh(person, look)
        refuse_stopped(look.decision, person.name)
        return self.record(person, *self._seen(session, found, feel or Feel(), outcome=LEFT_OUT))

    def log_feel(self, person: Person, drill: str, feel: Feel, *, entry: str = "") -> Decision:
        """Store how a set felt; new numbness and leg pain are taken under a stop too. ``entry``: its key, if given."""
        session = self.need_fresh(person)
        return self.record(
            person,
            FeelLog(
                **self._stamp("feel", entry), session=session, drill=self.drill(drill).id, effort=feel.effort,
                pain=feel.pain, pain_places=feel.places, leg=feel.leg, new_numbness=feel.new_numbness,
            ),
        )  # fmt: skip

    def log_ticks(
        self,
        person: Person,
        drill: str,
        ticks: Mapping[str, bool],
        *,
        by: Literal["person", "clinician"] = "person",
        entry: str = "",
    ) -> Decision:
        """Store what only the person (or the therapist) can tell. ``entry``: its key, if given."""
        known = [tick.id for tick in self.drill(drill).ticks]
        for name in ticks:
            if name not in known:
                raise UsageError(f"{drill!r} has no tick {name!r}.", expected=", ".join(known) or "no ticks at all")
        session = self.need_fresh(person)
        stamp = self._stamp("ticks", entry)
        return self.record(person, Ticks(**stamp, session=session, drill=drill, ticks=ticks, by=by))

    def _reference(self, person: Person) -> bytes | None:
        number = reference_clip(self.history(person), self.program)
        return self.store.assessment(number).document if number else None

    def _keep(self, person: Person, clip: Clip, assessment: Assessment, files: Mapping[str, Path | bytes]) -> str:
        from hiphinge.report.document import document_bytes

        film = None if clip.path.suffix.lower() == ".json" else clip.path
        return self.store.add_assessment(
            person.id, document_bytes(assessment), sha256=assessment.video.sha256, files=files, clip=film,
            keep_clip=clip.keep and film is not None,
        )  # fmt: skip


def _feel_key(entry: str) -> str:
    """Return the key of what is told beside a clip whose own key is given; ``""`` without one."""
    return f"{entry}-feel" if entry else ""


def _keeping_runner(given: Runner | None, files: dict[str, Path | bytes]) -> Runner:
    """Return the runner that was given, else the real one; what was seen is put into ``files`` where it can be had."""
    from hiphinge.clip.recording import TRACKS_NAME, pack_tracks
    from hiphinge.clip.run import assess_video

    if given is not None and not isinstance(given, RecordingRunner):
        return given

    def keep(data: bytes) -> None:
        files[TRACKS_NAME] = data

    def run(
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> Assessment:
        if given is not None:
            return given(path, options, name=name, progress=progress, on_recording=keep)
        return assess_video(
            path, options, name=name, progress=progress, on_tracks=lambda tracks: keep(pack_tracks(tracks))
        )

    return run
