"""Looking at one film on a Dask cluster: the film's path (or its bytes) out, the assessment and the tracks back.

Who hands it over (an upload worker) keeps everything else: the job with its lease, the person, the log.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hiphinge import __version__
from hiphinge.batch.connecting import connect, is_private
from hiphinge.clip.options import AssessOptions, Progress, ProgressCallback
from hiphinge.errors import ClusterError, HiphingeError, UsageError, VideoUnsupported

if TYPE_CHECKING:
    from hiphinge.clip.analyse import ClipTracks
    from hiphinge.model import Assessment

__all__ = ["MOST_SENT_BYTES", "Answer", "ClusterLook", "Order", "find_misfit", "look_there"]

_log = logging.getLogger(__name__)
#: A film that is sent as bytes is held in memory here, by the scheduler on its way, and by a worker.
MOST_SENT_BYTES = 256 << 20
#: How often who waits for a film looks up, and how often a lost scheduler is looked for again.
_LOOK_S, _AGAIN_S = 0.25, 2.0
#: A scheduler that does not answer within this time is away.
_CONNECT_S = 5.0
#: What was seen in a film of 20 minutes is 75 MB: on its way for so long, it is lost.
_FETCH_S = 120.0
_AWAY = "The computers that look at films are away just now."
_DIED = "The computer that looked at the film stopped in the middle."
_UNSEEN = "The film could not be read where it was to be looked at."


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked to look at. Nothing of it is shown in logs: Dask writes down what it fails at.

    ``film``: its bytes, None where the worker finds it at ``path``. ``criteria`` and ``reference`` are the contents of
    the files that ``options`` would name.
    """

    version: str
    path: str
    name: str | None = field(repr=False)
    options: AssessOptions = field(repr=False)
    criteria: bytes | None = field(default=None, repr=False)
    reference: bytes | None = field(default=None, repr=False)
    most_frames: int = 0
    film: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: an assessment without its evidence and the packed tracks, from which evidence is told anew.

    Or an error that is the film's (``error``), or the worker's: ``unseen``, or ``unforeseen`` with where it happened.
    """

    assessment: Assessment | None = field(default=None, repr=False)
    tracks: bytes = field(default=b"", repr=False)
    error: HiphingeError | None = None
    unseen: str = ""
    unforeseen: str = ""


def look_there(order: Order) -> Answer:
    """Look at a film, in the process of a worker; never raises, so that nothing of it ends up in Dask's logs."""
    if order.version != __version__:
        return Answer(unseen=f"a worker runs hiphinge {__version__}, not {order.version}")
    if order.film is None and not Path(order.path).is_file():
        return Answer(unseen="a worker does not see the folder of uploads")
    try:
        with _files(order) as (path, options):
            try:
                return _look(order, path, options)
            except HiphingeError as error:
                return Answer(error=_as_named(error, str(path), order.path))
    except Exception as error:
        # Where it happened, never the message: it may carry what is private.
        return Answer(unforeseen=f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")


def _look(order: Order, path: Path, options: AssessOptions) -> Answer:
    from hiphinge.clip.recording import pack_tracks
    from hiphinge.clip.run import assess_video

    def stop_endless(seen: Progress) -> None:
        if order.most_frames and seen.frames_done > order.most_frames:
            raise VideoUnsupported(
                "The film is very long.", expected=f"at most {order.most_frames} pictures", next_step="Send one set."
            )

    kept: list[ClipTracks] = []
    # A cluster is told how many films a worker takes at once; each of them takes one thread.
    made = assess_video(
        path, options, name=order.name, progress=stop_endless, threads=1,
        on_tracks=kept.append,
    )  # fmt: skip
    return Answer(assessment=replace(made, evidence=None), tracks=pack_tracks(kept[0]) if kept else b"")


@contextmanager
def _files(order: Order) -> Iterator[tuple[Path, AssessOptions]]:
    """Lay out the files that are needed, in the worker's own folder, which Dask removes after a crash."""
    with tempfile.TemporaryDirectory(prefix="hiphinge-", dir=_scratch()) as folder:
        path = Path(order.path)
        if order.film is not None:
            path = Path(folder) / path.name
            path.write_bytes(order.film)
        written = {}
        for name, data in (("criteria", order.criteria), ("reference", order.reference)):
            if data is not None:
                Path(folder, name).write_bytes(data)
                written[name] = str(Path(folder, name))
        yield path, replace(order.options, **written)  # type: ignore[arg-type]


def find_misfit(version: str, mark: str) -> str:
    """Return why this worker cannot take films, ``""`` where it can; ``mark`` is a file that it has to see."""
    if version != __version__:
        return f"it runs hiphinge {__version__}, not {version}"
    return "it does not see the folder of uploads" if mark and not Path(mark).is_file() else ""


def _scratch() -> str | None:
    """Return the folder of the Dask worker that runs this; None elsewhere."""
    with suppress(ImportError, ValueError):
        from distributed import get_worker

        return str(get_worker().local_directory)
    return None


def _as_named(error: HiphingeError, here: str, there: str) -> HiphingeError:
    """Return the error with the film called what it is called where the order came from."""
    said = {name: getattr(error, name).replace(here, there) for name in ("what", "expected", "next_step")}
    return type(error)(said["what"], expected=said["expected"], next_step=said["next_step"])


def _look_at_sent(look: Callable[[Order], Answer], order: Order, film: bytes) -> Answer:
    """Look at a film that was sent beside its order."""
    return look(replace(order, film=film))


class ClusterLook:
    """Assesses films on a cluster, called as ``clip.run.assess_video`` is, from several threads at once.

    The assessment comes back without its evidence; ``on_recording`` is handed the packed tracks.

    Parameters
    ----------
    address
        Of the scheduler.
    send_films
        Send a film's bytes; without, workers read it at the same path as here.
    most_frames
        A film with more pictures is refused.
    look
        What a worker does with an order; for tests.

    Raises
    ------
    UsageError
        ``send_films`` over a connection that others could read.
    MissingDependency, ClusterError
        As ``connect``.
    """

    #: Tells ``service.practice`` that what was seen can be had.
    records = True

    def __init__(
        self,
        address: str,
        *,
        send_films: bool = False,
        most_frames: int = 0,
        look: Callable[[Order], Answer] = look_there,
    ) -> None:
        if send_films and not is_private(address):
            raise UsageError(
                f"Films would go to {address} as plain text.",
                expected="tls://HOST:PORT, or a scheduler on this computer: films are health data",
                next_step="Give scheduler and workers certificates (Dask's settings), or share the folder of uploads.",
            )
        self._address, self._send, self._most_frames, self._look = address, send_films, most_frames, look
        self._lock = threading.Lock()
        self._asked_at, self._slots = time.monotonic(), 0
        self._client: Any = connect(address)
        self._slots = self._count()

    @property
    def slots(self) -> int:
        """How many films the workers take at once, as it was last seen."""
        return self._slots

    def is_ready(self) -> bool:
        """Whether there is a worker now; a scheduler that went away is looked for again, now and then."""
        with self._lock:
            if time.monotonic() - self._asked_at < _AGAIN_S:
                return self._slots > 0
            self._asked_at = time.monotonic()
            before, self._slots = self._slots, 0
            try:
                if self._client is None or self._client.status != "running":
                    self._drop()
                    self._client = connect(self._address, timeout_s=_CONNECT_S)
                self._slots = self._count()
            except (HiphingeError, OSError, RuntimeError, TimeoutError) as error:
                self._drop()
                if before:
                    _log.warning("The cluster is away: %s", error.what if isinstance(error, HiphingeError) else error)
            if self._slots and not before:
                _log.warning("The cluster is there, with %d threads.", self._slots)
            return self._slots > 0

    def check(self, folder: Path) -> None:
        """Ask the workers that are there whether they can take films that lie in ``folder``.

        Raises
        ------
        ClusterError
            One cannot.
        """
        mark = folder / f".seen-{secrets.token_hex(8)}"
        mark.touch(mode=0o600)
        try:
            seen = "" if self._send else str(mark)
            answers = self._client.run(find_misfit, __version__, seen, on_error="return")
        finally:
            mark.unlink(missing_ok=True)
        unfit = {who: why if isinstance(why, str) else type(why).__name__ for who, why in answers.items() if why}
        if unfit:
            who, why = next(iter(unfit.items()))
            raise ClusterError(
                f"{len(unfit)} of {len(answers)} workers cannot take films; {who}: {why}.",
                expected="hiphinge of the same version on each, and the folder of uploads at the same path",
                next_step=f"Share {folder}, or let films be sent: --send-films (with tls://).",
            )

    def close(self) -> None:
        """Let go of the cluster, which stays up."""
        with self._lock:
            self._slots = 0
            self._drop()

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
        on_recording: Callable[[bytes], None] | None = None,
    ) -> Assessment:
        """Return the assessment of ``path``. How far it is cannot be told: ``progress`` hears that it goes on.

        Raises
        ------
        ClusterError
            The scheduler, or the worker that had the film, is gone; another try may do.
        HiphingeError
            As ``assess_video``.
        """
        try:
            answer = self._ask(self._order(path, options, name), progress)
        except ClusterError:
            # Each further film that is taken before the cluster was asked again would cost an attempt for nothing.
            with self._lock:
                self._slots, self._asked_at = 0, time.monotonic()
            raise
        if answer.error is not None:
            raise answer.error
        if answer.unseen:
            _log.warning("A film could not be looked at on the cluster: %s.", answer.unseen)
            raise ClusterError(_UNSEEN, next_step="It is tried again.")
        if answer.assessment is None:
            _log.error("A film could not be looked at on the cluster: %s", answer.unforeseen)
            raise ClusterError("Something went amiss while the film was looked at.", next_step="It is tried again.")
        if on_recording is not None and answer.tracks:
            on_recording(answer.tracks)
        return answer.assessment

    def _order(self, path: Path, options: AssessOptions, name: str | None) -> Order:
        size = path.stat().st_size
        if self._send and size > MOST_SENT_BYTES:
            raise VideoUnsupported(
                f"The film has {size >> 20} MB.",
                expected=f"at most {MOST_SENT_BYTES >> 20} MB where films are sent to other computers",
                next_step="Film shorter, or choose a smaller size on the phone: 1280 × 720 is enough.",
            )
        return Order(
            version=__version__, path=str(path), name=name, most_frames=self._most_frames,
            options=replace(options, out=None, criteria=None, reference=None),
            criteria=_read(options.criteria), reference=_read(options.reference),
            film=path.read_bytes() if self._send else None,
        )  # fmt: skip

    def _ask(self, order: Order, progress: ProgressCallback | None) -> Answer:
        """Hand an order over and wait; whoever does not want it any more raises from ``progress``."""
        client, began, future = self._client, time.monotonic(), None
        if client is None:
            raise _away()
        try:
            future = _hand_over(client, self._look, order)
            told = threading.Event()
            future.add_done_callback(lambda _future: told.set())
            while True:
                if progress is not None:
                    progress(Progress("look", 0, None, time.monotonic() - began))
                answer = _wait_for(client, future, told)
                if answer is not None:
                    return answer
        finally:
            if future is not None:
                _let_go(future)

    def _count(self) -> int:
        return sum(self._client.nthreads().values())

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close(timeout=1.0)


