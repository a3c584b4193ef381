"""Looking at uploaded films: a job is taken, done and told once, whoever dies in the middle."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiphinge.errors import ClusterError, HiphingeError, InputError, OutputError, RecordConflict, StoreError
from hiphinge.program.history import ClipSeen, Event, FeelLog, SetDone, Ticks
from hiphinge.service.clips import Clip
from hiphinge.service.heart import MOST_FRAMES, Heart, Lost, Quit
from hiphinge.service.interview import Feel
from hiphinge.service.orders import ClipOrder, clip_options, is_set, order_payload, read_order

if TYPE_CHECKING:
    from hiphinge.service.desk import Desk
    from hiphinge.store import Job, Person, Store

__all__ = ["CLIP_JOB", "MOST_FRAMES", "JobRunner", "cancel_clip", "entry_of", "film_of", "queue_clip", "run_job"]

_log = logging.getLogger(__name__)

#: Kind of the jobs that look at a film.
CLIP_JOB = "clip"
#: A worker that is not heard of for so long has lost its job to the next one.
LEASE_S = 60.0
#: How often a worker says that it is alive, and how often an idle one looks for work.
BEAT_S, POLL_S = 5.0, 1.0
#: What lies untouched for so long is no worker's any more.
_LEFT_S = 6 * 3600.0
_STOPPED = "The worker was stopped; another goes on with it."
_DISK = "The film, or what was seen in it, could not be read or written just now. Try again in a moment."
_UNEXPECTED = "Something went amiss while the film was looked at. Try again; if it stays so, tell whoever runs this."


def entry_of(job: Job) -> str:
    """Return the key of the entry that a job makes, the same whoever does it."""
    return f"job-{job.id}"


def film_of(store: Store, upload: str) -> Path:
    """Return where the bytes of an upload lie."""
    return store.upload_folder() / f"{Path(upload).name or 'none'}.part"


def queue_clip(desk: Desk, person: Person, order: ClipOrder) -> Job:
    """Queue a film that was checked; a film that is queued already is not queued twice."""
    return desk.store.add_job(CLIP_JOB, person.id, order_payload(order), f"clip-{order.film}")


def cancel_clip(store: Store, job: Job) -> None:
    """Let go of a film that is not to be looked at any more, and delete it."""
    store.cancel_job(job.id)
    with suppress(StoreError):
        _drop(store, str(job.payload.get("film", "")))


def run_job(
    desk: Desk,
    job: Job,
    *,
    owner: str,
    lease_s: float = LEASE_S,
    beat_s: float = BEAT_S,
    quit_now: threading.Event | None = None,
) -> None:
    """Do one job that was claimed, and write down what came of it.

    Done twice (a worker died after the entry was kept), it comes to the same entry. Where the lease was lost or the job
    was cancelled, nothing more is written.

    Parameters
    ----------
    desk
        On the store that the job is of; its runner looks at the film.
    job
        As it was claimed.
    owner
        By whom.
    lease_s, beat_s
        For how long it is held, and how often that is said anew.
    quit_now
        Once it is set, the job is given back in the middle.
    """
    store = desk.store
    with Heart(store, job, owner, lease_s=lease_s, beat_s=beat_s, quit_now=quit_now) as heart:
        try:
            result = _look_at(desk, job, heart)
        except Lost:
            return
        except Quit:
            heart.stop()
            _fail(store, job, owner, _STOPPED, retry=True, drop=False)
            return
        except HiphingeError as error:
            again = isinstance(error, OutputError | ClusterError) or (
                isinstance(error, StoreError) and not _is_final(error)
            )
            heart.stop()
            _fail(store, job, owner, _say(error), retry=again, drop=isinstance(error, InputError))
            return
        except Exception as error:
            # Where it happened, never the message: it may carry a name or an answer.
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("Job %s failed: %s\n%s", job.id, type(error).__name__, where)
            heart.stop()
            _fail(store, job, owner, _UNEXPECTED, retry=True, drop=False)
            return
        except BaseException:
            heart.stop()
            _fail(store, job, owner, _STOPPED, retry=True, drop=False)
            raise
    with suppress(RecordConflict):
        store.finish_job(job.id, owner, job.attempt, result)
    with suppress(StoreError):
        _drop(store, str(job.payload.get("film", "")))


def _is_final(error: StoreError) -> bool:
    """Say whether the store's answer will be the same another time."""
    return type(error) is not StoreError


