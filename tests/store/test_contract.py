"""What a store owes its callers, on SQLite and on PostgreSQL alike."""

import contextlib
import errno
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from hiphinge.errors import (
    InputError,
    InputNotFound,
    OutputError,
    PersonNotFound,
    RecordConflict,
    StoreError,
    UsageError,
)
from hiphinge.program.history import (
    Corrected,
    FeelLog,
    Intake,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    RepResult,
    SetDone,
    Withdrawn,
)
from hiphinge.store import LoggedFilm, open_store
from hiphinge.store.codec import KINDS
from tests.store.conftest import new_database
from tests.store.samples import (
    AT,
    FILM,
    OTHER_FILM,
    a_set,
    closed,
    decision,
    document,
    every_kind,
    opened,
    score,
)

# --- people ---


def test_a_person_is_found_by_id_and_by_name_in_any_case(store, ann, clock):
    assert (ann.name, ann.birth_year, ann.created) == ("Ann Example", 1980, clock.now)
    assert store.find_person(ann.id) == ann
    assert store.find_person("  ann   EXAMPLE ") == ann
    bob = store.add_person("Bob")
    assert bob.birth_year is None
    assert store.people() == (ann, bob)


def test_two_people_of_one_name_need_the_id(store, ann):
    other = store.add_person("ann example")
    odd = store.add_person(ann.id)
    assert store.find_person(ann.id) == ann
    assert store.find_person(odd.id) == odd
    with pytest.raises(PersonNotFound) as caught:
        store.find_person("Ann Example")
    assert ann.id in str(caught.value)
    assert other.id in str(caught.value)
    assert store.find_person(other.id) == other


def test_a_name_that_is_close_is_suggested(store, ann):
    with pytest.raises(PersonNotFound, match="Did you mean Ann Example"):
        store.find_person("Anne Exampel")
    for call in (store.history, store.notes, store.decisions, store.clips, store.erase_person):
        with pytest.raises(PersonNotFound):
            call("nobody00")
    for nobody in ("nobody00", "a\x00", ""):
        with pytest.raises(PersonNotFound):
            store.append(nobody, [score()])
        with pytest.raises(PersonNotFound):
            store.history(nobody)


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 200, "\ud800"])
def test_what_is_no_name_is_refused(store, name):
    with pytest.raises(UsageError):
        store.add_person(name)
    assert store.people() == ()


@pytest.mark.parametrize("year", [1850, 2027])
def test_a_year_nobody_was_born_in_is_refused(store, year):
    with pytest.raises(UsageError, match=str(year)):
        store.add_person("Ann", birth_year=year)


# --- entries ---


def test_every_kind_comes_back_as_it_went_in(store, ann, clock):
    entries = every_kind()
    assert {type(entry).__name__ for entry in entries} == set(KINDS)
    assert store.append(ann.id, entries) == len(entries)
    history = store.history(ann.id)
    assert history.events == entries
    assert history.now == clock.now
    assert all(event.at.utcoffset() == timedelta(0) for event in history.events)


def test_a_time_comes_back_in_utc(store, ann):
    local = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    store.append(ann.id, [score(at=local)])
    (event,) = store.history(ann.id).events
    assert event.at == local
    assert event.at.isoformat() == "2026-03-02T08:30:00.123456+00:00"


def test_now_is_what_the_caller_says(store, ann):
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    assert store.history(ann.id, now=moment).now == moment


def test_the_same_entry_twice_is_one(store, ann):
    assert store.append(ann.id, [opened(), a_set()]) == 2
    assert store.append(ann.id, [opened(), a_set(), closed()]) == 3
    assert store.append(ann.id, [opened(), a_set(), closed()]) == 3
    assert store.append(ann.id, []) == 3
    # A form that is sent twice carries another time: the first counts.
    assert store.append(ann.id, [a_set(at=AT + timedelta(seconds=3))]) == 3
    assert store.history(ann.id).events == (opened(), a_set(), closed())