def _away() -> ClusterError:
    return ClusterError(_AWAY, next_step="It is tried again.")


def _hand_over(client: Any, look: Callable[[Order], Answer], order: Order) -> Any:
    try:
        if order.film is None:
            return client.submit(look, order, pure=False)
        # Apart from the order: what is part of a task is held by the scheduler, several times.
        film = client.scatter(order.film, hash=False)
        return client.submit(_look_at_sent, look, replace(order, film=None), film, pure=False)
    except (OSError, RuntimeError, ValueError) as error:
        _log.warning("A film could not be handed to the cluster: %s", type(error).__name__)
        raise _away() from None


def _wait_for(client: Any, future: Any, told: threading.Event) -> Answer | None:
    """Return the answer, None where it is not there yet."""
    told.wait(_LOOK_S)
    if future.done():
        # Fetched only now, however long that takes.
        return _fetch(future)
    if client.status != "running":
        raise _away()
    return None


def _fetch(future: Any) -> Answer:
    from concurrent.futures import CancelledError

    try:
        answer: Answer = future.result(timeout=_FETCH_S)
    except CancelledError:
        _log.warning("A film was lost with the scheduler.")
        raise _away() from None
    except Exception as error:
        # Not the film's: orders are answered. Workers died of it again and again, or cannot read the order.
        _log.warning("A film was lost on the cluster: %s", type(error).__name__)
        raise ClusterError(_DIED, next_step="It is tried again.") from None
    return answer


def _let_go(future: Any) -> None:
    """Forget a piece of work: one that was not begun never is."""
    with suppress(Exception):
        if not future.done():
            future.cancel(asynchronous=False)
        future.release()


def _read(path: str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
