"""A real browser on the real app: Chromium, the server, a camera that films our own clips, axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.camera import write_camera_film
from tests.browser.running import Running, run_app

#: What Chromium is started with.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
#: Opens Chromium, with a film for a camera if one is given, for as long as the ``with`` lasts.
Launch = Callable[..., Any]


def find_chromium() -> str | None:
    """Return the browser's program, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def open_chromium(playwright: Any, camera: Path | None = None) -> Iterator[Any]:
    """Open Chromium, with a film for a camera if one is given, for as long as the ``with`` lasts."""
    film = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, *film])
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    if find_chromium() is None:
        if os.environ.get("HIPHINGE_NEED_BROWSER"):
            pytest.fail("There is no Chromium, and HIPHINGE_NEED_BROWSER says that these tests have to run.")
        pytest.skip("There is no Chromium on this machine: install Debian's package chromium.")
    api = pytest.importorskip("playwright.sync_api", reason="needs the test requirement playwright")
    with api.sync_playwright() as playwright:
        yield lambda camera=None: open_chromium(playwright, camera)


@pytest.fixture(scope="module")
def chromium(launch: Launch) -> Iterator[Any]:
    """A Chromium whose camera shows a moving test picture without anybody in it."""
    with launch() as browser:
        yield browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A home installation on a port of its own, with an empty store."""
    with run_app(tmp_path / "home") as running:
        yield running


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Running]:
    """A clinic's installation on a port of its own, with an empty store."""
    with run_app(tmp_path / "clinic", mode="clinic") as running:
        yield running


@pytest.fixture(scope="session")
def fake_camera(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Turn a clip into the film that Chromium takes for a camera; each clip once."""
    folder = tmp_path_factory.mktemp("camera")
    made: dict[Path, Path] = {}

    def film(clip: Path) -> Path:
        if clip not in made:
            made[clip] = write_camera_film(clip, folder / f"{clip.stem}.y4m")
        return made[clip]

    return film


@pytest.fixture
def axe() -> Callable[..., Sequence[str]]:
    """Look at a page with axe: what it finds, one line each; ``rules`` names those that are looked at, else all."""
    tool = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()

    def look(page: Any, *, rules: Sequence[str] = ()) -> Sequence[str]:
        # What is in order is not described: that takes longer than the looking.
        asked: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            asked["runOnly"] = {"type": "rule", "values": list(rules)}
        found = tool.run(page, options=asked).response["violations"]
        return [
            f"{one['id']}: {one['help']} {[(node['target'], node['failureSummary']) for node in one['nodes']]}"
            for one in found
        ]

    return look