def test_the_same_key_for_other_values_is_refused_and_nothing_of_the_call_is_kept(store, ann):
    store.append(ann.id, [score("a", 3.0)])
    with pytest.raises(RecordConflict, match="'a' was already recorded on 2 March 2026, 08:00 UTC"):
        store.append(ann.id, [score("b", 1.0), score("a", 4.0)])
    assert store.history(ann.id).events == (score("a", 3.0),)
    with pytest.raises(RecordConflict):
        store.append(ann.id, [score("c", 1.0), score("c", 2.0)])
    assert store.append(ann.id, [score("d", 1.0)]) == 2


def test_two_people_may_use_the_same_keys(store, ann):
    bob = store.add_person("Bob")
    store.append(ann.id, [opened(), a_set()])
    store.append(bob.id, [opened()])
    assert store.history(bob.id).events == (opened(),)


def test_entries_from_the_future_are_refused_but_a_clock_may_go_back(store, ann, clock):
    store.append(ann.id, [score("a", at=clock.now + timedelta(minutes=5))])
    with pytest.raises(RecordConflict, match="future"):
        store.append(ann.id, [score("b", at=clock.now + timedelta(minutes=5, seconds=1))])
    store.append(ann.id, [score("c", at=clock.now - timedelta(days=400))])
    assert [event.key for event in store.history(ann.id).events] == ["a", "c"]


def test_a_time_without_a_zone_is_refused(store, ann):
    with pytest.raises(RecordConflict, match="without a zone"):
        store.append(ann.id, [score(at=datetime(2026, 3, 2, 8, 0))])


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (score(value=float("nan")), "score"),
        (score(value="3"), "float"),
        (FeelLog(key="f", at=AT, session="s1", drill="wall", effort=None, pain=11), "pain 11"),
        (NextMorning(key="f", at=AT, session="s1", pain=-1), "pain -1"),
        (score(key=""), "key"),
        (score(key="a\x00"), "key"),
        (opened("s2\x00", key="k"), "session"),
        (Withdrawn(key="w", at=AT, entry="a\x00", reason=""), "entry"),
        (a_set(assessment="a\x00"), "assessment"),
        (Withdrawn(key="w", at=AT, entry="nothing", reason=""), "no entry 'nothing'"),
        (Withdrawn(key="w", at=AT, entry="w", reason=""), "no entry 'w'"),
        (a_set(assessment="missing"), "no assessment 'missing'"),
        (FeelLog(key="f", at=AT, session="s1", drill="wall", effort=("buttcks",), pain=1), "place 'buttcks'"),
        (FeelLog(key="f", at=AT, session="s1", drill="w", effort=None, pain=4, pain_places=("back",)), "place 'back'"),
        (Intake(key="i", at=AT, pain=1, places=("nothing",)), "place 'nothing'"),
        (Override(key="o", at=AT, clinician="", reason="seen", step=None, clears_stop=True), "clinician who decides"),
        (Override(key="o", at=AT, clinician="Dr. Öz", reason=" ", step=None, clears_stop=True), "reason of the clin"),
        (RedFlagAnswers(key="r", at=AT, answers={}), "answers no question"),
        (SetDone(key="n", at=AT, session="s1", drill="d", back_reps=-3), "back_reps -3"),
        (SetDone(key="n", at=AT, session="s1", drill="d", load_kg=-5.0), "load_kg -5"),
        (SetDone(key="n", at=AT, session="s1", drill="d", load_kg=float("inf")), "'n'"),
        (SetDone(key="n", at=AT, session="s1", drill="d", reps=(RepResult(number=1, grade="pass"),) * 2), "1, 1"),
        (OutcomeScore(key="n", at=AT, measure="zzz", value=1.0), "no outcome 'zzz'"),
        (OutcomeScore(key="n", at=AT, measure="nprs", value=11.0), "11 is not a score"),
        (OutcomeScore(key="n", at=AT, measure="rmdq", value=2.5), "2.5 is not a score"),
        (score(at=datetime(1, 1, 1, tzinfo=UTC)), "year 1"),
        (score(at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))), "year 1"),
    ],
)
def test_what_cannot_be_kept_is_refused(store, ann, entry, told):
    store.append(ann.id, [opened()])
    with pytest.raises(RecordConflict, match=told):
        store.append(ann.id, [entry])
    assert len(store.history(ann.id).events) == 1


