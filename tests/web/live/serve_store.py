"""A server of a home installation on one store, in a process of its own that a test can kill.

    python -m tests.web.live.serve_store STORE

Its first line of output is the port it listens on.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

from hiphinge.web.app import create_app
from hiphinge.web.settings import Settings

__all__ = ["main"]


def main(store: str) -> None:
    """Serve until killed."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    # Whoever connects from now on waits until the app is there.
    listener.listen()
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(create_app(Settings(store=store, worker=False)), log_level="error", lifespan="on")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
