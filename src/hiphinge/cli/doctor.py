"""``hiphinge doctor``: say whether everything is here, runs, and gives the answers that are known."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hiphinge.cli.guard import write_out
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import HiphingeError, ModelError, OutputError
from hiphinge.model import Assessment, Facing, Frame, PoseFrame

if TYPE_CHECKING:
    from hiphinge.pose.base import EstimatorInfo, PoseEstimator, Survey

__all__ = ["Check", "MirroredEstimator", "SelfTestRunner", "print_checks", "run_checks", "run_self_test"]

#: What a phone, a tablet or an export may hold.
CODECS = ("h264", "hevc", "vp9", "av1", "gif")
#: Inferences that are timed.
N_TIMED = 30
#: The self-test looks at so much of the demo clip.
SELF_TEST_S = 8.0
#: Largest median difference between a clip and its mirror image, degrees.
MAX_MIRROR_DIFFERENCE_DEG = 0.5
_ANGLES = ("hip_flexion", "lumbar_flexion")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: what was looked at, whether it is well, what was seen, what to do."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


class SelfTestRunner(Protocol):
    """Assesses a clip with a given estimator; ``hiphinge.clip.run.assess_video`` is the real one."""

    def __call__(self, path: Path, options: AssessOptions, *, estimator: PoseEstimator | None = None) -> Assessment:
        """Return the assessment with its evidence."""


class MirroredEstimator:
    """Shows an estimator the mirror image of every picture, as if the clip had been filmed in a mirror."""

    def __init__(self, inner: PoseEstimator) -> None:
        self._inner = inner

    @property
    def info(self) -> EstimatorInfo:
        """What to store with the result: that of the estimator inside."""
        return self._inner.info

    def survey(self, frames: Sequence[Frame], *, person: int | None = None) -> Survey:
        """Survey the mirrored pictures."""
        return self._inner.survey([_mirror(frame) for frame in frames], person=person)

    def track(self, frames: Iterable[Frame], survey: Survey, *, facing: Facing) -> Iterator[PoseFrame]:
        """Track through the mirrored pictures."""
        return self._inner.track((_mirror(frame) for frame in frames), survey, facing=facing)


def run_checks(*, out: str | Path, runner: object = None, data: Path | None = None) -> list[Check]:
    """Run every check; one that fails does not stop the others.

    Parameters
    ----------
    out
        Folder that results would go to.
    runner
        Stands in for ``assess_video`` in the self-test (for tests).
    data
        Folder of ``demo.mp4`` and ``demo_truth.json``; None takes those of the installation.
    """
    checks = _check_models()
    checks.append(_attempt("browser files", _check_browser_files))
    checks.append(_attempt("decoder", _check_decoder))
    checks.append(_attempt("speed", _check_speed))
    checks.append(_attempt("output folder", lambda: _check_output(out)))
    checks += run_self_test(runner, data)
    return checks


def print_checks(checks: Sequence[Check], *, as_json: bool) -> int:
    """Print the checks and return the exit code: 0, or 9 where something asks for attention."""
    well = all(check.ok for check in checks)
    if as_json:
        document = {"ok": well, "checks": [asdict(check) for check in checks]}
        write_out(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            mark = "✓ ok       " if check.ok else "! attention"
            write_out(f"{mark}  {check.name:<{width}}  {check.detail}")
            if check.advice:
                write_out(f"{'':13}{'':<{width}}  → {check.advice}")
        write_out("All is well." if well else "Something asks for attention: see the lines with an arrow.")
    return 0 if well else ModelError.exit_code


def _attempt(name: str, look: Callable[[], tuple[bool, str, str]]) -> Check:
    """Run one check; what it raises becomes its line."""
    try:
        ok, detail, advice = look()
    except HiphingeError as error:
        return Check(name, False, error.what, error.next_step)
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}", "Install hiphinge again.")
    return Check(name, ok, detail, advice)


def _check_models() -> list[Check]:
    """Check that every model file is there and is the one that was calibrated with."""
    from hiphinge.pose.store import LANDMARK_MODELS, find_model

    def look(name: str) -> tuple[bool, str, str]:
        path = find_model(name)
        return True, f"{path.name}, {path.stat().st_size / 1e6:.1f} MB, hash as locked", ""

    return [_attempt(f"model {name}", partial(look, name)) for name in ("detector", *LANDMARK_MODELS)]


def _check_browser_files() -> tuple[bool, str, str]:
    """Check that the pages' scripts and the browser's pose model are there, and are those that were locked."""
    from hiphinge.web.assets import find_missing_vendor

    missing = find_missing_vendor()
    if missing:
        detail = f"missing or altered: {', '.join(missing)}"
        return False, detail, "Live coaching needs them: install hiphinge again (pip install --force-reinstall)."
    return True, "scripts and pose model for live coaching, hashes as locked", ""


def _check_decoder() -> tuple[bool, str, str]:
    """Check that the usual codecs can be read and that H.264 can be written."""
    import av

    missing = [name for name in CODECS if not _has_codec(name, "r")]
    if not _has_codec("libx264", "w"):
        missing.append("h264 (writing)")
    detail = f"PyAV {av.__version__}: {', '.join(name for name in CODECS if name not in missing)}"
    advice = f"Not available: {', '.join(missing)}. Install PyAV from PyPI (pip install av)." if missing else ""
    return not missing, detail, advice


def _has_codec(name: str, mode: str) -> bool:
    import av

    try:
        av.codec.Codec(name, mode)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def _check_speed() -> tuple[bool, str, str]:
    """Time the landmark model of the default on one random picture."""
    import numpy as np

    from hiphinge.pose.runtime import PRECISION, compile_landmarks, engine_name
    from hiphinge.pose.store import find_model

    compiled = compile_landmarks(find_model("full"), streams=1, threads=2)
    request = compiled.create_infer_request()
    shape = tuple(compiled.input().shape)
    picture = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    request.infer([picture])
    times_s = []
    for _ in range(N_TIMED):
        begun_s = time.perf_counter()
        request.infer([picture])
        times_s.append(time.perf_counter() - begun_s)
    took_ms = 1000 * float(np.median(times_s))
    detail = f"{engine_name()}, {PRECISION}: full takes {took_ms:.1f} ms a picture ({1000 / took_ms:.0f} a second)"
    slow = took_ms > 100
    return True, detail, "This machine is slow: try --model lite." if slow else ""


def _check_output(out: str | Path) -> tuple[bool, str, str]:
    """Check that a result folder could be written."""
    from hiphinge.report.folder import check_folder

    try:
        check_folder(out, "doctor")
    except OutputError as error:
        return False, error.what, error.next_step
    return True, f"{out} can be written", ""


def run_self_test(runner: object, data: Path | None) -> list[Check]:
    """Measure the demo clip as it is and mirrored; compare with each other and with the truth.

    Parameters
    ----------
    runner, data
        As in ``run_checks``.
    """
    results: dict[str, Assessment] = {}

    def mirrored() -> tuple[bool, str, str]:
        results.update(_assess_both(runner, data))
        return _compare(results["plain"], results["mirrored"])

    checks = [_attempt("mirror self-test", mirrored)]
    if "plain" in results:
        checks.append(_attempt("known answer", lambda: _compare_truth(results["plain"], data)))
    return checks


def _assess_both(runner: object, data: Path | None) -> dict[str, Assessment]:
    """Assess the demo clip as it is and mirrored."""
    from hiphinge.clip.run import assess_video
    from hiphinge.pose.blazepose import BlazePose

    run: SelfTestRunner = runner if callable(runner) else assess_video
    options = AssessOptions(to_s=SELF_TEST_S, video=False)
    with _data("demo.mp4", data) as clip:
        estimator = BlazePose(options.model)
        return {
            "plain": run(clip, options, estimator=estimator),
            "mirrored": run(clip, options, estimator=MirroredEstimator(estimator)),
        }


@contextmanager
def _data(name: str, folder: Path | None) -> Iterator[Path]:
    """Open a file that comes with the package, or one of the same name in ``folder``."""
    with as_file((folder or files("hiphinge") / "data") / name) as path:
        if not path.is_file():
            raise ModelError(f"{name} is missing from the installation.", next_step="Install hiphinge again.")
        yield path


def _compare(plain: Assessment, mirrored: Assessment) -> tuple[bool, str, str]:
    """Compare the angles of a clip and its mirror image over the pictures that both tell."""
    import numpy as np

    if plain.evidence is None or mirrored.evidence is None:
        return False, "the self-test gave no curves", "Install hiphinge again."
    ok, parts = plain.facing != mirrored.facing, [f"faces {plain.facing}, mirrored {mirrored.facing}"]
    for angle in _ANGLES:
        one = plain.evidence.motion.angle(angle).value_deg
        two = mirrored.evidence.motion.angle(angle).value_deg
        both = np.isfinite(one) & np.isfinite(two)
        if not both.any():
            return False, f"{angle.replace('_', ' ')} was not told", "Install hiphinge again."
        difference = float(np.median(np.abs(one[both] - two[both])))
        ok &= difference < MAX_MIRROR_DIFFERENCE_DEG
        parts.append(f"{angle.replace('_', ' ')} differs by {difference:.2f}°")
    advice = "" if ok else "Report this with the output of hiphinge doctor --json."
    return ok, "; ".join(parts), advice


def _compare_truth(plain: Assessment, data: Path | None) -> tuple[bool, str, str]:
    """Compare the angles at the first bottom with those that the clip was rendered from."""
    import numpy as np

    from hiphinge.report.words import interval_text

    if not plain.reps:
        return False, "no bend was found in the demo clip", "Install hiphinge again."
    with _data("demo_truth.json", data) as path:
        truth = json.loads(path.read_text(encoding="utf-8"))
    rep = plain.reps[0]
    ok, parts = True, []
    for angle in _ANGLES:
        true_deg = float(np.interp(rep.bottom_s, truth["time_s"], truth["angles"][angle]))
        found = next(m for m in plain.measures if m.name == angle and m.rep == rep.number)
        if found.value is None or found.lo is None or found.hi is None:
            return False, f"{angle.replace('_', ' ')} was not told: {found.reason}", "Install hiphinge again."
        ok &= found.lo <= true_deg <= found.hi
        parts.append(
            f"{angle.replace('_', ' ')} {interval_text(found.value, found.lo, found.hi, found.unit)}, "
            f"rendered with {true_deg:.0f}°"
        )
    return ok, "; ".join(parts), "" if ok else "Report this with the output of hiphinge doctor --json."


def _mirror(frame: Frame) -> Frame:
    """Return the frame with its picture's left and right exchanged."""
    import numpy as np

    from hiphinge.video import RgbPicture

    flipped = np.ascontiguousarray(frame.picture.rgb()[:, ::-1])
    return Frame(frame.index, frame.time_s, RgbPicture(flipped))