def _say(error: HiphingeError) -> str:
    """Return what is shown as the reason; commands, and where things lie on this computer, are for another place."""
    if isinstance(error, StoreError | OutputError) and error.__cause__ is not None:
        _log.warning("A film could not be read or written: %s", error.what)
        return _DISK
    steps = "" if "hiphinge " in error.next_step else error.next_step
    return " ".join(part for part in (error.what, steps) if part)


def _fail(store: Store, job: Job, owner: str, reason: str, *, retry: bool, drop: bool) -> None:
    with suppress(StoreError):
        store.fail_job(job.id, owner, job.attempt, reason, retry)
        if drop:
            _drop(store, str(job.payload.get("film", "")))


def _look_at(desk: Desk, job: Job, heart: Heart) -> dict[str, Any]:
    """Log the film of a job, and what was said with it; return what the page shows."""
    if job.kind != CLIP_JOB:
        raise RecordConflict(f"There is no work called {job.kind!r}.", expected=CLIP_JOB)
    person = desk.store.find_person(job.person or "")
    order = read_order(job.payload)
    event = _find_entry(desk, person, entry_of(job))
    if event is None:
        event = _log_film(desk, person, order, job, heart)
    heart.check()
    _log_told(desk, person, order, entry_of(job))
    return {"entry": event.key, "assessment": event.assessment, "drill": event.drill, "outcome": event.outcome}


def _log_film(desk: Desk, person: Person, order: ClipOrder, job: Job, heart: Heart) -> SetDone | ClipSeen:
    with _named(desk.store, order, job) as path:
        clip = Clip(
            path=path, drill=order.drill, variant=order.variant, label=order.label, pain=order.feel.pain,
            load_kg=order.load_kg, back_reps=order.back_reps, touched=order.touched, keep=order.keep,
            options=clip_options(order.options), scratch=path.parent,
        )  # fmt: skip
        feel = None if is_set(desk.drill(order.drill), order.label) else order.feel
        try:
            return desk.log_clip(person, clip, feel=feel, progress=heart.progress, entry=entry_of(job)).event
        except RecordConflict:
            # Another worker, taken for dead, may have come first.
            event = _find_entry(desk, person, entry_of(job))
            if event is None:
                raise
            return event
        except InputError as error:
            raise _without_path(error, path) from None


def _log_told(desk: Desk, person: Person, order: ClipOrder, entry: str) -> None:
    """Keep how a set felt and what only the person can tell, once; what the session no longer takes is let be."""
    drill = desk.drill(order.drill)
    if not is_set(drill, order.label):
        return
    known = {event.key for event in desk.history(person).events if isinstance(event, FeelLog | Ticks)}
    with suppress(RecordConflict):
        if order.feel != Feel() and f"{entry}-feel" not in known:
            desk.log_feel(person, drill.id, order.feel, entry=f"{entry}-feel")
        if order.ticks and f"{entry}-ticks" not in known:
            desk.log_ticks(person, drill.id, order.ticks, entry=f"{entry}-ticks")


def _find_entry(desk: Desk, person: Person, key: str) -> SetDone | ClipSeen | None:
    found: list[Event] = [one for one in desk.history(person).events if one.key == key]
    return next((one for one in found if isinstance(one, SetDone | ClipSeen)), None)


