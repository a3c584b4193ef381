"""Live sets: begun, made again from what was stored, and ended as the clip that they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hiphinge.errors import UsageError
from hiphinge.live import Coach, SetPlan
from hiphinge.live.wire import decode_frames
from hiphinge.program import Drill
from hiphinge.program.history import ClipSeen, History, SetDone
from hiphinge.service.desk import Desk, Look, utc_now
from hiphinge.service.grading import explain_reps, grade_reps, middle_measures, say_headline, thing_to_try
from hiphinge.service.interview import explain_early, refuse_stopped
from hiphinge.service.live_summary import (
    live_cue,
    measures_part,
    nothing_done,
    pace_hz,
    rep_part,
    verdict_part,
    why_not,
)
from hiphinge.service.lookup import check_step
from hiphinge.service.questions import live_events, reference_clip

if TYPE_CHECKING:
    from hiphinge.clip.analyse import ClipTracks
    from hiphinge.model import Assessment, Provenance
    from hiphinge.store import LiveSet, Person, Store

__all__ = ["LiveService", "LiveWish", "OpenedLive", "Told"]

#: A load that nobody hinges with.
_MOST_KG = 500.0
_MOST_REPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWish:
    """What somebody wants to do live.

    ``label`` is ``usual`` or ``coached`` for one side of a before and after, else ``""``. ``wall``: where the wall
    meets the floor, as a share of the picture's width. ``back_reps``: only so many reps at the end show the back free
    of hands. ``reps``: how many are meant; None takes the drill's dose.
    """

    drill: str
    variant: str = ""
    load_kg: float | None = None
    wall: float | None = None
    label: Literal["", "usual", "coached"] = ""
    back_reps: int | None = None
    reps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the person said when ending a set: whether the seat touched the wall, and pain (0-10) while doing it."""

    touched: bool | None = None
    pain: int | None = None

    @classmethod
    def read(cls, value: Any) -> Told:
        """Read it from a message; what is not there, or is no such answer, was not told."""
        if not isinstance(value, Mapping):
            return cls()
        touched, pain = value.get("touched"), value.get("pain")
        is_pain = isinstance(pain, int) and not isinstance(pain, bool) and 0 <= pain <= 10
        return cls(touched=touched if isinstance(touched, bool) else None, pain=pain if is_pain else None)


@dataclass(frozen=True, slots=True)
class OpenedLive:
    """A live set made again: its coach, what it said so far, and what comes next.

    ``last_s`` is the time of the last frame (-1 without one), ``told`` what was said at its end, ``seen`` the SHA-256
    of all frames so far, to be gone on with.
    """

    live: LiveSet
    coach: Coach
    messages: tuple[Mapping[str, Any], ...]
    next_seq: int
    next_command: int
    next_chunk: int
    last_s: float
    told: Told
    seen: Any

    @property
    def sha256(self) -> str:
        """The SHA-256 of all frames so far, in hexadecimal: it stands for the film."""
        return str(self.seen.hexdigest())