@pytest.mark.parametrize(
    ("before", "entry", "told"),
    [
        ((), a_set(), "never begun"),
        ((), closed(), "never begun"),
        ((), NextMorning(key="m", at=AT, session="s1", pain=1), "never begun"),
        ((opened(), closed()), a_set(), "already finished"),
        ((opened(), closed()), closed(key="again"), "already finished"),
        ((opened(),), opened("s2"), "'s1' is still open"),
        ((opened(), closed()), opened(key="again"), "already begun"),
        ((opened(), Withdrawn(key="w", at=AT, entry="s1-open", reason="")), a_set(), "never begun"),
    ],
)
def test_sessions_out_of_order_are_refused(store, ann, before, entry, told):
    store.append(ann.id, before)
    with pytest.raises(RecordConflict, match=told):
        store.append(ann.id, [entry])
    # The same within one call.
    bob = store.add_person("Bob")
    with pytest.raises(RecordConflict, match=told):
        store.append(bob.id, [*before, entry])
    assert store.history(bob.id).events == ()


def test_withdrawals_open_and_undo_sessions(store, ann):
    slip = Withdrawn(key="w1", at=AT, entry="s1-close", reason="not finished yet")
    store.append(ann.id, [opened(), closed(), slip, a_set(), closed(key="s1-close-2")])
    store.append(ann.id, [Withdrawn(key="w2", at=AT, entry="s1-open", reason="another person's"), opened(key="again")])
    store.append(ann.id, [a_set("set-2")])
    assert store.history(ann.id).events[-1] == a_set("set-2")
    with pytest.raises(RecordConflict, match="already withdrawn"):
        store.append(ann.id, [Withdrawn(key="w3", at=AT, entry="s1-open", reason="")])
    with pytest.raises(RecordConflict, match="itself a withdrawal"):
        store.append(ann.id, [Withdrawn(key="w3", at=AT, entry="w2", reason="")])


def test_a_withdrawal_cannot_leave_two_sessions_open(store, ann):
    store.append(ann.id, [opened(), closed(), opened("s2")])
    with pytest.raises(RecordConflict, match="two sessions"):
        store.append(ann.id, [Withdrawn(key="w", at=AT, entry="s1-close", reason="")])


def test_the_end_of_a_session_stands_once_a_later_one_was_begun(store, ann):
    slip = Withdrawn(key="w", at=AT, entry="s1-close", reason="slip")
    store.append(ann.id, [opened(), closed(), opened("s2"), closed("s2")])
    with pytest.raises(RecordConflict, match="later session was begun"):
        store.append(ann.id, [slip])
    # A later one that does not count is no hindrance.
    store.append(ann.id, [Withdrawn(key="w2", at=AT, entry="s2-open", reason="slip"), slip, a_set()])
    assert store.history(ann.id).events[-1] == a_set()


def test_a_session_is_entered_within_two_days(store, ann, clock):
    late = clock.now - timedelta(hours=48, seconds=1)
    for entry in (opened(at=late), SetDone(key="n", at=late, session="s0", drill="d")):
        with pytest.raises(RecordConflict, match="more than two days ago") as caught:
            store.append(ann.id, [opened("s0"), entry])
        assert "28 February 2026, 08:59 UTC" in str(caught.value)
        assert "override" in caught.value.next_step
    assert store.history(ann.id).events == ()
    store.append(ann.id, [opened(at=late + timedelta(seconds=1))])
    # What was confirmed can be sent again, however late.
    clock.move(days=30)
    assert store.append(ann.id, [opened(at=late + timedelta(seconds=1))]) == 1


def test_entries_cannot_be_changed_even_by_sql(store, ann):
    store.append(ann.id, [score()])
    with pytest.raises(StoreError, match="never changed"), store._writing() as connection:
        connection.execute(text("UPDATE events SET payload = '{}'"))
    assert store.history(ann.id).events == (score(),)


