"""``hiphinge demo``: the first thing anyone runs, checked against what the clip was rendered from."""

from __future__ import annotations

import csv
import json
import math
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import av
import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest

from hiphinge.report.folder import RESULT_FILES
from hiphinge.report.schema import assessment_schema
from tests.e2e.conftest import DemoRun
from tests.e2e.helpers import FRAME_COLUMNS

CLIP = Path(str(files("hiphinge") / "data" / "demo.mp4"))
#: Bent enough for hips and back to be told apart.
BENT_DEG = 30.0
#: Of the frames of a bend, so many have to lie in the interval that says it holds 90 %.
COVERED_MIN = 0.85


@pytest.fixture(scope="module")
def folder(demo: DemoRun) -> Path:
    assert demo.exit_code == 0, demo.stderr
    return demo.out / "demo"


@pytest.fixture(scope="module")
def document(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((files("hiphinge") / "data" / "demo_truth.json").read_text(encoding="utf-8"))
    return loaded


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _times_s(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def test_demo_says_what_it_found_and_where_it_lies(demo: DemoRun, folder: Path) -> None:
    assert demo.stderr == ""
    assert f"Report: {folder / 'report.html'}" in demo.stdout
    assert f"Annotated video: {folder / 'overlay.mp4'}" in demo.stdout
    assert "3 reps" in demo.stdout
    assert "Traceback" not in demo.stdout


def test_folder_holds_exactly_the_result_files(demo: DemoRun, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(RESULT_FILES)
    assert [path.name for path in demo.out.iterdir()] == ["demo"]


def test_assessment_is_valid_and_a_hinge(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(assessment_schema()).validate(document)
    assert document["verdict"]["outcome"] == "hinge"
    assert document["facing"] == "right"
    assert len(document["reps"]) == 3
    assert document["reference"]["angles"] == "still"
    assert document["reference"]["positions"] == "still"
    assert document["answered_ratio"] >= 0.95
    assert document["video"]["sha256"]
    hashes = document["provenance"]["model_sha256"]
    assert set(hashes) == {"pose_detector.tflite", "pose_landmark_full.tflite"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in hashes.values())


def test_reps_lie_where_they_were_rendered(document: dict[str, Any], truth: dict[str, Any]) -> None:
    for found, rendered in zip(document["reps"], truth["reps"], strict=True):
        assert found["start_s"] == pytest.approx(rendered["start_s"], abs=0.6)
        # The bottom is held: any moment of the hold is one.
        assert rendered["bottom_s"] - 0.25 <= found["bottom_s"] <= rendered["leave_s"] + 0.25
        assert found["end_s"] == pytest.approx(rendered["end_s"], abs=0.6)


def test_frames_csv_has_the_promised_columns_in_order(folder: Path, truth: dict[str, Any]) -> None:
    assert (folder / "frames.csv").read_text(encoding="utf-8").splitlines()[0] == FRAME_COLUMNS
    rows = _rows(folder / "frames.csv")
    assert [int(row["frame"]) for row in rows] == list(range(len(truth["time_s"])))
    assert [float(row["time_s"]) for row in rows] == pytest.approx(truth["time_s"], abs=1e-3)


def test_parquet_holds_the_same_table(folder: Path) -> None:
    table = pq.read_table(folder / "frames.parquet")
    rows = _rows(folder / "frames.csv")
    assert table.column_names == FRAME_COLUMNS.split(",")
    for name in table.column_names:
        exact = [math.nan if value is None else value for value in table.column(name).to_pylist()]
        written = [float(row[name]) if row[name] else math.nan for row in rows]
        np.testing.assert_allclose(written, exact, atol=0.0051, equal_nan=True, err_msg=name)


@pytest.mark.parametrize("angle", ["hip_flexion", "lumbar_flexion"])
def test_truth_lies_in_the_interval(folder: Path, truth: dict[str, Any], angle: str) -> None:
    rows = _rows(folder / "frames.csv")
    true_deg = np.array(truth["angles"][angle])
    bent = np.array(truth["angles"]["trunk_lean"]) > BENT_DEG
    lo, hi = (
        np.array([float(row[f"{angle}_{end}_deg"]) if row[f"{angle}_{end}_deg"] else math.nan for row in rows])
        for end in ("lo", "hi")
    )
    assert bent.sum() > 50
    assert np.isfinite(lo[bent]).all()
    covered = np.mean((lo[bent] <= true_deg[bent]) & (true_deg[bent] <= hi[bent]))
    assert covered >= COVERED_MIN
    assert np.median((hi - lo)[bent]) < 45.0, "an interval this wide covers anything"


def test_reps_csv_has_a_row_per_bend(folder: Path, document: dict[str, Any]) -> None:
    rows = _rows(folder / "reps.csv")
    assert [row["rep"] for row in rows] == ["1", "2", "3"]
    lumbar = {m["rep"]: m["value"] for m in document["measures"] if m["name"] == "lumbar_flexion"}
    for row in rows:
        assert float(row["lumbar_flexion_deg"]) == pytest.approx(lumbar[int(row["rep"])], abs=0.006)
        assert float(row["lumbar_flexion_lo_deg"]) < float(row["lumbar_flexion_hi_deg"])


def test_overlay_plays_at_once_and_in_time(folder: Path) -> None:
    data = (folder / "overlay.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    with av.open(str(folder / "overlay.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert not container.streams.audio
        drawn_s = float(stream.duration * stream.time_base)
    with av.open(str(CLIP)) as container:
        stream = container.streams.video[0]
        filmed_s = float(stream.duration * stream.time_base)
    assert drawn_s == pytest.approx(filmed_s, abs=0.05)
    assert _times_s(folder / "overlay.mp4") == pytest.approx(_times_s(CLIP), abs=1e-3)


class _Resources(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.pictures = 0
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.scripts += tag == "script"
        for name in ("src", "srcset", "poster", "data", "action"):
            if values.get(name) is not None:
                self.fetched.append(str(values[name]))
        if tag == "link":
            self.fetched.append(str(values.get("href")))
        self.pictures += tag == "img" and str(values.get("src")).startswith("data:image/jpeg;base64,")


def test_report_is_one_file_that_fetches_nothing(folder: Path, document: dict[str, Any]) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = _Resources()
    page.feed(text)
    elsewhere = [link for link in page.fetched if not link.startswith(("data:", "overlay.mp4"))]
    assert elsewhere == []
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", text)
    assert "@import" not in text
    assert page.scripts == 0
    assert page.pictures >= 4, "standing and three bottoms"
    assert document["notice"] in text
    assert document["verdict"]["headline"] in text
    assert text.count("<svg") >= 2
