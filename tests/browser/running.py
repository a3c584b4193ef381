"""The app on a port of its own, in a thread, on a store in a folder."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from hiphinge.store import Store, open_store
from hiphinge.web.app import create_app
from hiphinge.web.settings import Settings


@dataclass(frozen=True, slots=True)
class Running:
    """An app that answers: where, what, and on which store."""

    url: str
    app: FastAPI
    store: Store


@contextmanager
def run_app(folder: Path, **settings: Any) -> Iterator[Running]:
    """Run the app for as long as the ``with`` lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as found, open_store(folder / "store.sqlite3") as store:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
        app = create_app(Settings(port=port, **settings), store=store)
        with run_server(app, found):
            yield Running(f"http://127.0.0.1:{port}", app, store)


@contextmanager
def run_server(app: FastAPI, listening: socket.socket) -> Iterator[None]:
    """Serve an app on a socket."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    started = threading.Event()
    startup = server.startup

    async def tell(*given: Any, **more: Any) -> None:
        await startup(*given, **more)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread.start()
    assert started.wait(30), "the app did not start"
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)
