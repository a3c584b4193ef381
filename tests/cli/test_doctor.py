"""``hiphinge doctor``: each check says what it saw; one that fails does not stop the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hiphinge.cli import app
from hiphinge.cli.doctor import Check, MirroredEstimator, print_checks, run_checks, run_self_test
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import ModelError
from hiphinge.model import Assessment, Facing, Frame, Measure, PoseFrame
from hiphinge.pose.base import EstimatorInfo, Survey
from hiphinge.video import RgbPicture
from tests.report.fakes import fake_assessment


@dataclass
class _SelfTest:
    """Gives the scripted hinge for the clip; for its mirror image the same, turned by ``differ_deg``."""

    differ_deg: float = 0.0
    half_width_deg: float = 5.0
    answer: Assessment | None = None
    facings: tuple[Facing, Facing] = ("right", "left")
    seen: list[object] = field(default_factory=list)

    def __call__(self, path: Path, options: AssessOptions, *, estimator: object = None) -> Assessment:
        mirrored = isinstance(estimator, MirroredEstimator)
        self.seen.append(estimator)
        assert options.out is None
        if self.answer is not None:
            return self.answer
        assessment = fake_assessment(facing=self.facings[mirrored])
        assert assessment.evidence is not None
        if mirrored:
            assessment.evidence.motion.lumbar_flexion.value_deg[:] += self.differ_deg
        measures = tuple(
            Measure(name, name, 1, value, value - self.half_width_deg, value + self.half_width_deg, "°", "good", "")
            for name, value in (("hip_flexion", 78.0), ("lumbar_flexion", 12.0))
        )
        return replace(assessment, measures=measures)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "demo.mp4").touch()
    angles = {"hip_flexion": [76.0, 76.0], "lumbar_flexion": [14.0, 14.0]}
    truth = {"time_s": [0.0, 8.0], "angles": angles}
    (folder / "demo_truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder


def _self_test(data: Path, runner: object) -> dict[str, Check]:
    return {check.name: check for check in run_self_test(runner, data)}


def test_sound_installation_is_well(tmp_path: Path, data: Path) -> None:
    checks = {c.name: c for c in run_checks(out=tmp_path / "out", runner=_SelfTest(), data=data)}
    assert list(checks) == [
        "model detector",
        "model lite",
        "model full",
        "model heavy",
        "browser files",
        "decoder",
        "speed",
        "output folder",
        "mirror self-test",
        "known answer",
    ]
    assert [check for check in checks.values() if not check.ok] == []
    assert "hash as locked" in checks["model full"].detail
    assert "h264, hevc, vp9, av1, gif" in checks["decoder"].detail
    assert "ms a picture" in checks["speed"].detail
    assert "faces right, mirrored left" in checks["mirror self-test"].detail
    assert "lumbar flexion 12° (7 to 17), rendered with 14°" in checks["known answer"].detail
    assert not (tmp_path / "out").exists()


def test_mirror_image_that_differs_asks_for_attention(data: Path) -> None:
    check = _self_test(data, _SelfTest(differ_deg=0.8))["mirror self-test"]
    assert not check.ok
    assert "lumbar flexion differs by 0.80°" in check.detail
    assert check.advice


def test_mirror_image_that_faces_the_same_way_asks_for_attention(data: Path) -> None:
    assert not _self_test(data, _SelfTest(facings=("right", "right")))["mirror self-test"].ok


def test_answer_outside_its_interval_asks_for_attention(data: Path) -> None:
    check = _self_test(data, _SelfTest(half_width_deg=1.0))["known answer"]
    assert not check.ok
    assert "rendered with 76°" in check.detail


def test_clip_in_which_nothing_is_told_asks_for_attention(data: Path) -> None:
    blank = fake_assessment(outcome="cannot_tell")
    checks = _self_test(data, _SelfTest(answer=blank))
    assert "was not told" in checks["mirror self-test"].detail
    assert "no bend was found" in checks["known answer"].detail
    bare = replace(blank, evidence=None)
    assert "no curves" in _self_test(data, _SelfTest(answer=bare))["mirror self-test"].detail


def test_missing_clip_and_foreign_folder_are_said(tmp_path: Path, data: Path) -> None:
    (data / "demo.mp4").unlink()
    foreign = tmp_path / "out" / "doctor"
    foreign.mkdir(parents=True)
    (foreign / "mine.txt").touch()
    checks = {c.name: c for c in run_checks(out=tmp_path / "out", runner=_SelfTest(), data=data)}
    assert "demo.mp4 is missing" in checks["mirror self-test"].detail
    assert "known answer" not in checks
    assert not checks["output folder"].ok
    assert "--out" in checks["output folder"].advice
    assert checks["model full"].ok
    assert checks["browser files"].ok


def test_unforeseen_error_in_a_check_is_a_line(data: Path) -> None:
    def runner(*_arguments: object, **_keywords: object) -> Assessment:
        raise RuntimeError("boom")

    assert _self_test(data, runner)["mirror self-test"].detail == "RuntimeError: boom"


def test_checks_are_printed_for_people_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [Check("models", True, "all there"), Check("speed", False, "900 ms", "Try --model lite.")]
    assert print_checks(checks, as_json=False) == ModelError.exit_code == 9
    text = capsys.readouterr().out
    assert "✓ ok" in text
    assert "! attention" in text
    assert "→ Try --model lite." in text
    assert print_checks(checks[:1], as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "checks": [{"name": "models", "ok": True, "detail": "all there", "advice": ""}],
    }


def test_command_writes_json_only_to_stdout(tmp_path: Path) -> None:
    blank = _SelfTest(answer=fake_assessment(outcome="cannot_tell"))
    result = CliRunner().invoke(app, ["doctor", "--json", "--out", str(tmp_path / "out")], obj=blank)
    assert result.exit_code == 9
    assert json.loads(result.stdout)["ok"] is False
    assert "Checking" in result.stderr


@dataclass
class _Recorder:
    """An estimator that only keeps the pictures it was shown."""

    rows: list[int] = field(default_factory=list)
    info: EstimatorInfo = field(default_factory=lambda: EstimatorInfo("recorder", {}, "f32", "none"))

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        self.rows += [int(frame.picture.rgb()[0, 0, 0]) for frame in frames]
        return Survey((), (), ())

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        self.rows += [int(frame.picture.rgb()[0, 0, 0]) for frame in frames]
        return iter(())


def test_mirrored_estimator_shows_mirrored_pictures() -> None:
    picture = np.zeros((2, 3, 3), dtype=np.uint8)
    picture[:, 0], picture[:, 2] = 10, 200
    frame = Frame(0, 0.0, RgbPicture(picture))
    inner = _Recorder()
    mirrored = MirroredEstimator(inner)
    survey = mirrored.survey([frame])
    assert list(mirrored.track([frame, frame], survey, facing="left")) == []
    assert inner.rows == [200, 200, 200]
    assert mirrored.info is inner.info
