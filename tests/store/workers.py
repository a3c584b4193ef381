"""What other processes do to a store: started quickly from one that has imported everything."""

import multiprocessing
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import alembic.migration
import alembic.op
import alembic.operations
import alembic.script

from hiphinge.errors import StoreError
from hiphinge.store import LiveChunk, migrate, open_store
from tests.store.samples import AT, score

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.store.workers"])
NOBODY = 65534


class Worker:
    """A process of its own, and what it has said so far."""

    def __init__(self, work, *args):
        self.pipe, theirs = CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=work, args=(theirs, *args))
        self.process.start()
        theirs.close()

    def hear(self):
        """Return the next thing it says."""
        assert self.pipe.poll(60), "the process is silent"
        return self.pipe.recv()

    def rest(self):
        """Return all else it says until it ends."""
        said = []
        try:
            while self.pipe.poll(60):
                said.append(self.pipe.recv())
        except EOFError:
            pass
        self.process.join(60)
        self.pipe.close()
        return said

    def kill(self):
        """End it in the middle of whatever it does."""
        os.kill(self.process.pid, signal.SIGKILL)


@contextmanager
def working(work, *args):
    """Start a process, and see that it is gone at the end."""
    worker = Worker(work, *args)
    try:
        yield worker
    finally:
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join(60)
        worker.process.close()


def append_many(pipe, address, person, name, count):
    """Append entries one by one, and say each key once it is confirmed."""
    with open_store(address) as store:
        for number in range(count):
            store.append(person, [score(f"{name}-{number}", number % 11 / 1)])
            pipe.send(f"{name}-{number}")


def make(pipe, address):
    """Make a store, or find it made."""
    with open_store(address) as store:
        pipe.send(store.add_person("Ann").name)


def make_and_die(pipe, address):
    """End in the middle of making a store."""
    calls, create = [], alembic.op.create_index

    def die_at_the_fourth(*args, **options):
        calls.append(args)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return create(*args, **options)

    alembic.op.create_index = die_at_the_fourth
    open_store(address)


def open_at_version(pipe, address, steps, version, die):
    """Open as a later version of the software would, which has further steps; perhaps end in the middle of one."""
    os.environ["DIE"] = "yes" if die else "no"
    migrate.MIGRATIONS, migrate.HEAD = Path(steps), version
    open_store(address).close()
    pipe.send("opened")


def take_and_die(pipe, address):
    """Take a job for an hour and end without a word."""
    with open_store(address) as store:
        pipe.send(store.claim_job(f"worker-{os.getpid()}", 3600).id)
        os.kill(os.getpid(), signal.SIGKILL)


def work(pipe, address, die_at=None, after_the_entry=False):
    """Do jobs until none waits, saying each; perhaps end in the middle of one, before or after its entry is made."""
    owner = f"worker-{os.getpid()}"
    with open_store(address) as store:
        taken = 0
        while (job := store.claim_job(owner, 3600)) is not None:
            taken += 1
            if taken == die_at and not after_the_entry:
                os.kill(os.getpid(), signal.SIGKILL)
            store.append(job.person, [score(f"job-{job.payload['number']}", 1.0)])
            if taken == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            store.finish_job(job.id, owner, job.attempt, {"done_by": owner})
            pipe.send(job.payload["number"])


def stream(pipe, address, lives, count):
    """Add chunk after chunk to live sets at once, and say what is confirmed."""
    with open_store(address, clock=lambda: AT) as store:
        for number in range(count):
            pipe.send(store.append_live([LiveChunk(live, number, "frames", b"%d" % number) for live in lives]))


def append_until_no_room(pipe, path, room_bytes):
    """Append while no file may grow beyond so many bytes."""
    import resource

    store = open_store(path)
    ann = store.add_person("Ann")
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, room_bytes))
    try:
        for number in range(1000):
            pipe.send(store.append(ann.id, [score(f"score-{number}")]))
    except StoreError as error:
        pipe.send(str(error))


def write_as_nobody(pipe, warm, *paths):
    """Try to write stores as a user who may not."""
    # What is imported on first use may not be readable for that user.
    open_store(warm).close()
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    for path in paths:
        try:
            with open_store(path) as store:
                store.add_person("Bob")
            pipe.send("written")
        except StoreError as error:
            pipe.send(error.what)
