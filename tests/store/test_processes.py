"""Several processes at one store, and processes that end in the middle."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hiphinge.store import open_store
from hiphinge.store.log import read_events
from hiphinge.store.people import all_people
from hiphinge.store.tables import events as table
from tests.store.samples import AT, FILM, a_set, document, opened, score
from tests.store.workers import append_many, make, working

EACH = 200


def test_two_processes_append_at_once_and_none_is_lost(store, ann, address):
    store.close()
    with (
        working(append_many, address, ann.id, "a", EACH) as a,
        working(append_many, address, ann.id, "b", EACH) as b,
    ):
        confirmed = a.rest() + b.rest()
    events = store.history(ann.id).events
    assert len(events) == 2 * EACH
    assert {event.key for event in events} == set(confirmed)
    # Each process's own come in its own order, and numbers have no gap.
    for name in ("a", "b"):
        assert [e.key for e in events if e.key.startswith(name)] == [f"{name}-{number}" for number in range(EACH)]
    assert store.append(ann.id, [score("next")]) == 2 * EACH + 1
    with store._reading() as connection:
        numbers = connection.execute(select(table.c.sequence).order_by(table.c.sequence)).scalars().all()
    assert numbers == list(range(1, 2 * EACH + 2))


def test_threads_share_a_store(store, ann):
    def work(name):
        for number in range(25):
            store.append(ann.id, [score(f"{name}-{number}")])
        return len(store.history(ann.id).events)

    with ThreadPoolExecutor(4) as threads:
        assert max(threads.map(work, "abcd")) == 100
    assert store.append(ann.id, [score("next")]) == 101


def test_the_same_entries_from_two_processes_are_one_each(store, ann, address):
    store.close()
    args = (append_many, address, ann.id, "same", 30)
    with working(*args) as a, working(*args) as b:
        assert len(a.rest()) == len(b.rest()) == 30
    assert [event.key for event in store.history(ann.id).events] == [f"same-{number}" for number in range(30)]


def test_processes_that_make_a_store_at_once_take_turns(address):
    with working(make, address) as a, working(make, address) as b, working(make, address) as c:
        assert a.rest() + b.rest() + c.rest() == ["Ann"] * 3
    with open_store(address) as store:
        assert [person.name for person in store.people()] == ["Ann"] * 3


@pytest.mark.parametrize("after", [1, 37])
def test_a_killed_process_loses_no_confirmed_entry(store, ann, address, after):
    store.close()
    with working(append_many, address, ann.id, "k", 100_000) as worker:
        confirmed = [worker.hear() for _ in range(after)]
        worker.kill()
        confirmed += worker.rest()
        assert worker.process.exitcode == -9
    with open_store(address) as again:
        keys = [event.key for event in again.history(ann.id).events]
        # The last one may have been written and not yet confirmed.
        assert keys[: len(confirmed)] == confirmed
        assert len(keys) - len(confirmed) in (0, 1)
        assert again.append(ann.id, [score("next")]) == len(keys) + 1


def test_a_backup_while_another_process_writes_is_whole(store, ann, address, tmp_path, clock):
    store.append(ann.id, [opened()])
    with working(append_many, address, ann.id, "w", EACH) as worker:
        worker.hear()
        backup = store.backup(tmp_path / "b.zip")
        assert len(worker.rest()) == EACH - 1
    with open_store(tmp_path / "new.sqlite3", clock=clock) as new:
        new.restore(backup)
        keys = [event.key for event in new.history(ann.id).events]
    assert keys == ["s1-open", *(f"w-{number}" for number in range(len(keys) - 1))]
    assert len(keys) >= 2
    assert len(store.history(ann.id).events) == EACH + 1


def test_reading_sees_one_state_while_another_writes(store, ann, address):
    store.append(ann.id, [opened()])
    with store._reading() as connection:
        before = read_events(connection, ann.id)
        with open_store(address) as other:
            assert other.append(ann.id, [score()]) == 2
        assert read_events(connection, ann.id) == before
    assert len(store.history(ann.id).events) == 2


def test_what_was_erased_is_not_in_the_files_of_the_database(tmp_path, clock):
    """SQLite alone: its pages and its log are ours to look into."""
    path = tmp_path / "s.sqlite3"
    marks = [b"Zebedee", b"zebedee", b"quagga", b"okapi", b"tapir", b"narwhal", FILM.encode()]
    with open_store(path, clock=clock) as store:
        bob = store.add_person("Bob")
        store.append(bob.id, [score(f"bob-{number}") for number in range(200)])
        gone = store.add_person("Zebedee")
        number = store.add_assessment(gone.id, document(text="quagga" * 2000), sha256=FILM, files={"a": b"okapi"})
        store.append(gone.id, [opened("tapir"), a_set("narwhal", "tapir", assessment=number, at=AT)])
        store.append(gone.id, [score(f"narwhal-{number}") for number in range(200)])
        store.add_note(gone.id, "okapi", author="Zebedee")
        every = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
        assert all(mark in every for mark in marks)
        assert store.erase_person(gone.id).complete
        every = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
        assert [mark for mark in [*marks, gone.id.encode()] if mark in every] == []
        assert len(store.history(bob.id).events) == 200


def test_an_erasure_beside_a_long_reading_says_that_it_is_not_complete(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("hiphinge.store.erasing._WAIT_MS", 50)
    path = tmp_path / "s.sqlite3"
    with open_store(path, clock=clock) as store, open_store(path) as reader:
        gone = store.add_person("Zebedee")
        with reader._reading() as connection:
            assert all_people(connection) == (gone,)
            assert not store.erase_person(gone.id).complete
        assert store.people() == ()
