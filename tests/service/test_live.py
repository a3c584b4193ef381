"""Live sets: begun, made again from what was stored, and ended once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from hiphinge.clip.recording import TRACKS_NAME, reassess, unpack_tracks
from hiphinge.errors import RecordConflict, StoreError, UsageError
from hiphinge.live import SetPlan
from hiphinge.live.wire import Rows
from hiphinge.program import load_program
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.report.document import parse_assessment
from hiphinge.service.desk import Desk
from hiphinge.service.live import LiveService, LiveWish, Told
from hiphinge.service.live_summary import NEEDED_HZ, live_cue, measures_part, pace_hz
from hiphinge.store import LiveChunk, LiveSet, Person, Store, open_store
from hiphinge.web import assets
from tests.web.live.fakes import frames
from tests.web.live.phone import hinge_rows, messages_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(tmp_path / "store.sqlite3", clock=clock) as found:
        yield found


@pytest.fixture
def service(store: Store, clock: Clock) -> LiveService:
    return LiveService(Desk(store, load_program(None), clock=clock), clock=clock)


@pytest.fixture
def ana(service: LiveService) -> Person:
    desk = service.desk
    person = desk.store.add_person("Ana")
    desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
    desk.take_intake(person, pain=0)
    desk.start(person, resting_pain=0, new_symptoms=False)
    return person


def stream(store: Store, live: LiveSet, rows: Rows, stop: Any = None, *, stopped: bool = True) -> None:
    """Store a whole set as a hub would."""
    chunks = [LiveChunk(live.id, number, "frames", data) for number, data in enumerate(messages_of(rows))]
    if stopped:
        command = msgspec.json.encode({"number": 0, "name": "stop", "value": stop})
        chunks.append(LiveChunk(live.id, len(chunks), "command", command))
    store.append_live(chunks)


def begin(service: LiveService, person: Person, **wish: Any) -> LiveSet:
    return service.start(person, LiveWish(**{"drill": "free_hinge", **wish}))


def last_entry(store: Store, person: Person) -> Any:
    return store.history(person.id).events[-1]


def test_a_set_becomes_one_entry_with_its_recording_and_twice_is_once(
    service: LiveService, store: Store, ana: Person
) -> None:
    live = begin(service, ana, load_kg=4.0, variant="wider")
    stream(store, live, hinge_rows())
    first = service.finish(live.id)
    events = store.history(ana.id).events
    assert service.finish(live.id) == first
    assert store.history(ana.id).events == events
    entry = events[-1]
    assert isinstance(entry, SetDone)
    assert (entry.key, entry.drill, entry.variant, entry.load_kg) == (f"live-{live.id}", "free_hinge", "wider", 4.0)
    assert [(rep.number, rep.grade) for rep in entry.reps] == [(1, "pass"), (2, "pass")]
    assert store.live(live.id).state == "finished"
    assert store.live(live.id).assessment == entry.assessment
    assert not list(store.live_chunks(live.id))
    assert (first["type"], first["stored"], first["outcome"]) == ("summary", True, "hinge")
    assert [rep["number"] for rep in first["reps"]] == [1, 2]
    assert first["reps"][0]["lumbar"]["lo"] < first["reps"][0]["lumbar"]["value"] < first["reps"][0]["lumbar"]["hi"]
    assert first["measures"]["hip_share"]["unit"] == "%"
    assert first["next"]["reason"] == service.desk.decide(ana).reason


def test_what_is_kept_gives_the_same_assessment_when_it_is_judged_again(
    service: LiveService, store: Store, ana: Person
) -> None:
    live = begin(service, ana)
    stream(store, live, hinge_rows())
    service.finish(live.id)
    number = last_entry(store, ana).assessment
    kept = parse_assessment(store.assessment(number).document, name="kept")
    tracks = unpack_tracks(store.files_of(number)[TRACKS_NAME].read_bytes())
    drill = service.desk.drill("free_hinge")
    options = msgspec.convert(live.options["plan"], SetPlan).options(None)
    again = reassess(tracks, options, limits=drill.limits, provenance=kept.provenance)
    assert (again.verdict, again.measures, again.findings, again.reps) == (
        kept.verdict, kept.measures, kept.findings, kept.reps,
    )  # fmt: skip


def test_the_set_of_one_who_rounds_is_missed_or_not_told_and_says_what_to_try(
    service: LiveService, store: Store, ana: Person
) -> None:
    live = begin(service, ana)
    stream(store, live, hinge_rows(2, lumbar_deg=55.0))
    told = service.finish(live.id)
    assert told["outcome"] != "hinge"
    assert {rep["grade"] for rep in told["reps"]} <= {"miss", "cannot_tell"}
    assert told["cue"]


@pytest.mark.parametrize("step", ["assessment", "entry"])
def test_a_crash_in_the_middle_of_the_end_is_made_good(
    service: LiveService, store: Store, ana: Person, step: str
) -> None:
    live = begin(service, ana)
    stream(store, live, hinge_rows())

    class Crash(Exception):
        pass

    class Broken:
        """The store, which dies before one of its steps."""

        def __getattr__(self, name: str) -> Any:
            if name == {"assessment": "append", "entry": "finish_live"}[step]:
                raise Crash
            return getattr(store, name)

    broken: Any = Broken()
    dying = LiveService(Desk(broken, service.desk.program, clock=lambda: NOW), clock=lambda: NOW)
    with pytest.raises(Crash):
        dying.finish(live.id)
    assert store.live(live.id).state == "open"
    told = service.finish(live.id)
    assert told["stored"]
    assert len([e for e in store.history(ana.id).events if isinstance(e, SetDone)]) == 1
    assert len(store.assessments(ana.id)) == 1


def test_a_screen_and_one_side_of_a_before_and_after_are_clips(service: LiveService, store: Store, ana: Person) -> None:
    live = begin(service, ana, drill="toe_touch")
    stream(store, live, hinge_rows(), {"pain": 1})
    service.finish(live.id)
    seen = last_entry(store, ana)
    assert isinstance(seen, ClipSeen)
    assert (seen.drill, seen.label, seen.pain) == ("toe_touch", "", 1)
    live = begin(service, ana, label="usual")
    stream(store, live, hinge_rows())
    service.finish(live.id, Told(pain=2))
    seen = last_entry(store, ana)
    assert isinstance(seen, ClipSeen)
    assert (seen.drill, seen.label, seen.pain) == ("free_hinge", "usual", 2)


def test_what_the_person_says_of_the_wall_decides_where_the_camera_cannot(
    service: LiveService, store: Store, ana: Person
) -> None:
    grades = []
    for value in (None, {"touched": True}, {"touched": False}):
        live = begin(service, ana, drill="wall_hinge")
        stream(store, live, hinge_rows(), value)
        grades.append({rep["grade"] for rep in service.finish(live.id)["reps"]})
    assert grades[0] == {"cannot_tell"}
    assert grades[2] == {"miss"}
    assert grades[1] != grades[2]


def test_nothing_done_is_given_up_and_says_so(service: LiveService, store: Store, ana: Person) -> None:
    before = store.history(ana.id).events
    for rows in (None, frames(0, 40)):
        live = begin(service, ana)
        if rows is not None:
            stream(store, live, rows)
        told = service.finish(live.id)
        assert (told["stored"], told["reps"]) == (False, [])
        assert store.live(live.id).state == "abandoned"
        assert service.finish(live.id)["stored"] is False
    assert store.history(ana.id).events == before


def test_a_device_that_was_too_slow_is_told_so_and_offered_a_film(
    service: LiveService, store: Store, ana: Person
) -> None:
    live = begin(service, ana, drill="toe_touch")
    slow = frames(0, 40)
    slow["time_s"] = np.arange(40) / 3.0
    stream(store, live, slow)
    told = service.finish(live.id)
    assert (told["stored"], told["cue"], told["headline"]) == (False, "", "This device was too slow for live coaching.")
    assert "about 3 pictures a second, and coaching needs 8 or more" in told["note"]
    assert told["next"]["reason"].startswith("Send a film instead")


def test_who_was_coached_live_is_not_told_how_to_film(service: LiveService, store: Store, ana: Person) -> None:
    live = begin(service, ana)
    stream(store, live, hinge_rows())
    kept = service.finish(live.id)
    found = parse_assessment(store.assessment(kept["assessment"]).document, name="set")
    assert live_cue(found, kept["cue"]) == kept["cue"]
    (rate,) = (one for one in found.quality if one.name == "frame_rate")
    assert "Film at" in rate.advice
    assert live_cue(found, rate.advice).startswith(f"It followed about {rate.value:.0f} pictures a second")
    (reps,) = (one for one in found.quality if one.name == "reps")
    assert live_cue(found, reps.advice) == ""


def test_a_pause_makes_no_device_slow() -> None:
    assert pace_hz(np.array([0.0, 0.1, 0.2, 60.0, 60.1])) == pytest.approx(10.0)
    assert pace_hz(np.array([1.0])) is None


def test_the_page_and_the_summary_need_the_same_pace():
    source = Path(assets.__file__).parent / "static" / "js" / "pose" / "source.js"
    assert f"export const MIN_FPS = {NEEDED_HZ:g};" in source.read_text(encoding="utf-8")


def test_a_share_of_the_own_maximum_may_be_more_than_all_of_it_and_one_of_the_bend_not():
    found = measures_part({"hip_share": (97.0, 80.0, 118.0), "lumbar_of_own_maximum": (120.0, 90.0, 150.0)})
    assert (found["hip_share"]["hi"], found["lumbar_of_own_maximum"]["hi"]) == (100.0, 150.0)


def test_a_set_whose_session_is_over_is_not_kept_and_says_why(service: LiveService, store: Store, ana: Person) -> None:
    live = begin(service, ana)
    stream(store, live, hinge_rows())
    service.desk.finish(ana)
    told = service.finish(live.id)
    assert (told["stored"], told["outcome"]) == (False, "hinge")
    assert "session was over" in told["note"]
    assert store.live(live.id).state == "abandoned"


def test_a_stop_that_came_up_meanwhile_does_not_drop_what_was_done(
    service: LiveService, store: Store, ana: Person
) -> None:
    from hiphinge.service.interview import Feel

    live = begin(service, ana)
    stream(store, live, hinge_rows())
    service.desk.log_feel(
        ana, "free_hinge", Feel(pain=1, places=("leg_below_knee",), leg="further", new_numbness=False)
    )
    told = service.finish(live.id)
    assert told["stored"]
    assert told["next"]["action"] == "stop_see"
    with pytest.raises(RecordConflict):
        begin(service, ana)


def test_made_again_it_goes_on_where_it_was(service: LiveService, store: Store, ana: Person) -> None:
    live = begin(service, ana)
    rows = hinge_rows()
    stream(store, live, rows[:200], stopped=False)
    opened = service.reopen(live.id)
    assert (opened.next_seq, opened.next_command, opened.next_chunk) == (200, 0, 10)
    assert opened.last_s == rows["time_s"][199]
    assert [one["number"] for one in opened.messages if one["type"] == "rep"] == [1]
    opened.coach.step(rows[200:])
    assert [one.grade for one in opened.coach.results] == ["pass", "pass"]


def test_a_command_that_was_refused_is_refused_again_and_stops_nothing(
    service: LiveService, store: Store, ana: Person
) -> None:
    live = begin(service, ana)
    store.append_live([LiveChunk(live.id, 0, "command", b'{"number": 0, "name": "fly", "value": 3}')])
    assert service.reopen(live.id).next_command == 1


def test_the_plan_knows_what_was_done_before(service: LiveService, store: Store, ana: Person) -> None:
    live = begin(service, ana, drill="rounding")
    assert live.options["plan"]["level"] == 2
    stream(store, live, hinge_rows(2, lumbar_deg=55.0))
    service.finish(live.id)
    for variant in ("", "small_range"):
        live = begin(service, ana, variant=variant)
        stream(store, live, hinge_rows(2, lumbar_deg=55.0))
        service.finish(live.id)
    plan = begin(service, ana).options["plan"]
    assert plan["sets_done"] == 2
    assert plan["tried"] == ["small_range"]
    assert plan["own_maximum_deg"] is not None
    assert plan["level"] is None


@pytest.mark.parametrize(
    "wish",
    [
        {"drill": "handstand"},
        {"variant": "other"},
        {"load_kg": -1.0},
        {"load_kg": 501.0},
        {"wall": 1.1},
        {"reps": 0},
        {"back_reps": 51},
    ],
)
def test_what_there_is_not_is_refused(service: LiveService, store: Store, ana: Person, wish: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        begin(service, ana, **wish)
    assert not store.lives(ana.id)


def test_without_an_open_session_or_with_a_stale_one_nothing_begins(
    service: LiveService, store: Store, ana: Person, clock: Clock
) -> None:
    with pytest.raises(RecordConflict):
        begin(service, store.add_person("Ben"))
    clock.now += timedelta(hours=13)
    with pytest.raises(RecordConflict, match="12 hours"):
        begin(service, ana)
    with pytest.raises(StoreError):
        service.finish("0" * 32)


def test_sets_that_were_left_are_found_and_those_in_use_are_not(
    service: LiveService, store: Store, ana: Person, clock: Clock
) -> None:
    left, used = begin(service, ana), begin(service, ana)
    assert service.left_alone(600, ()) == ()
    clock.now += timedelta(minutes=11)
    assert service.left_alone(600, (used.id,)) == (left.id,)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, Told()),
        ("yes", Told()),
        ({"touched": "yes", "pain": 11}, Told()),
        ({"touched": True, "pain": True}, Told(touched=True)),
        ({"touched": False, "pain": 0, "more": 1}, Told(touched=False, pain=0)),
    ],
)
def test_answers_at_the_end_are_read_with_care(value: Any, told: Told) -> None:
    assert Told.read(value) == told