def test_an_entry_of_a_kind_not_known_here_is_told(store, ann):
    store.append(ann.id, [score()])
    columns = "person, sequence, key, kind, at, entered_at, payload"
    with store._writing() as connection:
        again = "SELECT person, 2, 'new', 'Sung', at, entered_at, '{}' FROM events"
        connection.execute(text(f"INSERT INTO events ({columns}) {again}"))
    with pytest.raises(StoreError, match="'Sung'"):
        store.history(ann.id)


def test_many_entries_in_one_call(store, ann):
    many = [score(f"k{number}", float(number % 10)) for number in range(2500)]
    assert store.append(ann.id, many) == 2500
    assert store.append(ann.id, [*many, score("last")]) == 2501
    assert store.history(ann.id).events[:2500] == tuple(many)


# --- assessments and films ---


def test_an_assessment_comes_back_byte_for_byte(store, ann, tmp_path, clock):
    (tmp_path / "overlay.mp4").write_bytes(b"film with lines")
    number = store.add_assessment(
        ann.id, document("ß"), sha256=FILM, files={"overlay.mp4": tmp_path / "overlay.mp4", "page.html": b"<p>"}
    )
    record = store.assessment(number)
    assert record.document == document("ß")
    assert (record.person, record.sha256, record.at) == (ann.id, FILM, clock.now)
    assert (record.model, record.calibration) == ("full", "synthetic 2026-11 (0123456789ab)")
    assert record.criteria == hashlib.sha256(b'{"1.pass_lo":0.6}').hexdigest()[:12]
    assert record.files == ("overlay.mp4", "page.html")
    files = store.files_of(number)
    assert {name: path.read_bytes() for name, path in files.items()} == {
        "overlay.mp4": b"film with lines",
        "page.html": b"<p>",
    }
    with pytest.raises(StoreError, match="no assessment"):
        store.assessment("none")


def test_a_film_is_logged_once(store, ann, clock):
    number = store.add_assessment(ann.id, document(), sha256=FILM)
    # Cut off before its entry was made, then tried again.
    assert store.add_assessment(ann.id, document(), sha256=FILM) == number
    store.append(ann.id, [opened(), a_set(assessment=number)])
    assert store.append(ann.id, [a_set(assessment=number)]) == 2
    with pytest.raises(RecordConflict, match="logged on 2 March 2026, 08:00 UTC"):
        store.add_assessment(ann.id, document(), sha256=FILM)
    with pytest.raises(RecordConflict, match="logged on 2 March 2026, 08:00 UTC"):
        store.append(ann.id, [a_set("other", assessment=number)])


def test_a_film_of_another_person_is_refused_without_a_name(store, ann):
    bob = store.add_person("Bob")
    number = store.add_assessment(ann.id, document(), sha256=FILM)
    with pytest.raises(RecordConflict, match="for another person, on 2 March 2026, 09:00 UTC"):
        store.append(bob.id, [opened(), a_set(assessment=number)])
    twin = store.add_assessment(bob.id, document(), sha256=FILM)
    store.append(ann.id, [opened(), a_set(assessment=number)])
    for call in (
        lambda: store.add_assessment(bob.id, document(), sha256=FILM),
        lambda: store.append(bob.id, [opened(), a_set(assessment=twin)]),
    ):
        with pytest.raises(RecordConflict, match="for another person, on 2 March 2026, 08:00 UTC") as caught:
            call()
        assert "Ann" not in str(caught.value)
    # A slip, withdrawn there, can be logged here.
    store.append(ann.id, [Withdrawn(key="w", at=AT, entry="set", reason="Bob's film")])
    assert store.append(bob.id, [opened(), a_set(assessment=twin)]) == 2


def test_a_film_assessed_again_before_it_was_logged_takes_the_place(store, ann):
    first = store.add_assessment(ann.id, document("first"), sha256=FILM, files={"a.txt": b"a"})
    before = store.files_of(first)["a.txt"]
    second = store.add_assessment(ann.id, document("second"), sha256=FILM, files={"a.txt": b"b"})
    assert second != first
    assert store.assessment(second).document == document("second")
    assert not before.exists()
    with pytest.raises(StoreError):
        store.assessment(first)


