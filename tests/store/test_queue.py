"""Uploads and the queue of work, on SQLite and on PostgreSQL alike; workers that end in the middle."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from hiphinge.errors import PersonNotFound, RecordConflict, StoreError
from hiphinge.store import open_store
from hiphinge.store import tables as t
from hiphinge.store.jobs import database_now
from tests.store.samples import FILM, OTHER_FILM
from tests.store.workers import take_and_die, work, working

LONG_S = 3600.0


def add(store, person, number=0, **more):
    return store.add_job("clip", person.id, {"number": number, "options": [1, None, "ä"]}, f"key-{number}", **more)


def expire(store):
    """Let every lease run out, as if its time had passed."""
    with store._writing() as connection:
        past = database_now(connection) - timedelta(seconds=1)
        connection.execute(update(t.jobs).where(t.jobs.c.state == "running").values(lease_until=past))


# --- jobs ---


def test_a_job_is_taken_kept_and_done(store, ann):
    job = add(store, ann)
    assert (job.state, job.attempt, job.max_attempts, job.owner, job.lease_until) == ("queued", 0, 3, None, None)
    assert (job.person, job.kind, job.key, job.payload) == (
        ann.id,
        "clip",
        "key-0",
        {"number": 0, "options": [1, None, "ä"]},
    )
    taken = store.claim_job("w1", LONG_S)
    assert (taken.id, taken.state, taken.attempt, taken.owner) == (job.id, "running", 1, "w1")
    assert timedelta(0) < taken.lease_until - job.created <= timedelta(seconds=LONG_S + 60)
    assert store.claim_job("w2", LONG_S) is None
    going = store.beat_job(job.id, "w1", 1, 2 * LONG_S, 0.25, stage="looking at the film")
    assert (going.progress, going.stage) == (0.25, "looking at the film")
    assert going.lease_until > taken.lease_until
    done = store.finish_job(job.id, "w1", 1, {"assessment": "abc"})
    assert (done.state, done.progress, done.stage, done.result) == ("done", 1.0, "", {"assessment": "abc"})
    assert done.finished >= job.created
    assert store.finish_job(job.id, "w1", 1, {"assessment": "abc"}) == done == store.job(job.id)
    assert store.jobs(ann.id, "done") == store.jobs() == (done,)
    assert store.jobs(state="queued") == store.jobs("nobody00") == ()


def test_the_same_key_of_a_person_is_one_job(store, ann):
    bob = store.add_person("Bob")
    job = add(store, ann)
    assert add(store, ann) == job
    assert add(store, bob).id != job.id
    store.claim_job("w", LONG_S)
    assert add(store, ann).state == "running"
    assert len(store.jobs()) == 2
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(lambda _: add(store, ann, 7).id, range(12)))
    assert len(set(made)) == 1


def test_people_take_turns(store, ann, clock):
    bob, eve = store.add_person("Bob"), store.add_person("Eve")
    for number in range(6):
        add(store, ann, number)
    assert store.claim_job("w", LONG_S).person == ann.id
    for number in range(2):
        add(store, bob, number)
    add(store, eve)
    names = {ann.id: "a", bob.id: "b", eve.id: "e"}
    taken = [store.claim_job("w", LONG_S) for _ in range(8)]
    order = "".join(names[job.person] for job in taken)
    # Nobody is served twice while somebody else waits who came by then.
    assert sorted(order[:3]) == ["a", "b", "e"]
    assert sorted(order[3:5]) == ["a", "b"]
    assert order[5:] == "aaa"
    assert [job.payload["number"] for job in taken if job.person == ann.id] == [1, 2, 3, 4, 5]


def test_a_worker_that_fell_silent_loses_the_job_to_the_next(store, ann):
    job = add(store, ann)
    first = store.claim_job("w1", LONG_S)
    expire(store)
    # Nobody else has it yet: it may go on.
    store.beat_job(job.id, "w1", 1, LONG_S, 0.5)
    expire(store)
    second = store.claim_job("w2", LONG_S)
    assert (second.id, second.attempt, second.progress) == (job.id, 2, 0.0)
    for late in (
        lambda: store.beat_job(job.id, "w1", first.attempt, LONG_S, 0.9),
        lambda: store.finish_job(job.id, "w1", first.attempt, {}),
        lambda: store.fail_job(job.id, "w1", first.attempt, "broken", True),
        # A worker of the same name, begun again.
        lambda: store.finish_job(job.id, "w2", first.attempt, {}),
    ):
        with pytest.raises(RecordConflict, match="no longer this worker's"):
            late()
    assert store.finish_job(job.id, "w2", 2, {"by": "w2"}).result == {"by": "w2"}
    with pytest.raises(RecordConflict, match="no longer this worker's"):
        store.finish_job(job.id, "w1", 1, {"by": "w1"})
    assert store.job(job.id).result == {"by": "w2"}


def test_a_job_that_is_cut_off_each_time_is_set_aside_with_a_kind_reason(store, ann):
    job, other = add(store, ann, 0, max_attempts=2), add(store, ann, 1)
    for attempt in (1, 2):
        taken = store.claim_job("w", LONG_S)
        assert (taken.id, taken.attempt) == (job.id, attempt)
        expire(store)
    # The one that is set aside does not keep the next from being taken.
    assert store.claim_job("w", LONG_S).id == other.id
    failed = store.job(job.id)
    assert (failed.state, failed.attempt) == ("failed", 2)
    assert failed.reason.startswith("This was tried 2 times and cut off each time")
    assert failed.finished is not None
    again = store.retry_job(job.id)
    assert (again.state, again.attempt, again.reason, again.finished) == ("queued", 0, "", None)
    assert store.claim_job("w", LONG_S).attempt == 1


def test_a_job_that_failed_waits_again_while_it_has_attempts(store, ann):
    job = add(store, ann, max_attempts=2)
    store.claim_job("w", LONG_S)
    waits = store.fail_job(job.id, "w", 1, "The film cannot be read yet.", True)
    assert (waits.state, waits.reason, waits.owner, waits.finished) == (
        "queued",
        "The film cannot be read yet.",
        *[None] * 2,
    )
    store.claim_job("w", LONG_S)
    over = store.fail_job(job.id, "w", 2, "The film cannot be read.", True)
    assert (over.state, over.reason) == ("failed", "The film cannot be read.")
    assert store.claim_job("w", LONG_S) is None
    store.retry_job(job.id)
    store.claim_job("w", LONG_S)
    assert store.fail_job(job.id, "w", 1, "No picture.", False).state == "failed"


def test_a_job_is_called_off(store, ann):
    waiting, running, done = (add(store, ann, number) for number in range(3))
    store.cancel_job(waiting.id)
    assert store.claim_job("w", LONG_S).id == running.id
    assert store.cancel_job(running.id).state == store.cancel_job(running.id).state == "cancelled"
    with pytest.raises(RecordConflict, match="called off"):
        store.beat_job(running.id, "w", 1, LONG_S, 0.5)
    store.claim_job("w", LONG_S)
    with pytest.raises(RecordConflict, match="is running"):
        store.retry_job(done.id)
    store.finish_job(done.id, "w", 1)
    for call in (store.cancel_job, store.retry_job):
        with pytest.raises(RecordConflict, match="is done"):
            call(done.id)
    assert store.retry_job(waiting.id) == store.retry_job(waiting.id)
    assert store.claim_job("w", LONG_S).id == waiting.id


@pytest.mark.parametrize(
    "call",
    [
        lambda store, job: store.claim_job("", LONG_S),
        lambda store, job: store.claim_job("w", 0),
        lambda store, job: store.claim_job("w", float("nan")),
        lambda store, job: store.beat_job(job.id, "w", 1, LONG_S, 1.5),
        lambda store, job: store.add_job("clip", job.person, {"x": float("nan")}, "k"),
        lambda store, job: store.add_job("clip", job.person, {"x": "y" * 200_000}, "k"),
        lambda store, job: store.add_job("clip", job.person, {"x": object()}, "k"),
        lambda store, job: store.add_job("clip", job.person, {1: 2}, "k"),
        lambda store, job: store.add_job("clip", job.person, {"x": "\ud800"}, "k"),
        lambda store, job: store.add_job("clip", job.person, {}, ""),
        lambda store, job: store.add_job("", job.person, {}, "k"),
        lambda store, job: store.add_job("clip", job.person, {}, "k", max_attempts=0),
    ],
)
def test_what_cannot_be_kept_of_a_job_is_refused(store, ann, call):
    job = add(store, ann)
    with pytest.raises(RecordConflict):
        call(store, job)
    assert store.jobs() == (job,)


def test_a_job_that_is_not_there_is_told(store, ann):
    for call in (store.job, store.retry_job, store.cancel_job):
        for nothing in ("none", "", "a\x00", "'; --"):
            with pytest.raises(StoreError, match="no job"):
                call(nothing)
    with pytest.raises(PersonNotFound):
        store.add_job("clip", "nobody00", {}, "k")


def test_a_job_of_somebody_who_is_erased_is_lost_to_its_worker(store, ann):
    job = add(store, ann)
    store.claim_job("w", LONG_S)
    assert store.erase_person(ann.id).complete
    with pytest.raises(RecordConflict, match="no longer"):
        store.beat_job(job.id, "w", 1, LONG_S)
    with pytest.raises(StoreError):
        store.finish_job(job.id, "w", 1)


def test_time_is_the_databases(store, ann, clock):
    clock.move(days=5000)
    job = add(store, ann)
    assert abs(job.created - clock.now) > timedelta(days=100)
    store.claim_job("w", LONG_S)
    assert store.claim_job("w", LONG_S) is None


def test_of_many_threads_each_job_is_taken_by_one(store, ann):
    people = [ann, store.add_person("Bob"), store.add_person("Eve")]
    for number in range(60):
        add(store, people[number % 3], number)

    def take(name):
        taken = []
        while (job := store.claim_job(name, LONG_S)) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(5) as threads:
        taken = [job for each in threads.map(take, "abcde") for job in each]
    assert len(taken) == len(set(taken)) == 60


# --- workers that end in the middle ---


def test_a_job_whose_worker_was_killed_is_taken_by_another(store, ann, address):
    job = add(store, ann)
    with working(take_and_die, address) as worker:
        assert worker.rest() == [job.id]
        assert worker.process.exitcode == -9
    assert store.job(job.id).state == "running"
    assert store.claim_job("w", LONG_S) is None
    expire(store)
    assert store.claim_job("w", LONG_S).attempt == 2


def test_two_hundred_jobs_are_done_once_each_though_workers_are_killed(store, ann, address):
    people = [ann, store.add_person("Bob"), store.add_person("Eve")]
    for number in range(200):
        add(store, people[number % 3], number)
    store.close()
    with (
        working(work, address, 7) as before_its_entry,
        working(work, address, 9, True) as after_its_entry,
        working(work, address) as whenever,
    ):
        heard = [whenever.hear() for _ in range(11)]
        whenever.kill()
        heard += whenever.rest() + before_its_entry.rest() + after_its_entry.rest()
        ended = {worker.process.exitcode for worker in (before_its_entry, after_its_entry, whenever)}
    assert -9 in ended
    rounds = 0
    while any(job.state in ("queued", "running") for job in store.jobs()):
        rounds += 1
        assert rounds < 4
        expire(store)
        with working(work, address) as a, working(work, address) as b, working(work, address) as c:
            heard += a.rest() + b.rest() + c.rest()
    with open_store(address) as again:
        jobs = again.jobs()
        assert {job.state for job in jobs} == {"done"}
        assert 1 <= Counter(job.attempt for job in jobs)[2] <= 3
        keys = [event.key for person in people for event in again.history(person.id).events]
    assert sorted(keys) == sorted(f"job-{number}" for number in range(200))
    # Whatever was said to be done was done once; one that was killed may not have come to saying it.
    assert max(Counter(heard).values()) == 1


# --- uploads ---


def send(store, person, content=b"film", *, whole=True, name="bend.mp4"):
    upload = store.add_upload(person.id, name, len(content), {"drill": "wall", "keep": False})
    store.upload_path(upload.id).write_bytes(content)
    store.set_upload_received(upload.id, len(content))
    return store.finish_upload(upload.id, FILM) if whole else store.upload(upload.id)


def test_a_film_is_received_in_parts(store, ann, clock):
    upload = store.add_upload(ann.id, "März 🏋.mp4", 10, {"drill": "wall"})
    assert (upload.size, upload.received, upload.meta, upload.sha256) == (10, 0, {"drill": "wall"}, None)
    path = store.upload_path(upload.id)
    assert path == store.upload_folder() / f"{upload.id}.part"
    assert path.parent.stat().st_mode & 0o077 == 0
    clock.move(minutes=1)
    assert store.set_upload_received(upload.id, 6).received == 6
    # Its file was cut off.
    assert store.set_upload_received(upload.id, 4).changed == clock.now
    with pytest.raises(RecordConflict, match="4 of 10 bytes"):
        store.finish_upload(upload.id, FILM)
    for count in (-1, 11):
        with pytest.raises(RecordConflict, match="0 to 10"):
            store.set_upload_received(upload.id, count)
    store.set_upload_received(upload.id, 10)
    done = store.finish_upload(upload.id, FILM)
    assert (done.sha256, done.finished) == (FILM, clock.now)
    assert store.finish_upload(upload.id, FILM) == done
    with pytest.raises(RecordConflict, match="other bytes"):
        store.finish_upload(upload.id, OTHER_FILM)
    with pytest.raises(RecordConflict, match="received already"):
        store.set_upload_received(upload.id, 10)
    assert store.uploads(ann.id) == (done,)


def test_an_upload_is_dropped_with_its_bytes(store, ann):
    upload = send(store, ann)
    path = store.upload_path(upload.id)
    store.drop_upload(upload.id)
    store.drop_upload(upload.id)
    assert not path.exists()
    for call in (store.upload, store.upload_path, lambda one: store.set_upload_received(one, 1)):
        for nothing in (upload.id, "", "../x"):
            with pytest.raises(StoreError, match="no upload"):
                call(nothing)
    with pytest.raises(PersonNotFound):
        store.uploads("nobody00")


@pytest.mark.parametrize(
    ("name", "size", "meta"),
    [
        ("", 1, {}),
        ("a\x00", 1, {}),
        ("a", 0, {}),
        ("a", 1 << 50, {}),
        ("a", 1, {"x": "y" * 30_000}),
        ("a", 1, {"x": {1}}),
    ],
)
def test_what_is_no_upload_is_refused(store, ann, name, size, meta):
    with pytest.raises(RecordConflict):
        store.add_upload(ann.id, name, size, meta)
    assert store.uploads(ann.id) == ()


def test_what_nobody_goes_on_sending_is_tidied_away(store, ann, address, clock):
    given_up, slow = send(store, ann, whole=False), send(store, ann, whole=False, name="slow.mp4")
    waiting, forgotten = send(store, ann, name="waiting.mp4"), send(store, store.add_person("Bob"))
    paths = {one.id: store.upload_path(one.id) for one in (given_up, slow, waiting, forgotten)}
    job = add(store, ann)
    clock.move(hours=48)
    store.set_upload_received(slow.id, 2)
    clock.move(seconds=1)
    store.tidy(thorough=False)
    assert {one.id for one in store.uploads(ann.id)} == {slow.id, waiting.id}
    assert not paths[given_up.id].exists()
    clock.move(days=7)
    open_store(address, clock=clock).close()
    assert [path.exists() for path in paths.values()] == [False, False, True, False]
    store.cancel_job(job.id)
    store.tidy(thorough=False)
    assert store.uploads(ann.id) == ()
    assert list(store.upload_folder().iterdir()) == []


def test_bytes_that_no_row_names_are_tidied_away(store, ann, address, clock):
    upload = send(store, ann)
    stray, foreign = store.upload_folder() / f"{'0' * 32}.part", store.upload_folder() / "notes.txt"
    stray.write_bytes(b"of somebody who was erased")
    foreign.write_bytes(b"mine")
    open_store(address, clock=clock).close()
    assert not stray.exists()
    assert foreign.exists()
    assert store.upload_path(upload.id).read_bytes() == b"film"


def test_jobs_that_were_over_long_ago_are_forgotten(store, ann):
    old, new, waiting = (add(store, ann, number) for number in range(3))
    for job in (old, new):
        store.claim_job("w", LONG_S)
        store.finish_job(job.id, "w", 1)
    with store._writing() as connection:
        past = database_now(connection) - timedelta(days=31)
        connection.execute(update(t.jobs).where(t.jobs.c.id == old.id).values(finished=past))
    store.tidy()
    assert [job.id for job in store.jobs()] == [new.id, waiting.id]


def test_an_erasure_takes_the_bytes_of_uploads(store, ann, address, monkeypatch):
    upload, part = send(store, ann), send(store, ann, b"part", whole=False)
    paths = [store.upload_path(one.id) for one in (upload, part)]
    bobs = store.upload_path(send(store, store.add_person("Bob")).id)
    done = store.erase_person(ann.id)
    assert (done.files, done.left, done.elsewhere, done.complete) == (2, 0, 0, True)
    assert [path.exists() for path in [*paths, bobs]] == [False, False, True]
    with store._reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM uploads")).scalar() == 1


def test_an_erasure_tells_of_bytes_that_stay(store, ann, address, monkeypatch):
    path = store.upload_path(send(store, ann).id)
    with monkeypatch.context() as stuck:
        stuck.setattr("hiphinge.store.uploads.remove_file", lambda path: False)
        done = store.erase_person(ann.id)
    assert (done.files, done.left, done.complete) == (0, 1, False)
    open_store(address).close()
    assert not path.exists()