class LiveService:
    """What is done with live sets, on a desk."""

    def __init__(self, desk: Desk, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.desk, self._clock = desk, clock

    @property
    def store(self) -> Store:
        """The desk's store."""
        return self.desk.store

    # --- begin ---

    def start(self, person: Person, wish: LiveWish) -> LiveSet:
        """Open a live set in the person's open session.

        Raises
        ------
        RecordConflict
            No session of today is open, or a stop is in force.
        UsageError
            The drill or its variant does not exist, or a number that nobody has.
        """
        look = self.desk.look(person)
        session, drill = self.desk.need_fresh(person, look), self.desk.drill(wish.drill)
        refuse_stopped(look.decision, person.name)
        check_step(self.desk.program, None, wish.drill, wish.variant)
        _check(wish)
        options = {
            "plan": msgspec.to_builtins(self.plan(person, look.history, drill, wish)),
            "load_kg": wish.load_kg,
            "label": wish.label,
            "back_reps": wish.back_reps,
        }
        return self.store.open_live(person.id, session, drill.id, wish.variant, options)

    def plan(self, person: Person, history: History, drill: Drill, wish: LiveWish) -> SetPlan:
        """Return what the coach needs to know of the person and the drill."""
        done = [e for e in live_events(history) if isinstance(e, SetDone) and e.drill == drill.id]
        easier = {one.id for one in drill.variants if one.direction == "easier"}
        return SetPlan(
            drill=drill,
            variant=wish.variant,
            target_reps=wish.reps or drill.dose.reps,
            back_reps=wish.back_reps,
            wall=wish.wall,
            sets_done=len(done),
            # How somebody usually bends is seen only where nobody tells them otherwise.
            level=2 if drill.kind == "screen" or wish.label == "usual" else None,
            cues_seen=tuple(dict.fromkeys(rule for one in done for rep in one.reps for rule in rep.missed_rules)),
            tried=tuple(dict.fromkeys(one.variant for one in done if one.variant in easier)),
            own_maximum_deg=self._own_maximum(history),
        )

    def _own_maximum(self, history: History) -> tuple[float, float, float] | None:
        from hiphinge.clip.analyse import find_own_maximum
        from hiphinge.report.document import parse_assessment

        number = reference_clip(history, self.desk.program)
        if not number:
            return None
        return find_own_maximum(parse_assessment(self.store.assessment(number).document, name="rounding").measures)

    # --- make again ---

    def reopen(self, live: str) -> OpenedLive:
        """Make a live set again from what was stored of it.

        Raises
        ------
        StoreError
            There is no such set.
        """
        found = self.store.live(live)
        coach = Coach(msgspec.convert(found.options["plan"], SetPlan))
        messages: list[Mapping[str, Any]] = []
        seen = hashlib.sha256(found.id.encode())
        next_seq = next_command = next_chunk = 0
        last_s, told = -1.0, Told()
        for chunk in self.store.live_chunks(live):
            next_chunk = chunk.number + 1
            if chunk.kind == "frames":
                first, rows = decode_frames(chunk.data)
                seen.update(chunk.data)
                messages += coach.step(rows)
                next_seq, last_s = first + len(rows), float(rows["time_s"][-1])
            else:
                command = msgspec.json.decode(chunk.data)
                # What was refused then is refused now, and changes nothing.
                with suppress(UsageError):
                    messages += coach.command(command["name"], command["value"])
                next_command = command["number"] + 1
                told = Told.read(command["value"]) if command["name"] == "stop" else told
        return OpenedLive(found, coach, tuple(messages), next_seq, next_command, next_chunk, last_s, told, seen)

    def left_alone(self, gone_s: float, busy: Iterable[str]) -> tuple[str, ...]:
        """Return the sets that are open and were not touched for so long, those in ``busy`` aside."""
        before, known = self._clock() - timedelta(seconds=gone_s), set(busy)
        return tuple(one.id for one in self.store.lives(state="open") if one.changed < before and one.id not in known)

    # --- end ---

    def finish(self, live: str, told: Told | None = None, *, opened: OpenedLive | None = None) -> dict[str, Any]:
        """Judge a live set offline, store it as a set (or a clip), and return its summary; twice is once.

        A set in which nothing was done stores nothing, and its summary says so.

        Parameters
        ----------
        live
            The set.
        told
            What was said at its end; None takes what came with the command ``stop``.
        opened
            The set as it stands in memory, with everything stored; None makes it again from what was stored, which
            gives the same.

        Raises
        ------
        StoreError
            There is no such set, or it cannot be stored; what was streamed stays.
        """
        found = self.store.live(live)
        person = self.store.find_person(found.person)
        if found.state == "abandoned":
            return nothing_done()
        entry = self._entry(person, found)
        if entry is None:
            look = self.desk.look(person)
            opened = opened or self.reopen(live)
            assessment, tracks = self._judge(opened, look.history)
            if assessment is None or tracks is None or not _is_worth_keeping(self.desk.drill(found.drill), assessment):
                self.store.abandon_live(live)
                return nothing_done(assessment, followed_hz=None if tracks is None else pace_hz(tracks.pose.time_s))
            if look.session is None or look.session.session != found.session:
                self.store.abandon_live(live)
                return nothing_done(assessment, why="Its session was over before it ended, so it is not kept.")
            entry = self._keep(person, opened, assessment, tracks, told or opened.told, look)
        if found.state == "open":
            self.store.finish_live(live, entry.assessment)
        return self._summary(person, found, entry)

    def _entry(self, person: Person, live: LiveSet) -> SetDone | ClipSeen | None:
        """Return the entry that stands for a live set already, None where there is none."""
        key = _key(live.id)
        for event in self.desk.history(person).events:
            if event.key == key and isinstance(event, SetDone | ClipSeen):
                return event
        return None

    def _judge(self, opened: OpenedLive, history: History) -> tuple[Assessment | None, ClipTracks | None]:
        """Judge what was streamed as the film of it would be judged; None where nothing was streamed."""
        from hiphinge.clip.recording import reassess

        if not opened.next_seq:
            return None, None
        drill = self.desk.drill(opened.live.drill)
        tracks = opened.coach.tracks()
        tracks = replace(tracks, video=replace(tracks.video, name="live", sha256=opened.sha256))
        assessment = reassess(
            tracks,
            opened.coach.options(),
            limits=drill.limits,
            provenance=_provenance(opened),
            own_maximum_deg=self._own_maximum(history),
        )
        return assessment, tracks

    def _keep(
        self,
        person: Person,
        opened: OpenedLive,
        assessment: Assessment,
        tracks: ClipTracks,
        told: Told,
        look: Look,
    ) -> SetDone | ClipSeen:
        from hiphinge.clip.recording import TRACKS_NAME, pack_tracks
        from hiphinge.report.document import document_bytes

        number = self.store.add_assessment(
            person.id, document_bytes(assessment), sha256=opened.sha256, files={TRACKS_NAME: pack_tracks(tracks)}
        )
        entry = self._make_entry(opened.live, assessment, number, told)
        self.desk.record(person, entry)
        return entry

    def _make_entry(self, live: LiveSet, assessment: Assessment, number: str, told: Told) -> SetDone | ClipSeen:
        drill, options = self.desk.drill(live.drill), live.options
        shared: dict[str, Any] = {
            "key": _key(live.id), "at": self._clock(), "session": live.session, "drill": drill.id,
            "outcome": assessment.verdict.outcome, "assessment": number,
        }  # fmt: skip
        if drill.kind == "screen" or options["label"]:
            return ClipSeen(**shared, measures=middle_measures(assessment), pain=told.pain, label=options["label"])
        back = options["back_reps"]
        return SetDone(
            **shared,
            variant=live.variant,
            reps=grade_reps(assessment, drill, variant=live.variant, touched=told.touched),
            load_kg=options["load_kg"],
            back_reps=back,
            measures=middle_measures(assessment, back_reps=back),
        )

    def _summary(self, person: Person, live: LiveSet, entry: SetDone | ClipSeen) -> dict[str, Any]:
        """Return the summary, from what is stored."""
        from hiphinge.report.document import parse_assessment

        assessment = parse_assessment(self.store.assessment(entry.assessment).document, name="live set")
        drill, variant = self.desk.drill(live.drill), live.variant
        reps = entry.reps if isinstance(entry, SetDone) else grade_reps(assessment, drill, variant=variant)
        decision = self.desk.decide(person)
        seen = assessment.verdict.headline
        return {
            **verdict_part(assessment),
            "headline": say_headline(assessment, drill, entry) if isinstance(entry, SetDone) else seen,
            "cue": live_cue(assessment, thing_to_try(assessment, self.desk.program, decision)),
            "stored": True,
            "assessment": entry.assessment,
            "session": live.session,
            "drill": live.drill,
            "note": (self._early(person, drill, entry) if isinstance(entry, SetDone) else "") or why_not(assessment),
            "reps": [rep_part(one, assessment) for one in reps],
            "reasons": list(explain_reps(assessment, drill, reps, variant=variant)),
            "measures": measures_part(entry.measures),
            "next": {
                "action": decision.action, "step": decision.step, "drill": decision.drill,
                "variant": decision.variant, "reason": decision.reason, "options": list(decision.options),
            },
        }  # fmt: skip

    def _early(self, person: Person, drill: Drill, entry: SetDone) -> str:
        """Say that another drill was due when the set was done, so that it counts nothing yet; "" where it counts.

        Nothing is said to a guest, who tries one bend or has one appointment: nothing of theirs counts for a program.
        """
        if person.guest:
            return ""
        from hiphinge.program.next_step import next_step

        events = self.desk.history(person).events
        before = events[: next(k for k, event in enumerate(events) if event.key == entry.key)]
        decision = next_step(History(before, entry.at), self.desk.program)
        return explain_early(self.desk.program, drill, decision, {one.id: one.name for one in self.desk.program.drills})


def _key(live: str) -> str:
    """Return the key of the entry that stands for a live set."""
    return f"live-{live}"


def _check(wish: LiveWish) -> None:
    """Refuse numbers that nobody has."""
    for value, name, low, high in (
        (wish.load_kg, "load, kg", 0.0, _MOST_KG), (wish.wall, "place of the wall", 0.0, 1.0),
        (wish.reps, "number of reps", 1, _MOST_REPS), (wish.back_reps, "number of last reps", 0, _MOST_REPS),
    ):  # fmt: skip
        if value is not None and not low <= value <= high:
            raise UsageError(
                f"The {name}, is {value:g}.", expected=f"{low:g} to {high:g}", next_step="Give another number."
            )


def _is_worth_keeping(drill: Drill, assessment: Assessment) -> bool:
    """Say whether anything was done. Of a screen, a pelvis that does not tilt is an answer too."""
    return bool(assessment.reps) or (drill.kind == "screen" and assessment.verdict.outcome == "no_tilt")


def _provenance(opened: OpenedLive) -> Provenance:
    """Say where the numbers come from; the same whenever it is asked, so that judging twice gives the same bytes."""
    from hiphinge.model import Provenance

    return Provenance(
        hiphinge_version="", model="blazepose, on the person's own device", model_sha256={},
        precision="the device's own", engine="live", calibration="",
        created_utc=opened.live.created.isoformat(timespec="seconds"), options={},
    )  # fmt: skip
