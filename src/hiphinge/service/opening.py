"""Opening the store and the program together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from hiphinge.program import load_program, shipped_text
from hiphinge.service.clips import Runner
from hiphinge.service.desk import Desk, utc_now

__all__ = ["open_desk"]


@contextmanager
def open_desk(
    url: str | None = None,
    program: Path | None = None,
    *,
    runner: Runner | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Desk]:
    """Open the store and read the program.

    Parameters
    ----------
    url
        A store; None takes the environment's, else the one in the user's data folder.
    program
        A program file; None takes the one built in.
    runner
        Assesses clips; None takes ``hiphinge.clip.run.assess_video``.
    clock
        Tells the time, aware.
    """
    loaded = load_program(program)
    text = shipped_text().encode() if program is None else program.read_bytes()
    from hiphinge.store import open_store

    with open_store(url, clock=clock) as store:
        yield Desk(store, loaded, program_sha=hashlib.sha256(text).hexdigest(), runner=runner, clock=clock)
