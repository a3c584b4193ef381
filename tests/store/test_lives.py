"""Live sets and their chunks, on SQLite and on PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from hiphinge.errors import PersonNotFound, RecordConflict, StoreError
from hiphinge.program.history import Corrected, RepResult
from hiphinge.store import LiveChunk, LiveTakenOver, open_store
from tests.store.samples import AT, FILM, OTHER_FILM, a_set, closed, document, opened
from tests.store.workers import stream, working


def chunk(live, number, data=b"frames", kind="frames"):
    return LiveChunk(live.id, number, kind, data)


@pytest.fixture
def live(store, ann):
    store.append(ann.id, [opened()])
    return store.open_live(ann.id, "s1", "wall", "lighter", {"mirror": True, "reps": 8, "side": None})


def test_a_live_set_comes_back_as_it_went_in(store, ann, live, clock):
    assert (live.person, live.session, live.drill, live.variant) == (ann.id, "s1", "wall", "lighter")
    assert live.options == {"mirror": True, "reps": 8, "side": None}
    assert (live.state, live.next_number, live.bytes, live.assessment, live.finished) == ("open", 0, 0, None, None)
    clock.move(seconds=1)
    bare = store.open_live(ann.id, None, "toe_touch")
    assert store.lives(ann.id) == store.lives() == (live, bare)
    clock.move(seconds=1)
    data = bytes(range(256)) * 5
    assert store.append_live([chunk(live, 1, b"{}", "command"), chunk(live, 0, data)]) == {live.id: 2}
    assert list(store.live_chunks(live.id)) == [chunk(live, 0, data), chunk(live, 1, b"{}", "command")]
    now = store.live(live.id)
    assert (now.next_number, now.bytes, now.changed) == (2, len(data) + 2, clock.now)
    assert list(store.live_chunks(bare.id)) == []
    assert store.append_live([]) == {}


def test_many_chunks_come_back_in_order(store, live):
    for first in (0, 64, 128):
        store.append_live([chunk(live, number, b"%d" % number) for number in range(first, first + 64)])
    found = [(one.number, one.data) for one in store.live_chunks(live.id)]
    assert found == [(number, b"%d" % number) for number in range(192)]


def test_the_same_chunk_twice_is_one(store, live):
    store.append_live([chunk(live, 0), chunk(live, 1)])
    assert store.append_live([chunk(live, 0), chunk(live, 1), chunk(live, 2), chunk(live, 2)]) == {live.id: 3}
    assert [one.data for one in store.live_chunks(live.id)] == [b"frames"] * 3
    assert store.append_live([chunk(live, 1)]) == {live.id: 3}


@pytest.mark.parametrize("other", [{"data": b"another"}, {"kind": "command"}])
def test_another_chunk_under_a_number_is_refused_and_nothing_of_the_call_is_written(store, live, other):
    """Two servers that go on with one set give numbers of their own; who comes second may confirm nothing."""
    store.append_live([chunk(live, 0), chunk(live, 1)])
    with pytest.raises(LiveTakenOver, match="chunk 1 "):
        store.append_live([chunk(live, 1, **other), chunk(live, 2)])
    assert [(one.data, one.kind) for one in store.live_chunks(live.id)] == [(b"frames", "frames")] * 2
    assert store.live(live.id).next_number == 2


def test_a_gap_is_refused_with_the_number_that_is_expected_and_nothing_is_written(store, ann, live):
    other = store.open_live(ann.id, "s1", "wall")
    store.append_live([chunk(live, 0)])
    with pytest.raises(RecordConflict, match=r"chunk 3 .*too early") as caught:
        store.append_live([chunk(other, 0), chunk(live, 1), chunk(live, 3)])
    assert "2" in caught.value.expected
    assert store.live(live.id).next_number == 1
    assert list(store.live_chunks(other.id)) == []


def test_a_set_that_is_over_takes_nothing_more_and_its_chunks_are_gone(store, ann, live, clock):
    store.append_live([chunk(live, 0)])
    number = store.add_assessment(ann.id, document(), sha256=FILM, files={"tracks.npz": b"tracks"})
    store.append(ann.id, [a_set(assessment=number)])
    clock.move(minutes=1)
    done = store.finish_live(live.id, number)
    assert (done.state, done.assessment, done.finished, done.next_number, done.bytes) == (
        "finished",
        number,
        clock.now,
        1,
        0,
    )
    assert store.finish_live(live.id, number) == done
    assert list(store.live_chunks(live.id)) == []
    for again in (chunk(live, 1), chunk(live, 0)):
        with pytest.raises(RecordConflict, match="is finished"):
            store.append_live([again])
    with pytest.raises(RecordConflict, match="finished already"):
        store.finish_live(live.id)
    with pytest.raises(RecordConflict, match="finished already"):
        store.abandon_live(live.id)
    assert [entry.what for entry in store.audit(ann.id)][-1] == f"live set {live.id} finished"


def test_a_set_that_came_to_nothing(store, ann, live):
    store.append_live([chunk(live, 0)])
    gone = store.abandon_live(live.id)
    assert (gone.state, gone.assessment) == ("abandoned", None)
    assert store.abandon_live(live.id) == gone
    with pytest.raises(RecordConflict, match="is abandoned"):
        store.append_live([chunk(live, 1)])
    assert store.lives(state="open") == ()
    assert store.lives(ann.id, "abandoned") == (gone,)
    empty = store.open_live(ann.id, "s1", "wall")
    assert store.finish_live(empty.id).assessment is None


def test_an_assessment_of_somebody_else_is_refused(store, ann, live):
    bob = store.add_person("Bob")
    number = store.add_assessment(bob.id, document(), sha256=FILM)
    for wrong in (number, "none"):
        with pytest.raises(RecordConflict, match="none of this person's"):
            store.finish_live(live.id, wrong)
    assert store.live(live.id) == live


def test_an_assessment_that_takes_the_place_of_another_takes_its_live_set_too(store, ann, live):
    first = store.add_assessment(ann.id, document("first"), sha256=FILM, files={"a": b"a"})
    store.add_revision(first, document("corrected"), {"reps": [1]}, files={"b": b"b"})
    store.finish_live(live.id, first)
    second = store.add_assessment(ann.id, document("second"), sha256=FILM)
    assert store.live(live.id).assessment == second
    assert store.revisions(second) == ()
    store.tidy()
    assert list((store._files / ann.id).iterdir()) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "sound"},
        {"number": -1},
        {"data": b"x" * ((4 << 20) + 1)},
        {"live": ""},
        {"live": "a\x00"},
    ],
)
def test_what_is_no_chunk_is_refused(store, live, odd):
    given = {"live": live.id, "number": 0, "kind": "frames", "data": b"x"} | odd
    with pytest.raises(RecordConflict):
        store.append_live([LiveChunk(**given)])
    assert list(store.live_chunks(live.id)) == []


def test_a_set_has_only_so_much_room(store, live, monkeypatch):
    monkeypatch.setattr("hiphinge.store.livesets._LARGEST_SET", 100)
    store.append_live([chunk(live, 0, b"x" * 60)])
    with pytest.raises(RecordConflict, match="Stop this set"):
        store.append_live([chunk(live, 1, b"x" * 41)])
    assert store.append_live([chunk(live, 1, b"x" * 40)]) == {live.id: 2}


def test_what_is_no_live_set_is_refused(store, ann, live):
    store.append(ann.id, [closed()])
    for session in ("s1", "never"):
        with pytest.raises(RecordConflict, match="is not open"):
            store.open_live(ann.id, session, "wall")
    for given in ({"drill": ""}, {"variant": "a\x00"}, {"options": {"x": float("inf")}}):
        with pytest.raises(RecordConflict):
            store.open_live(ann.id, None, **{"drill": "wall", **given})
    with pytest.raises(PersonNotFound):
        store.open_live("nobody00", None, "wall")
    for call in (store.live, store.live_chunks, store.finish_live, store.abandon_live):
        for nothing in ("none", "", "'; --"):
            with pytest.raises(StoreError, match="no live set"):
                call(nothing)
    with pytest.raises(StoreError, match="no live set"):
        store.append_live([chunk(live, 0), LiveChunk("none", 0, "frames", b"")])
    assert store.live(live.id).next_number == 0


def test_a_set_that_nothing_came_from_for_two_days_is_given_up(store, ann, live, address, clock):
    store.append_live([chunk(live, 0)])
    clock.move(hours=48)
    store.tidy()
    assert store.live(live.id).state == "open"
    clock.move(seconds=1)
    open_store(address, clock=clock).close()
    assert store.live(live.id).state == "abandoned"
    with store._reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM live_chunks")).scalar() == 0


def test_a_killed_server_loses_no_confirmed_chunk(store, ann, live, address, clock):
    lives = [live.id, *(store.open_live(ann.id, "s1", "wall").id for _ in range(3))]
    store.close()
    with working(stream, address, lives, 100_000) as worker:
        for _ in range(20):
            confirmed = worker.hear()
        worker.kill()
        confirmed = [confirmed, *worker.rest()][-1]
        assert worker.process.exitcode == -9
    with open_store(address, clock=clock) as again:
        found = [list(again.live_chunks(number)) for number in lives]
        # All sets or none: the last call may have been written and not yet confirmed.
        assert len({len(chunks) for chunks in found}) == 1
        assert len(found[0]) - confirmed[lives[0]] in (0, 1)
        for chunks in found:
            assert [(one.number, one.data) for one in chunks] == [(n, b"%d" % n) for n in range(len(chunks))]
        after = again.append_live([LiveChunk(number, len(found[0]), "frames", b"next") for number in lives])
        assert set(after.values()) == {len(found[0]) + 1}


def test_two_servers_that_write_to_the_same_sets_never_wait_for_each_other_for_good(store, ann, live, address):
    lives = [live.id, *(store.open_live(ann.id, "s1", "wall").id for _ in range(5))]
    store.close()
    with working(stream, address, lives, 60) as a, working(stream, address, lives[::-1], 60) as b:
        assert len(a.rest()) == len(b.rest()) == 60
    assert {store.live(number).next_number for number in lives} == {60}


def test_an_erasure_while_a_set_is_written_leaves_nothing(store, ann, live, address):
    bob = store.add_person("Bob")
    others = store.open_live(bob.id, None, "wall")

    def write():
        for number in range(10_000):
            try:
                store.append_live([chunk(live, number), chunk(others, number)])
            except StoreError as error:
                return str(error)
        return "never refused"

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while store.live(live.id).next_number < 5:
            pass
        store.erase_person(ann.id)
        assert "There is no live set" in writing.result(60)
    with store._reading() as connection:
        for table in ("lives", "live_chunks"):
            assert connection.execute(text(f"SELECT DISTINCT person FROM {table}")).scalars().all() == [bob.id]
    after = store.live(others.id).next_number
    assert store.append_live([chunk(others, after)]) == {others.id: after + 1}


# --- corrections ---


def test_a_correction_is_the_newest_and_the_first_stays(store, ann, clock):
    files = {"tracks.npz": b"tracks", "overlay.mp4": b"first"}
    number = store.add_assessment(ann.id, document("first"), sha256=FILM, files=files)
    made = clock.now
    clock.move(hours=1)
    doctor = store.acting_as("Dr. Öz")
    what = {"reps": [{"number": 2, "from": "miss", "to": "pass"}], "why": "the arm hid the back"}
    assert doctor.add_revision(number, document("second"), what, files={"overlay.mp4": b"second"}, after=0) == 1
    clock.move(hours=1)
    assert store.add_revision(number, document("third"), {"why": "again"}) == 2
    newest, first, middle = (store.assessment(number, revision=one) for one in (None, 0, 1))
    assert [one.document for one in (first, middle, newest)] == [document(w) for w in ("first", "second", "third")]
    assert [one.revision for one in (first, middle, newest)] == [0, 1, 2]
    assert (first.at, newest.at, newest.model, newest.id) == (made, clock.now, "full", number)
    assert newest.files == first.files == ("overlay.mp4", "tracks.npz")
    found = [{k: p.read_bytes() for k, p in store.files_of(number, revision=one).items()} for one in (0, 1, None)]
    assert found == [files, files | {"overlay.mp4": b"second"}, files | {"overlay.mp4": b"second"}]
    one, two = store.revisions(number)
    assert (one.assessment, one.number, one.what, one.who) == (number, 1, what, "Dr. Öz")
    assert (one.at, one.files, two.who) == (clock.now - (clock.now - made) / 2, ("overlay.mp4",), "tester")
    (item,) = store.assessments(ann.id)
    assert (item.id, item.sha256, item.at, item.files, item.revisions) == (number, FILM, made, first.files, 2)
    assert [entry.what for entry in store.audit(ann.id)][-2:] == [
        f"assessment {number} corrected (1)",
        f"assessment {number} corrected (2)",
    ]
    store.tidy()
    assert store.files_of(number)["overlay.mp4"].read_bytes() == b"second"


def test_the_same_correction_twice_is_one_and_two_at_once_are_told(store, ann):
    number = store.add_assessment(ann.id, document("first"), sha256=FILM)
    assert store.assessments(ann.id)[0].revisions == 0
    given = (number, document("second"), {"why": "x"})
    assert store.add_revision(*given, files={"a": b"a"}, after=0) == 1
    assert store.add_revision(*given, files={"a": b"a"}, after=0) == 1
    with pytest.raises(RecordConflict, match=r"corrected meanwhile \(revision 1\)"):
        store.add_revision(number, document("other"), {"why": "y"}, after=0)
    assert len(store.revisions(number)) == 1

    def correct(name):
        try:
            return store.add_revision(number, document(name), {"why": name}, files={"a": b"a"}, after=1)
        except RecordConflict:
            return None

    with ThreadPoolExecutor(4) as threads:
        assert sorted(filter(None, threads.map(correct, "abcd"))) == [2]
    folders = [path.name for path in (store._files / ann.id).iterdir()]
    store.tidy()
    assert [path.name for path in (store._files / ann.id).iterdir()] == folders
    assert len(folders) == 2


def test_a_correction_and_its_entry_are_kept_both_or_neither(store, ann):
    store.append(ann.id, [opened()])
    number = store.add_assessment(ann.id, document("first"), sha256=FILM)
    store.append(ann.id, [a_set(assessment=number)])

    def says(number, entry="set"):
        return Corrected(
            key=f"corrected-{number}", at=AT, entry=entry, by="Dr. Öz", reason="the arm", outcome="hinge", measures={},
            reps=(RepResult(number=1, grade="pass"),), revision=number,
        )  # fmt: skip

    given = (number, document("second"), {"why": "x"})
    before = len(store.audit(ann.id))
    with pytest.raises(RecordConflict):  # of the session's beginning there is no correction
        store.add_revision(*given, files={"a": b"a"}, entry=lambda n: says(n, "s1-open"))
    assert (store.assessment(number).revision, len(store.audit(ann.id))) == (0, before)
    with pytest.raises(ZeroDivisionError):  # killed in between is the same: nothing was committed
        store.add_revision(*given, files={"a": b"a"}, entry=lambda n: n // 0)
    assert store.assessment(number).revision == 0
    assert [path.name for path in (store._files / ann.id).iterdir()] == []
    for _ in range(2):
        assert store.add_revision(*given, files={"a": b"a"}, after=0, entry=says) == 1
    events = store.history(ann.id).events
    assert [event.key for event in events][-1] == "corrected-1"
    assert len(events) == 3


def test_what_is_no_correction_is_refused_and_leaves_no_file(store, ann, tmp_path):
    number = store.add_assessment(ann.id, document(), sha256=FILM)
    for given in (
        (b"no json", {}, {"a": b"a"}),
        (document("x"), {"x": object()}, {"a": b"a"}),
        (document("x"), {}, {"../a": b"a"}),
        (document("x"), {}, {"a": tmp_path / "none"}),
    ):
        with pytest.raises(Exception, match=r"cannot be kept|cannot name|is not there"):
            store.add_revision(number, given[0], given[1], files=given[2])
    for nothing in ("none", "", "'; --"):
        with pytest.raises(StoreError, match="no assessment"):
            store.add_revision(nothing, document(), {})
        with pytest.raises(StoreError, match="no assessment"):
            store.revisions(nothing)
    for revision in (1, -1):
        with pytest.raises(StoreError, match=f"no revision {revision}"):
            store.assessment(number, revision=revision)
    assert store.revisions(number) == ()
    assert [path for path in store._files.rglob("*") if path.name == "a"] == []
    with pytest.raises(PersonNotFound):
        store.assessments("nobody00")


def test_a_list_of_assessments_is_in_order(store, ann, clock):
    numbers = []
    for sha in (OTHER_FILM, FILM):
        numbers.append(store.add_assessment(ann.id, document(sha), sha256=sha))
        clock.move(seconds=1)
    assert [item.id for item in store.assessments(ann.id)] == numbers