def test_a_film_is_kept_only_when_asked(store, ann, tmp_path, clock):
    film, other = tmp_path / "My Bend.MOV", tmp_path / "other.mp4"
    film.write_bytes(b"film")
    other.write_bytes(b"other film")
    kept = store.add_assessment(ann.id, document(), sha256=FILM, clip=film, keep_clip=True)
    store.add_assessment(ann.id, document("2"), sha256=OTHER_FILM, clip=other)
    clips = {clip.name: clip for clip in store.clips(ann.id)}
    assert clips["My Bend.MOV"].kept
    assert not clips["other.mp4"].kept
    assert clips["other.mp4"].path == ""
    lies = store.files_of(kept)["clip.mov"]
    assert lies.read_bytes() == b"film"
    store.remove_clip(ann.id, clips["My Bend.MOV"].id)
    assert not lies.exists()
    assert store.files_of(kept) == {}
    (gone,) = [clip for clip in store.clips(ann.id) if clip.name == "My Bend.MOV"]
    assert (gone.kept, gone.removed_at, gone.sha256) == (False, clock.now, FILM)
    store.remove_clip(ann.id, gone.id)
    with pytest.raises(StoreError, match="no film"):
        store.remove_clip(ann.id, "none")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"document": b"no json"}, RecordConflict),
        ({"document": b"[1]"}, RecordConflict),
        ({"document": b"\xff"}, RecordConflict),
        ({"document": b'{"a": NaN}'}, RecordConflict),
        ({"document": b'\xef\xbb\xbf{"a": 1}'}, RecordConflict),
        ({"document": '{"a": 1}'.encode("utf-16")}, RecordConflict),
        ({"document": b'{"a": "\\ud800"}'}, RecordConflict),
        ({"document": b"[" * 100_000}, RecordConflict),
        ({"document": b'{"provenance": {"model": "a\\u0000b"}}'}, RecordConflict),
        ({"clip": Path("f\udcff.mp4")}, RecordConflict),
        ({"files": {"a\x00": b""}}, RecordConflict),
        ({"files": {"a\\b": b""}}, RecordConflict),
        ({"sha256": "abc"}, RecordConflict),
        ({"files": {"../escape": b""}}, RecordConflict),
        ({"files": {".hidden": b""}}, RecordConflict),
        ({"keep_clip": True}, RecordConflict),
    ],
)
def test_an_assessment_that_does_not_fit_is_refused_and_leaves_no_file(store, ann, tmp_path, change, error):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"not the film")
    given = {"document": document(), "sha256": FILM, "files": {"a": b"a"}, "clip": film} | change
    with pytest.raises(error):
        store.add_assessment(ann.id, given.pop("document"), **given)
    assert store.clips(ann.id) == ()
    assert [path for path in tmp_path.rglob("*") if path.name in ("a", "escape", ".hidden")] == []


