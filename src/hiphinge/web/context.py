"""What the whole web app shares: the open store, the program, the settings and the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import HTTPConnection

from hiphinge.errors import StoreError
from hiphinge.program import Program, load_program, read_program, shipped_text
from hiphinge.service.clips import Runner
from hiphinge.service.desk import Desk
from hiphinge.web.limits import Buckets
from hiphinge.web.passwords import Passwords
from hiphinge.web.settings import Settings

if TYPE_CHECKING:
    from hiphinge.store import Store

__all__ = ["Context", "context_of"]


@dataclass(slots=True)
class Context:
    """Made once by ``create_app``; ``extras`` is where a part of the app keeps what lives as long as the app does."""

    settings: Settings
    hosts: frozenset[str]
    clock: Callable[[], datetime]
    runner: Runner | None = None
    opened: Store | None = None
    #: Where phones in the same network reach this computer, ``""`` where they do not.
    phone_url: str = ""
    #: Of the certificate, as browsers show it; ``""`` without one.
    fingerprint: str = ""
    buckets: Buckets = field(default_factory=Buckets)
    passwords: Passwords = field(default_factory=Passwords)
    extras: dict[str, Any] = field(default_factory=dict)
    _programs: dict[str, Program] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """Return the open store.

        Raises
        ------
        StoreError
            The app is not running yet, or no more.
        """
        if self.opened is None:
            raise StoreError("The store is not open.", next_step="Try again in a moment.")
        return self.opened

    def program(self) -> tuple[Program, str]:
        """Return the program in force and the sha256 of its text: a file's, else the store's own, else the built-in."""
        if self.settings.program is not None:
            text = self.settings.program.read_text(encoding="utf-8")
        else:
            saved = self.store.current_program()
            text = shipped_text() if saved is None else saved.toml
        sha = hashlib.sha256(text.encode()).hexdigest()
        if sha not in self._programs:
            self._programs[sha] = self._read(text)
        return self._programs[sha], sha

    def _read(self, text: str) -> Program:
        return load_program(None) if text == shipped_text() else read_program(text, name="program.toml")

    def desk(self, who: str) -> Desk:
        """Return a desk on the store, everything done with it written down under the name ``who``."""
        program, sha = self.program()
        return Desk(self.store.acting_as(who), program, program_sha=sha, runner=self.runner, clock=self.clock)

    @staticmethod
    def data_folder_of(settings: Settings) -> Path:
        """Return the private folder for what is neither people nor films, such as certificates."""
        if settings.data is not None:
            return settings.data
        from hiphinge.store.opening import find_place

        place = find_place(settings.store or None)
        return (place.path.parent if place.path is not None else place.files.parent) / "web"


def context_of(connection: HTTPConnection) -> Context:
    """Return the context of the app that this request or websocket came to."""
    found: Context = connection.app.state.hiphinge
    return found
