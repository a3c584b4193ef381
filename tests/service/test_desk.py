"""The desk: what is stored, when, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hiphinge.errors import ConfigError, RecordConflict, UsageError
from hiphinge.program import shipped_text
from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.service.clips import Clip
from hiphinge.service.desk import Desk
from hiphinge.service.interview import Feel
from hiphinge.service.opening import open_desk
from hiphinge.store import Person
from tests.cli.people import Gym

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def gym(tmp_path: Path) -> Gym:
    return Gym(tmp_path)


@pytest.fixture
def desk(gym: Gym) -> Iterator[Desk]:
    with open_desk(gym.store, runner=gym, clock=gym.clock) as found:
        yield found


@pytest.fixture
def ana(desk: Desk) -> Person:
    """Ana, in an open session, with everything answered."""
    person = desk.store.add_person("Ana")
    desk.start(person, resting_pain=0)
    desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
    desk.take_intake(person, pain=0)
    return person


def test_every_entry_keeps_the_decision_that_followed_and_the_programs_sha(desk: Desk, ana: Person) -> None:
    saved = desk.store.decisions(ana.id)
    assert [one.after_sequence for one in saved] == [1, 2, 3]
    assert {one.program_sha for one in saved} == {hashlib.sha256(shipped_text().encode()).hexdigest()}
    assert [one.decision.action for one in saved] == ["ask", "ask", "screen"]
    assert saved[-1].decision == desk.decide(ana)


def test_an_edited_program_has_its_own_sha_and_words(gym: Gym, tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    copy.write_text(shipped_text().replace("Toe touch", "Bow"), encoding="utf-8")
    with open_desk(gym.store, copy, clock=gym.clock) as desk:
        person = desk.store.add_person("Ana")
        desk.start(person, resting_pain=0)
        assert desk.drill("toe_touch").name == "Bow"
        sha = desk.store.decisions(person.id)[0].program_sha
    assert sha == hashlib.sha256(copy.read_bytes()).hexdigest()


def test_a_broken_program_leaves_the_store_alone(gym: Gym, tmp_path: Path) -> None:
    with pytest.raises(ConfigError), open_desk(gym.store, tmp_path / "gone.toml"):
        pass
    assert not Path(gym.store).exists()


def test_a_set_is_graded_and_names_its_assessment(gym: Gym, desk: Desk, ana: Person) -> None:
    path = Path(gym.clip("good-5"))
    logged = desk.log_clip(ana, Clip(path=path, drill="wall_hinge", touched=True, load_kg=4.0, back_reps=3))
    event = logged.event
    assert isinstance(event, SetDone)
    assert [rep.grade for rep in event.reps] == ["pass"] * 5
    assert (event.outcome, event.load_kg, event.back_reps) == ("hinge", 4.0, 3)
    record = desk.store.assessment(event.assessment)
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert desk.history(ana).events[-1] == event


def test_a_screen_is_no_set(gym: Gym, desk: Desk, ana: Person) -> None:
    event = desk.log_clip(ana, Clip(path=Path(gym.clip("touch-2")), drill="toe_touch", pain=2)).event
    assert isinstance(event, ClipSeen)
    assert (event.outcome, event.pain, event.label) == ("typical", 2, "")
    assert event.measures["lumbar_flexion"][0] == pytest.approx(40, abs=1)


def test_an_assessment_whose_entry_was_cut_off_is_logged_at_the_next_try(
    gym: Gym, desk: Desk, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = Clip(path=Path(gym.clip("good-5")), drill="wall_hinge", touched=True)
    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.log_clip(ana, clip)
    before = desk.history(ana).events
    event = desk.log_clip(ana, clip).event
    assert desk.history(ana).events == (*before, event)
    assert len(desk.store.clips(ana.id)) == 1


def test_the_same_film_is_refused_before_it_is_read_again(gym: Gym, desk: Desk, ana: Person) -> None:
    clip = Clip(path=Path(gym.clip("good-5")), drill="wall_hinge", touched=True)
    event = desk.log_clip(ana, clip).event
    with pytest.raises(RecordConflict, match="already logged for Ana") as caught:
        desk.log_clip(ana, clip)
    assert f"hiphinge session undo Ana --entry {event.key}" in caught.value.next_step
    assert len(gym.calls) == 1
    desk.withdraw(ana, "slip", event.key)
    assert desk.log_clip(ana, clip).event.key != event.key


def test_scores_go_in_as_one_or_not_at_all(desk: Desk, ana: Person) -> None:
    before = desk.history(ana).events
    with pytest.raises(UsageError):
        desk.score(ana, {"nprs": 3, "rmdq": 99})
    assert desk.history(ana).events == before
    desk.score(ana, {"nprs": 6, "rmdq": 9})
    assert desk.score_change(ana, "nprs") is None
    desk.score(ana, {"nprs": 2})
    change = desk.score_change(ana, "nprs")
    assert change is not None
    assert (change.verdict, change.by) == ("better", -4)


def test_names_that_do_not_exist_are_refused(gym: Gym, desk: Desk, ana: Person) -> None:
    film = Path(gym.clip("good-5"))
    with pytest.raises(UsageError, match="no drill 'squat'"):
        desk.log_clip(ana, Clip(path=film, drill="squat"))
    with pytest.raises(UsageError, match="no variant 'x'"):
        desk.log_clip(ana, Clip(path=film, drill="wall_hinge", variant="x"))
    with pytest.raises(UsageError, match="no tick 'x'"):
        desk.log_ticks(ana, "wall_hinge", {"x": True})
    with pytest.raises(UsageError, match="no red-flag question 'x'"):
        desk.answer_red_flags(ana, {"x": False})
    with pytest.raises(RecordConflict, match="no session 'x'"):
        desk.summary(ana, "x")
    with pytest.raises(RecordConflict, match="no entry 'x'"):
        desk.withdraw(ana, "slip", "x")
    with pytest.raises(RecordConflict, match="no finished session"):
        desk.answer_morning(ana, 1)
    assert gym.calls == []


def test_summary_and_progress_name_the_person(desk: Desk, ana: Person) -> None:
    desk.log_feel(ana, "wall_hinge", Feel(effort=("hamstrings",), pain=0))
    session = desk.finish(ana)
    assert desk.summary(ana).session == session
    assert desk.summary(ana, session).person == "Ana"
    assert desk.progress(ana).person == "Ana"
    with pytest.raises(RecordConflict, match="No session of Ana is open"):
        desk.finish(ana)


def test_a_session_does_not_begin_under_a_stop(desk: Desk, ana: Person) -> None:
    session = desk.session(ana)
    assert session is not None
    assert desk.answer_red_flags(ana, {"bladder": True}).action == "stop_now"
    assert desk.session(ana) is None
    with pytest.raises(RecordConflict, match="emergency") as caught:
        desk.start(ana, resting_pain=0)
    assert "--clears-stop" in caught.value.next_step


def test_another_persons_film_is_refused_before_it_is_read(gym: Gym, desk: Desk, ana: Person) -> None:
    clip = Clip(path=Path(gym.clip("good-5")), drill="wall_hinge", touched=True)
    desk.log_clip(ana, clip)
    bo = desk.store.add_person("Bo")
    desk.start(bo, resting_pain=0)
    with pytest.raises(RecordConflict, match="another person"):
        desk.log_clip(bo, clip)
    assert len(gym.calls) == 1


def test_a_session_in_which_something_was_done_is_not_answered_anew(desk: Desk, ana: Person) -> None:
    desk.log_feel(ana, "wall_hinge", Feel(effort=("hamstrings",), pain=0))
    opened = desk.session(ana)
    assert opened is not None
    with pytest.raises(RecordConflict, match="has begun with pain 0"):
        desk.start_anew(ana, opened, desk.plan_start(resting_pain=5))


def test_a_withdrawal_needs_a_reason(desk: Desk, ana: Person) -> None:
    with pytest.raises(UsageError, match="not said why"):
        desk.withdraw(ana, " ")
