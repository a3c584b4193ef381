"""Opening the store and the program together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hiphinge.errors import PersonNotFound
from hiphinge.program import load_program, read_program, shipped_text
from hiphinge.service.clips import Runner
from hiphinge.service.commandline import command_line
from hiphinge.service.desk import Desk, utc_now

if TYPE_CHECKING:
    from hiphinge.store import Store

__all__ = ["desk_maker", "find_missing", "open_desk"]


def find_missing(url: str | None = None) -> Path | None:
    """Return the file that a store would be in where none is there yet; None where it is, or on a server."""
    from hiphinge.store.opening import find_place

    path = find_place(url).path
    return path if path is not None and not path.exists() else None


def desk_maker(
    store: Store, program: Path | None = None, *, runner: Runner | None = None, clock: Callable[[], datetime] = utc_now
) -> Callable[[str], Desk]:
    """Return what makes a desk on an open store, under the name that is written down with what is done.

    The program is a file's; without one the store's own, looked up anew each time, else the built-in one.
    """

    def make(who: str) -> Desk:
        saved = store.current_program() if program is None else None
        if program is not None:
            text, loaded = program.read_text(encoding="utf-8"), load_program(program)
        elif saved is not None:
            text, loaded = saved.toml, read_program(saved.toml, name="program.toml")
        else:
            text, loaded = shipped_text(), load_program(None)
        sha = hashlib.sha256(text.encode()).hexdigest()
        return Desk(store.acting_as(who), loaded, program_sha=sha, runner=runner, clock=clock)

    return make


@contextmanager
def open_desk(
    url: str | None = None,
    program: Path | None = None,
    *,
    runner: Runner | None = None,
    clock: Callable[[], datetime] = utc_now,
    make: bool = True,
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
    make
        Whether a store that is not there is made.

    Raises
    ------
    PersonNotFound
        There is no store, and none is to be made: a name that is mistyped leaves no empty store behind.
    """
    loaded = load_program(program)
    missing = None if make else find_missing(url)
    if missing is not None:
        raise PersonNotFound(
            f"Nobody is here yet: there is no store at {missing}.",
            expected="a store in which somebody was added",
            next_step=f"Check --store, or add somebody: {command_line('person', 'add', 'NAME')}",
        )
    text = shipped_text().encode() if program is None else program.read_bytes()
    from hiphinge.store import open_store

    with open_store(url, clock=clock) as store:
        yield Desk(store, loaded, program_sha=hashlib.sha256(text).hexdigest(), runner=runner, clock=clock)