@contextmanager
def _named(store: Store, order: ClipOrder, job: Job) -> Iterator[Path]:
    """Give the film a plain name of our own, with the ending of what it was found to be, for as long as it is read."""
    film = film_of(store, order.film)
    if not film.is_file():
        raise OutputError(
            "The film is not here any more.", expected="a film that was sent", next_step="Send the film again."
        )
    folder = film.with_name(f"{film.stem}.work-{job.attempt}-{secrets.token_hex(3)}")
    folder.mkdir(mode=0o700)
    path = folder / f"{order.drill.replace('_', '-')}{order.suffix}"
    try:
        try:
            os.link(film, path)
        except OSError:
            shutil.copyfile(film, path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _without_path(error: InputError, path: Path) -> InputError:
    """Return the error with the film called what it is to the person, wherever it lies on this computer."""
    named = error.what.replace(repr(str(path)), "The film").replace(str(path), "the film")
    return type(error)(
        named,
        expected=error.expected.replace(str(path), "the film"),
        next_step=error.next_step.replace(str(path), "the film"),
    )


def _drop(store: Store, upload: str) -> None:
    """Delete an upload, and what workers that died left of it."""
    if not upload:
        return
    for left in store.upload_folder().glob(f"{Path(upload).name}.work-*"):
        shutil.rmtree(left, ignore_errors=True)
    store.drop_upload(upload)


def _remove_left(store: Store) -> None:
    """Remove what workers that died left: films that were looked at, and work that nobody is at any more."""
    folder = store.upload_folder()
    here = {one.stem for one in folder.glob("*.part")}
    for job in store.jobs(state="done") if here else ():
        if job.payload.get("film") in here:
            with suppress(StoreError):
                _drop(store, str(job.payload["film"]))
    for left in folder.glob("*.work-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_S:
                shutil.rmtree(left, ignore_errors=True)


class JobRunner:
    """Takes one job after the other until it is stopped; several may run, in threads or on several computers.

    Parameters
    ----------
    store
        Where the jobs are.
    desk
        Makes a desk on that store, everything done with it written down under the name that it is given.
    lease_s, beat_s, poll_s
        See ``run_job``; ``poll_s`` is how long it waits where there is nothing to do.
    ready
        Whether films can be looked at just now; no job is taken before.
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[str], Desk],
        *,
        lease_s: float = LEASE_S,
        beat_s: float = BEAT_S,
        poll_s: float = POLL_S,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store, self._desk, self._ready = store, desk, ready
        self._lease_s, self._beat_s, self._poll_s = lease_s, beat_s, poll_s
        self._stopped, self._quit_now = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.owner = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"

    def run_once(self) -> bool:
        """Do one job, if there is one; say whether there was."""
        free = not self._stopped.is_set() and self._ready()
        job = self._store.claim_job(self.owner, self._lease_s) if free else None
        if job is None:
            return False
        run_job(
            self._desk("worker"), job, owner=self.owner, lease_s=self._lease_s, beat_s=self._beat_s,
            quit_now=self._quit_now,
        )  # fmt: skip
        return True

    def run_out(self) -> int:
        """Do what waits now, then end; return how many were taken."""
        taken = 0
        while self.run_once():
            taken += 1
        return taken

    def run(self) -> int:
        """Do jobs until ``stop``; return how many were taken. The store being away for a while is waited for."""
        taken = 0
        with suppress(StoreError):
            _remove_left(self._store)
        while not self._stopped.is_set():
            try:
                did = self.run_once()
            except StoreError as error:
                _log.warning("No job could be taken: %s", error.what)
                did = False
            taken += did
            if not did:
                self._stopped.wait(self._poll_s)
        return taken

    def start(self) -> None:
        """Run in a thread of its own."""
        self._stopped.clear()
        self._quit_now.clear()
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()

    def stop(self, *, wait_s: float | None = None) -> None:
        """Take no further job; wait (at most so long) for the one at hand, then give it back for another to do."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(wait_s)
            self._quit_now.set()
            self._thread.join(wait_s)

    def ask_to_end(self) -> None:
        """Take no further job after the one at hand."""
        self._stopped.set()

    def give_back(self) -> None:
        """Give the job at hand back as soon as it is looked up from."""
        self._stopped.set()
        self._quit_now.set()
