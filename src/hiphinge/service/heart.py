"""The sign of life of a job: said every few seconds from a thread of its own, while the work goes on in another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hiphinge.clip.options import Progress
from hiphinge.errors import RecordConflict, StoreError, VideoUnsupported

if TYPE_CHECKING:
    from hiphinge.store import Job, Store

__all__ = ["MOST_FRAMES", "Heart", "Lost", "Quit"]

_log = logging.getLogger(__name__)
#: Pictures of a film that are looked at: some films do not say how long they are. 20 minutes at 60 a second.
MOST_FRAMES = 72_000
#: Share of the work that is done after each stage of an assessment.
_STAGES: Mapping[str, tuple[float, float]] = {"look": (0.0, 0.05), "measure": (0.05, 0.95), "draw": (0.95, 1.0)}


class Lost(Exception):
    """The job is another's now, or nobody's."""


class Quit(Exception):
    """The worker is to end, and gives the job back."""


class Heart:
    """Says every few seconds, from a thread of its own, that a job is alive and how far it is."""

    def __init__(
        self, store: Store, job: Job, owner: str, *, lease_s: float, beat_s: float, quit_now: threading.Event | None
    ) -> None:
        self._store, self._job, self._owner, self._quit_now = store, job, owner, quit_now
        self._lease_s, self._beat_s = lease_s, beat_s
        self._share = 0.0
        self._stopped, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heart-{job.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Say nothing more."""
        self._stopped.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def check(self) -> None:
        """Leave where the job is no longer ours, or the worker is to end."""
        if self._lost.is_set():
            raise Lost
        if self._quit_now is not None and self._quit_now.is_set():
            raise Quit

    def progress(self, seen: Progress) -> None:
        """Take how far the assessment is; leave where the job is no longer ours, or the film does not end."""
        self.check()
        if seen.frames_done > MOST_FRAMES:
            raise VideoUnsupported(
                "The film is very long.", expected=f"at most {MOST_FRAMES} pictures", next_step="Send one set."
            )
        first, last = _STAGES[seen.stage]
        share = seen.frames_done / seen.frames_total if seen.frames_total else 0.0
        self._share = max(self._share, first + (last - first) * min(share, 1.0))

    def _beat(self) -> None:
        while not self._stopped.wait(self._beat_s):
            try:
                self._store.beat_job(self._job.id, self._owner, self._job.attempt, self._lease_s, self._share)
            except RecordConflict:
                self._lost.set()
                return
            except StoreError:
                # The server is away for a moment; the lease outlasts several beats.
                _log.warning("The heartbeat of job %s did not come through.", self._job.id)
