"""A small server for the page's modules, under the content security policy of the product, and Chromium on it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).parents[3] / "src/hiphinge/web/static"
#: As the product sends it.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream")  # fmt: skip


class _Handler(SimpleHTTPRequestHandler):
    extensions_map: Mapping[str, str] = {  # type: ignore[misc]
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def __init__(self, *args: Any, files: Mapping[str, Path], **rest: Any) -> None:
        self._files = files
        super().__init__(*args, directory=str(STATIC), **rest)

    def translate_path(self, path: str) -> str:
        known = self._files.get(path.split("?", 1)[0])
        return str(known) if known else super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve_static(files: Mapping[str, Path] | None = None) -> Iterator[str]:
    """Serve the static files, and others by their paths; yields the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, files=files or {}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def open_chromium(*, camera: Path | None = None) -> Iterator[Any]:
    """Open Chromium, with a film as its camera; skips the test where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs the test requirement playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("HIPHINGE_NEED_BROWSER"):
            pytest.fail("There is no Chromium, and HIPHINGE_NEED_BROWSER says that these tests have to run.")
        pytest.skip("There is no Chromium on this machine: install Debian's package chromium.")
    args = [*_BROWSER, *([f"--use-file-for-fake-video-capture={camera}"] if camera else [])]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=args)
        try:
            yield browser
        finally:
            browser.close()
