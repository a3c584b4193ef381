"""What the store gives back to the web app: frozen records, times aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = ["Account", "Invitation", "Job", "JobState", "LiveChunk", "LiveSet", "SavedProgram", "Upload", "WebSession"]

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Account:
    """Who can log in. ``role``: ``patient``, ``clinician`` or ``owner``; ``person``: whose record is their own.

    Its ``repr`` has neither login nor hash, so that neither ends up in a log.
    """

    id: str
    login: str = field(repr=False)
    name: str
    role: str
    person: str | None
    password_hash: str = field(repr=False)
    created: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that is logged in, or a guest's (``account`` None). The token is known by its hash alone."""

    token_sha256: str = field(repr=False)
    csrf: str = field(repr=False)
    account: str | None
    role: str
    person: str | None
    label: str
    created: datetime
    seen_at: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """A way in that works once. ``kind``: ``account``, ``device`` or ``visit``; ``person``: whose record it opens."""

    id: str
    role: str
    person: str | None
    name: str
    kind: str
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A film that is being sent. Its bytes so far lie in ``Store.upload_folder()`` as ``ID.part``.

    ``received`` is how many bytes were confirmed to the sender; ``sha256`` and ``finished`` are None until all are.
    """

    id: str
    person: str
    name: str
    size: int
    received: int
    meta: Mapping[str, Any]
    sha256: str | None
    created: datetime
    changed: datetime
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """Work that a worker does.

    ``attempt`` counts how often it was taken; with ``owner`` it says whose a running job is, until ``lease_until``.
    ``reason`` is why it failed (or was given back), to be shown as it is; ``result`` what it came to.
    """

    id: str
    kind: str
    person: str
    key: str
    payload: Mapping[str, Any]
    state: JobState
    attempt: int
    max_attempts: int
    owner: str | None
    lease_until: datetime | None
    progress: float
    stage: str
    reason: str
    result: Mapping[str, Any] | None
    created: datetime
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class LiveSet:
    """A set that is coached live. ``state``: ``open``, ``finished`` or ``abandoned``.

    ``next_number`` is that of the next chunk; ``bytes`` how much its chunks hold. Once finished, its recording is among
    the files of ``assessment`` (None: the set came to nothing that could be assessed).
    """

    id: str
    person: str
    session: str | None
    drill: str
    variant: str
    options: Mapping[str, Any]
    state: str
    next_number: int
    bytes: int
    assessment: str | None
    created: datetime
    changed: datetime
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class LiveChunk:
    """What came from a live set, in the order of ``number`` (from 0): ``frames``, or a ``command``."""

    live: str
    number: int
    kind: Literal["frames", "command"]
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SavedProgram:
    """A program as it was saved: its text, the sha256 of that, who saved it and what they noted."""

    id: int
    sha256: str
    toml: str
    note: str
    who: str
    at: datetime
