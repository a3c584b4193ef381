"""The pose worker and its source in Chromium, under the product's content security policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.run import assess_video
from hiphinge.live.wire import FLAG_MIRRORED, FLAG_RESTARTED, FLAG_SEEN, FRAME, decode_frames, encode_frames, is_seen
from tests.browser.camera import write_camera_film
from tests.web.js.clips import BLANK, browser_tracks, follow, lumbar_deg, write_pictures
from tests.web.js.pages import STATIC, open_chromium, serve_static

DATA = Path(__file__).parents[2] / "data"
VENDOR = STATIC / "vendor"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (VENDOR / "models/pose_landmarker_full.task").is_file(), reason="the build has not brought the files"
    ),
]

#: Follows a camera's stream until so many frames are there; what happens meanwhile is given as code.
_LIVE = """
async ({{ count, options }}) => {{
  const {{ PoseSource, openCamera }} = await import('/js/pose/source.js');
  const source = new PoseSource(options);
  const frames = [];
  const statuses = [];
  let turned = null;
  const stream = await openCamera();
  const enough = new Promise((resolve) => source.addEventListener('frame', () => frames.length >= count && resolve()));
  await source.start(stream, {{
    onStatus: (status) => statuses.push(status),
    onFrame: async (frame) => {{
      frames.push({{ ...frame, points: Array.from(frame.points), back: Array.from(frame.back).map((v) => v || null),
        bytes: btoa(String.fromCharCode(...new Uint8Array(frame.bytes))), visibility: null }});
      {meanwhile}
    }},
  }});
  await enough;
  source.stop();
  stream.getTracks().forEach((track) => track.stop());
  return {{ frames, statuses }};
}}
"""


def decode(frames: list[dict[str, Any]]) -> Any:
    import base64

    rows = np.concatenate([np.frombuffer(base64.b64decode(frame["bytes"]), FRAME) for frame in frames])
    parts = [decode_frames(encode_frames(0, rows[first : first + 64]))[1] for first in range(0, len(rows), 64)]
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    film = tmp_path_factory.mktemp("camera") / "camera.y4m"
    return write_camera_film(DATA / "toe_touch.mp4", film, size=(640, 360), still_s=1.0, rate=30)


def live(
    camera: Path, count: int, meanwhile: str = "", **options: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with serve_static({"/blank.html": BLANK}) as origin, open_chromium(camera=camera) as browser:
        page = browser.new_page()
        page.set_default_timeout(120_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{origin}/blank.html")
        told = page.evaluate(
            _LIVE.format(meanwhile=meanwhile), {"count": count, "options": {"model": "lite", **options}}
        )
        assert problems == []
    return told["frames"], told["statuses"]


def test_browser_and_python_tell_the_same_flexion(tmp_path: Path) -> None:
    kept: list[ClipTracks] = []
    options = AssessOptions(video=False)
    assess_video(DATA / "rounded_left.mp4", options, on_tracks=kept.append)
    (python,) = kept
    times = write_pictures(DATA / "rounded_left.mp4", tmp_path)
    seen = follow(tmp_path, times, mirror=python.pose.mirrored)
    assert seen.ready["model"] == "full"
    assert seen.origins == frozenset()
    assert is_seen(seen.rows).all()
    assert seen.rows["time_s"].tolist() == times
    assert (seen.rows["flags"] & FLAG_MIRRORED > 0).all() == python.pose.mirrored
    assert np.flatnonzero(seen.rows["flags"] & FLAG_RESTARTED).tolist() == [0]
    apart = np.abs(lumbar_deg(browser_tracks(python, seen.rows), options) - lumbar_deg(python, options))
    assert np.isfinite(apart).mean() > 0.95
    assert np.nanmedian(apart) < 1.0
    assert np.nanpercentile(apart, 95) < 5.0
    assert np.nanmax(np.abs(seen.rows["shift_x"])) < 0.01


def test_nobody_is_told_as_nobody(tmp_path: Path) -> None:
    person = cv2.resize(cv2.imread(str(DATA / "person_side.jpg")), (360, 480))
    for number in range(8):
        picture = person if number in (2, 3) else np.full((480, 360, 3), 120, np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    rows = follow(tmp_path, [n / 20 for n in range(8)], mirror=False, model="lite").rows
    assert np.flatnonzero(rows["flags"] & FLAG_SEEN).tolist() == [2, 3]
    empty = rows[[0, 1, 4, 5, 6, 7]]
    for name in ("keypoints", "world", "dorsal", "ventral", "seat", "clipped", "body_top_px"):
        assert np.isnan(empty[name]).all(), name
    assert (empty["presence"] == 0).all()
    assert (empty["visibility"] == 0).all()


def test_a_mirrored_picture_gives_mirrored_points(tmp_path: Path) -> None:
    person = cv2.resize(cv2.imread(str(DATA / "person_side.jpg")), (360, 480))
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), person[:, ::-1])
    turned = follow(tmp_path, [n / 20 for n in range(4)], mirror=True, model="lite").rows
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), person)
    plain = follow(tmp_path, [n / 20 for n in range(4)], mirror=False, model="lite").rows
    assert turned["keypoints"] == pytest.approx(plain["keypoints"], abs=0.01)
    assert turned["dorsal"] == pytest.approx(plain["dorsal"], abs=1e-3, nan_ok=True)
    assert (turned["flags"] ^ plain["flags"] == FLAG_MIRRORED).all()


def test_a_camera_is_followed(camera: Path) -> None:
    frames, statuses = live(camera, 12, "if (frames.length === 6) source.setMirror(true);")
    rows = decode(frames)
    assert is_seen(rows).mean() > 0.8
    assert rows["time_s"][0] == 0
    assert (np.diff(rows["time_s"]) > 0).all()
    assert set(rows["width_px"]) == {640}
    assert set(rows["height_px"]) == {360}
    mirrored = rows["flags"] & FLAG_MIRRORED > 0
    assert not mirrored[:6].any()
    assert mirrored[-3:].all()
    assert [status["state"] for status in statuses[:2]] in (["loading", "ready"], ["loading", "slow"])
    assert statuses[1]["model"] == "lite"
    # Chromium runs here without a graphics card, whatever it calls the processor.
    assert statuses[1]["delegate"] == "CPU"
    assert all(len(frame["back"]) == 122 and len(frame["points"]) == 66 for frame in frames)


def test_a_worker_that_dies_is_started_again(camera: Path) -> None:
    dies = "if (frames.length === 4) source.worker.dispatchEvent(new ErrorEvent('error', { message: 'died' }));"
    frames, statuses = live(camera, 9, dies)
    rows = decode(frames)
    assert (np.diff(rows["time_s"]) > 0).all()
    assert is_seen(rows[-1:]).all()
    assert [status["state"] for status in statuses].count("loading") == 2


def test_a_lost_graphics_card_gives_way_to_the_processor(camera: Path) -> None:
    lost = "if (frames.length === 3) source.take({ error: { code: 'lost', what: '' } });"
    frames, statuses = live(camera, 6, lost, delegate="auto")
    assert len(frames) >= 6
    assert statuses[-1]["delegate"] == "CPU"


def test_a_page_that_was_hidden_goes_on_as_another_shot(camera: Path) -> None:
    hide = """
      if (frames.length === 3) for (const hidden of [true, false]) {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }
    """
    frames, statuses = live(camera, 8, hide)
    rows = decode(frames)
    states = [status["state"] for status in statuses]
    assert states.index("paused") < states.index("running", states.index("paused"))
    restarted = np.flatnonzero(rows["flags"] & FLAG_RESTARTED)
    assert restarted.size == 1
    assert 3 <= restarted[0] <= 4
    assert (np.diff(rows["time_s"]) > 0).all()


def test_a_camera_that_is_turned_round_goes_on_as_another_shot(camera: Path) -> None:
    turn = """
      if (frames.length === 3) turned = openCamera({ facing: 'environment' }).then((other) => source.change(other));
      if (frames.length > 3 && frames.length < 9) await turned;
    """
    frames, _ = live(camera, 14, turn)
    rows = decode(frames)
    assert (rows["flags"] & FLAG_RESTARTED > 0).sum() == 1
    assert (np.diff(rows["time_s"]) > 0).all()
    assert is_seen(rows).mean() > 0.7


_FILM = """
async (path) => {
  const { PoseSource } = await import('/js/pose/source.js');
  const video = Object.assign(document.createElement('video'), { src: path, muted: true });
  const source = new PoseSource({ model: 'lite' });
  const frames = [];
  const ended = new Promise((resolve) =>
    source.addEventListener('status', ({ detail }) => detail.state === 'ended' && resolve()));
  await source.start(video, { onFrame: (frame) => frames.push([frame.time_s, frame.seen, frame.width_px]) });
  await video.play();
  await ended;
  source.stop();
  return { frames, duration: video.duration, kept: video.src.endsWith(path) };
}
"""


def test_a_film_on_the_device_is_followed_to_its_end() -> None:
    with (
        serve_static({"/blank.html": BLANK, "/film.mp4": DATA / "toe_touch.mp4"}) as origin,
        open_chromium() as browser,
    ):
        page = browser.new_page()
        page.goto(f"{origin}/blank.html")
        told = page.evaluate(_FILM, "/film.mp4")
    times = np.array([frame[0] for frame in told["frames"]])
    assert times[0] == 0
    assert (np.diff(times) > 0).all()
    assert times[-1] == pytest.approx(told["duration"], abs=1.0)
    assert np.mean([frame[1] for frame in told["frames"]]) > 0.8
    assert told["kept"]


_CAMERA = """
async (name) => {
  const { openCamera } = await import('/js/pose/source.js');
  const devices = name === 'none' ? undefined : {
    getUserMedia: async () => { throw new DOMException('no', name); },
  };
  Object.defineProperty(navigator, 'mediaDevices', { value: devices, configurable: true });
  try {
    await openCamera();
  } catch ({ code, what, expected, next_step }) {
    return { code, what, expected, next_step };
  }
}
"""
_BROKEN = """
async () => {
  const { PoseSource } = await import('/js/pose/source.js');
  const source = new PoseSource({ model: 'none' });
  const statuses = [];
  const video = document.createElement('video');
  try {
    await source.start(video, { onStatus: (status) => statuses.push(status) });
  } catch (error) {
    return { code: error.code, detail: error.detail, statuses, running: source.running };
  }
}
"""


def test_what_stands_in_the_way_is_told_in_words() -> None:
    codes = {"NotAllowedError": "denied", "NotFoundError": "missing", "NotReadableError": "busy", "none": "unsupported"}
    with serve_static({"/blank.html": BLANK}) as origin, open_chromium() as browser:
        page = browser.new_page()
        page.goto(f"{origin}/blank.html")
        for name, code in codes.items():
            told = page.evaluate(_CAMERA, name)
            assert told["code"] == code
            assert all(told[key].endswith(".") for key in ("what", "next_step"))
        failed = page.evaluate(_BROKEN)
    assert failed["code"] == "model"
    assert "pose_landmarker_none.task" in failed["detail"]
    assert [status["state"] for status in failed["statuses"]] == ["loading", "failed"]
    assert not failed["running"]


def test_an_insecure_page_says_what_it_needs() -> None:
    with serve_static({"/blank.html": BLANK}) as origin, open_chromium() as browser:
        page = browser.new_page()
        # Chromium takes a loopback name for secure, but none that only resolves to it.
        page.context.route("http://clinic.test/**", lambda route: route.fulfill(response=page.request.get(
            origin + route.request.url.removeprefix("http://clinic.test"))))  # fmt: skip
        page.goto("http://clinic.test/blank.html")
        told = page.evaluate(
            "import('/js/pose/source.js').then((m) => m.openCamera()).catch(({ code, next_step }) => [code, next_step])"
        )
    assert told[0] == "insecure"
    assert "certificate" in told[1]