def test_a_film_that_cannot_be_read_is_told_as_that(store, ann, tmp_path, monkeypatch):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    whole = Path.open

    def refuse(path, *args, **options):
        if path == film:
            raise PermissionError(errno.EACCES, "Permission denied")
        return whole(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    for given in ({"clip": film, "keep_clip": True}, {"files": {"a.mp4": film}}):
        with pytest.raises(InputError, match=r"film\.mp4 cannot be read \(Permission denied\)"):
            store.add_assessment(ann.id, document(), sha256=FILM, **given)
    assert store.clips(ann.id) == ()


def test_where_a_film_was_logged_is_told_before_it_is_assessed(store, ann):
    bob = store.add_person("Bob")
    assert store.find_film(ann.id, FILM) is None
    number = store.add_assessment(ann.id, document(), sha256=FILM)
    # Not logged until an entry names it.
    assert store.find_film(ann.id, FILM) is None
    store.append(ann.id, [opened(), a_set(assessment=number)])
    own, others = store.find_film(ann.id, FILM), store.find_film(bob.id, FILM)
    assert own == LoggedFilm(at=AT, own=True, entry="set")
    assert str(own) == "This film was already logged on 2 March 2026, 08:00 UTC (entry 'set')."
    assert others == LoggedFilm(at=AT, own=False, entry="")
    assert str(others) == "This film was already logged for another person, on 2 March 2026, 08:00 UTC."
    assert store.find_film(bob.id, OTHER_FILM) is None
    store.append(ann.id, [Withdrawn(key="w", at=AT, entry="set", reason="slip")])
    assert store.find_film(ann.id, FILM) is None
    with pytest.raises(PersonNotFound):
        store.find_film("nobody00", FILM)


def test_a_file_that_is_not_there_is_told(store, ann, tmp_path):
    with pytest.raises(InputNotFound):
        store.add_assessment(ann.id, document(), sha256=FILM, files={"a": tmp_path / "none"})
    with pytest.raises(InputNotFound):
        store.add_assessment(ann.id, document(), sha256=FILM, clip=tmp_path / "none.mp4", keep_clip=True)


# --- notes, decisions, audit ---


def test_notes(store, ann, clock):
    store.append(ann.id, [opened()])
    first = store.add_note(ann.id, "Nach 3 Sätzen müde.\nSonst gut.", author="Ann", session="s1")
    clock.move(hours=1)
    second = store.add_note(ann.id, "Well done", author="Dr. Öz")
    assert store.notes(ann.id) == (first, second)
    assert (first.session, first.author, second.session, second.at) == ("s1", "Ann", None, clock.now)
    for bad in ({"text": " ", "author": "Ann"}, {"text": "x", "author": ""}, {"text": "x\x00", "author": "a"}):
        with pytest.raises(RecordConflict):
            store.add_note(ann.id, **bad)
    with pytest.raises(RecordConflict, match="'s9'"):
        store.add_note(ann.id, "x", author="a", session="s9")


def test_decisions(store, ann, clock):
    store.append(ann.id, [opened(), a_set()])
    store.save_decision(ann.id, 2, "f" * 64, decision())
    store.save_decision(ann.id, 2, "f" * 64, decision())
    store.save_decision(ann.id, 2, "f" * 64, decision("now they are"))
    first, second = store.decisions(ann.id)
    assert first.decision == decision()
    assert second.decision.reason == "now they are"
    assert (first.person, first.after_sequence, first.program_sha, first.at) == (ann.id, 2, "f" * 64, clock.now)
    with pytest.raises(RecordConflict, match="rests on 3"):
        store.save_decision(ann.id, 3, "f" * 64, decision())


def test_the_audit_trail_says_who_did_what(store, ann, clock):
    store.append(ann.id, [opened(), a_set()])
    store.append(ann.id, [opened(), a_set()])
    store.add_person("Bob")
    entries = store.audit(ann.id)
    assert [entry.what for entry in entries] == ["person added", "entries 1 to 2 added"]
    assert {entry.who for entry in entries} == {"tester"}
    assert {entry.at for entry in entries} == {clock.now}
    assert len(store.audit()) == 3


# --- corrections ---


def test_a_clip_of_a_session_that_is_over_can_be_corrected_and_only_a_clip(store, ann):
    store.append(ann.id, [opened(), a_set(), score(), closed()])
    fields = {"at": AT, "by": "Dr. Öz", "reason": "seen again", "outcome": "hinge"}
    store.append(ann.id, [Corrected(key="mend", entry="set", reps=a_set().reps, **fields)])
    assert store.history(ann.id).events[-1].entry == "set"
    refused = [
        (Corrected(key="n", entry="nothing", **fields), "no entry 'nothing'"),
        (Corrected(key="n", entry="score", **fields), "no reps"),
        (Corrected(key="n", entry="mend", **fields), "no reps"),
        (Corrected(key="n", entry="set", **{**fields, "reason": " "}), "reason of the correction"),
        (Corrected(key="n", entry="set", **{**fields, "by": ""}), "who corrects"),
        (Corrected(key="n", entry="set", reps=(RepResult(number=1, grade="pass"),) * 2, **fields), "1, 1"),
        (Withdrawn(key="n", at=AT, entry="mend", reason="a slip"), "is a correction"),
    ]
    for entry, match in refused:
        with pytest.raises(RecordConflict, match=match):
            store.append(ann.id, [entry])
    store.append(ann.id, [Withdrawn(key="slip", at=AT, entry="set", reason="a slip")])
    with pytest.raises(RecordConflict, match="no entry 'set' that counts"):
        store.append(ann.id, [Corrected(key="n", entry="set", **fields)])


# --- export, erase ---


def fill(store, person, tmp_path, *, film=FILM):
    """Give a person something of everything."""
    number = store.add_assessment(
        person.id, document(person.name), sha256=film, files={"page.html": b"<p>secret-page</p>"}
    )
    store.append(person.id, [*every_kind(), opened("s2"), a_set("set-2", "s2", assessment=number)])
    store.add_note(person.id, f"note on {person.name} secret-note", author=f"author of {person.name}", session="s1")
    store.save_decision(person.id, 5, "f" * 64, decision(f"reason for {person.name}"))
    return number


def test_everything_of_one_person_is_exported(store, ann, tmp_path):
    number = fill(store, ann, tmp_path)
    store.append(store.add_person("Bob").id, [score("bobs", 1.0)])
    folder = store.export_person(ann.id, tmp_path / "out" / "ann")
    whole = json.loads((folder / "person.json").read_text())
    assert whole["people"] == [
        {"id": ann.id, "name": "Ann Example", "birth_year": 1980, "created": "2026-03-02T09:00:00Z", "guest": False}
    ]
    assert [event["sequence"] for event in whole["events"]] == list(range(1, 16))
    assert whole["events"][1]["payload"]["goal"] == "lift a child"
    assert whole["assessments"][0]["document"] == json.loads(document("Ann Example"))
    assert whole["notes"][0]["text"] == "note on Ann Example secret-note"
    assert whole["decisions"][0]["decision"]["action"] == "wait"
    assert next(entry["what"] for entry in whole["audit"]) == "person added"
    assert (folder / "files" / number / "page.html").read_bytes() == b"<p>secret-page</p>"
    assert "bobs" not in (folder / "person.json").read_text()
    assert store.audit(ann.id)[-1].what == "everything exported"
    with pytest.raises(OutputError, match="not empty"):
        store.export_person(ann.id, folder)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ann"]


def test_an_export_into_an_empty_folder_and_over_a_file(store, ann, tmp_path):
    (tmp_path / "empty").mkdir()
    store.export_person(ann.id, tmp_path / "empty")
    assert [path.name for path in (tmp_path / "empty").iterdir()] == ["person.json"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError):
        store.export_person(ann.id, tmp_path / "file")
    with pytest.raises(OutputError):
        store.export_person(ann.id, tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_erased_person_leaves_nothing_but_that_it_took_place(store, ann, tmp_path, clock):
    bob = store.add_person("Bob")
    store.append(bob.id, [score()])
    number = fill(store, ann, tmp_path)
    page = store.files_of(number)["page.html"]
    done = store.erase_person(ann.id)
    assert (done.entries, done.assessments, done.notes, done.files, done.complete) == (15, 1, 1, 1, True)
    assert not page.parent.parent.exists()
    assert store.people() == (bob,)
    assert store.history(bob.id).events == (score(),)
    with pytest.raises(PersonNotFound):
        store.history(ann.id)
    trail = store.audit()
    assert [(entry.what, entry.person) for entry in trail if entry.person != bob.id] == [("a person was erased", None)]
    with store._reading() as connection:
        for table in ("people", "events", "assessments", "clips", "notes", "decisions", "audit"):
            rows = repr(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert ann.id not in rows
            assert "Ann Example" not in rows


def test_an_erasure_that_was_cut_off_is_finished_or_undone_at_the_next_opening(store, ann, address, tmp_path):
    number = fill(store, ann, tmp_path)
    page = store.files_of(number)["page.html"]
    aside = page.parent.parent.with_name(f".erasing-{ann.id}")
    page.parent.parent.rename(aside)
    with open_store(address):
        assert page.is_file()
    gone = aside.with_name(".erasing-gonegone")
    (gone / "x").mkdir(parents=True)
    with open_store(address):
        assert not gone.exists()


# --- backup and restore ---


def test_a_backup_restores_everything_into_either_kind(store, ann, tmp_path, clock, request, monkeypatch):
    number = fill(store, ann, tmp_path)
    bob = store.add_person("Bob")
    backup = store.backup(tmp_path / "copies" / "monday.zip")
    assert backup.stat().st_mode & 0o077 == 0
    targets = [str(tmp_path / "new" / "s.sqlite3")]
    with contextlib.suppress(pytest.skip.Exception):
        targets.append(new_database(request.getfixturevalue("server")))
    for index, target in enumerate(targets):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / f"data{index}"))
        with open_store(target, clock=clock) as new:
            assert new.restore(backup) > 20
            assert new.people() == store.people()
            assert new.history(ann.id) == store.history(ann.id)
            assert new.notes(ann.id) == store.notes(ann.id)
            assert new.decisions(ann.id) == store.decisions(ann.id)
            assert new.audit(ann.id) == store.audit(ann.id)
            assert new.assessment(number) == store.assessment(number)
            page = new.files_of(number)["page.html"]
            assert page != store.files_of(number)["page.html"]
            assert page.read_bytes() == b"<p>secret-page</p>"
            # Counting goes on after what was put in.
            assert new.add_note(bob.id, "next", author="a").id == 2
            assert new.append(ann.id, [closed("s2")]) == 16
            with pytest.raises(StoreError, match="not empty"):
                new.restore(backup)


def test_a_backup_does_not_write_over_anything(store, ann, tmp_path):
    (tmp_path / "there").write_text("mine")
    with pytest.raises(OutputError, match="there already"):
        store.backup(tmp_path / "there")
    with pytest.raises(OutputError):
        store.backup(tmp_path / "there" / "below.zip")
    assert (tmp_path / "there").read_text() == "mine"


def test_what_is_no_backup_is_refused_and_nothing_kept(store, tmp_path, clock):
    import zipfile

    with pytest.raises(InputNotFound):
        store.restore(tmp_path / "none.zip")
    with open_store(tmp_path / "other.sqlite3", clock=clock) as other:
        fill(other, other.add_person("Ann"), tmp_path)
        whole = other.backup(tmp_path / "whole.zip").read_bytes()
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(tmp_path / "foreign.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with zipfile.ZipFile(tmp_path / "newer.zip", "w") as archive:
        archive.writestr(
            "backup.json", json.dumps({"format": "hiphinge backup", "schema_version": "9999", "kind": "lines"})
        )
    for name, where in (("flipped-a", len(whole) // 2), ("flipped-b", len(whole) // 3), ("flipped-c", 500)):
        flipped = bytearray(whole)
        flipped[where] ^= 0xFF
        (tmp_path / f"{name}.zip").write_bytes(flipped)
    for name in ("text", "cut", "foreign", "flipped-a", "flipped-b", "flipped-c"):
        with pytest.raises(StoreError, match=r"no backup|incomplete|no database"):
            store.restore(tmp_path / f"{name}.zip")
    with pytest.raises(StoreError, match="9999"):
        store.restore(tmp_path / "newer.zip")
    assert store.people() == ()
    assert store.audit() == ()


def test_the_store_says_where_it_is_and_opens_again_after_closing(store, ann, address):
    assert store.where().split("?")[0].split(":")[0] in (address.split(":")[0], "postgresql+psycopg")
    store.close()
    assert store.people() == (ann,)


def test_a_person_can_have_an_odd_but_valid_score(store, ann):
    entry = OutcomeScore(key="k/ü'\"; DROP TABLE people; --", at=AT, measure="ftf_cm", value=3.0000000000000004)
    store.append(ann.id, [entry])
    assert store.history(ann.id).events == (entry,)
