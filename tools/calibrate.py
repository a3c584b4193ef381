"""Measure the linear reading's coefficients, mean standing values and interval widths on rendered people.

    python tools/calibrate.py --gains DIR... --intervals DIR --clips DIR

``--gains``, ``--intervals`` (stills) and ``--clips`` are folders made by ``tools/make_people.py`` with different seeds; no person is in
both. Writes ``src/hiphinge/spine/calibration.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.api import assess
from hiphinge.model import ANGLES
from hiphinge.sagittal.kinematics import YAW_GAIN, YAW_OFFSET_DEG
from hiphinge.spine import OutlineEstimator, compute_motion
from hiphinge.spine.calibration import load_calibration, parse_calibration
from hiphinge.spine.outline import HIDDEN, N_HIDEABLE, compute_features, refer
from hiphinge.validation.observe import Observed, join, load_observed

TARGET = Path(__file__).resolve().parents[1] / "src" / "hiphinge" / "spine" / "calibration.json"
YAW_BANDS_DEG = (12.0, 22.0, 40.0)
#: Strength of the ridge: chosen by leave-people-out on the gains people alone (printed by --search).
RIDGE = 10.0
#: The linear readings: with and without a still stand, with all points and with shank and head hidden.
READINGS = ("still", "none", "still_hidden", "none_hidden")
LEVEL = 0.90
#: A picture whose trunk leans this much otherwise than the truth was read from somebody else, or from nobody.
MAX_MISREAD_DEG = 30.0
#: A clip that one of these checks refuses gets no answer.
GATES = ("side_on", "person", "facing", "reps")


def targets(people: Sequence[Observed]) -> np.ndarray:
    """Rotation of pelvis, T12 and C7 from standing, ``(n, 3)`` degrees."""
    pelvis, lumbar, thoracic = (join(people, n) for n in ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion"))
    return np.column_stack([pelvis, pelvis + lumbar, pelvis + lumbar + thoracic])


def misread(one: Observed) -> np.ndarray:
    """Mark the pictures in which the trunk was read from somebody or something else."""
    true = np.array([row["trunk_lean"] for row in one.truth])
    return ~(np.abs(one.segments.trunk_lean_deg - true) < MAX_MISREAD_DEG)


def features(people: Sequence[Observed], kind: str) -> np.ndarray:
    """Collect what the linear reading called ``kind`` sees, ``(n, n_features)``."""
    parts = []
    for one in people:
        found = compute_features(one.spine_input(still=False))
        found[misread(one)] = np.nan
        if kind.endswith(HIDDEN):
            found = found[:, :-N_HIDEABLE]
        if kind.startswith("still"):
            referred = refer(found, one.standing(still=True).rows)
            found = np.full((len(found), 2 * found.shape[1]), np.nan) if referred is None else referred
        parts.append(found)
    return np.concatenate(parts)


def without_hideable(one: Observed) -> Observed:
    """Return the same person as if shank and head were hidden in every bent picture."""
    bent = np.array([row["kind"] == "bent" for row in one.truth])
    s = one.segments
    hidden = Observed(one.person, one.profile, one.poses, one.truth)
    hidden.segments = replace(
        s,
        shank_lean_deg=np.where(bent, np.nan, s.shank_lean_deg),
        neck_lean_deg=np.where(bent, np.nan, s.neck_lean_deg),
    )
    return hidden


def fit(x: np.ndarray, y: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Ridge on standardised features; returns weights and offset for raw ones."""
    good = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = x[good], y[good]
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - mean) / scale
    gram = z.T @ z + ridge * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, z.T @ (y - y.mean(axis=0))) / scale[:, None]
    return weights, y.mean(axis=0) - mean @ weights


def search(people: Sequence[Observed]) -> None:
    """Print the leave-people-out error of several ridge strengths on the gains people."""
    y = targets(people)
    owner = np.concatenate([[k] * len(p.truth) for k, p in enumerate(people)])
    bent = join(people, "trunk_lean") > 20
    for kind in READINGS:
        x = features(people, kind)
        for ridge in (0.3, 3.0, 10.0, 30.0, 100.0, 300.0):
            error = np.full(y.shape, np.nan)
            for fold in range(6):
                test = owner % 6 == fold
                weights, offset = fit(x[~test], y[~test], ridge)
                error[test] = x[test] @ weights + offset - y[test]
            pelvis, lumbar = error[bent, 0], (error[:, 1] - error[:, 0])[bent]
            print(
                f"{kind:5s} ridge {ridge:6.1f}: pelvis {np.nanmean(abs(pelvis)):.2f}°, lumbar {np.nanmean(abs(lumbar)):.2f}°"
            )


def fit_yaw(people: Sequence[Observed]) -> None:
    """Print how the true yaw follows from the one that is read, with the correction now in force taken off."""
    read = np.array([np.nanmedian(p.yaw_deg) for p in people])
    raw = (read - YAW_OFFSET_DEG) / YAW_GAIN
    true = np.array([p.truth[0]["yaw_deg"] for p in people])
    gain, offset = np.polyfit(raw, true, 1)
    left = np.abs(gain * raw + offset - true)
    print(
        f"true yaw = {gain:.3f} x read {offset:+.2f}°; left over: mean {left.mean():.1f}°, 90 % within {np.percentile(left, 90):.1f}°"
    )


def standing_means(people: Sequence[Observed]) -> dict[str, float]:
    """Mean of the angles that need a zero, over the still stands."""
    values: dict[str, list[float]] = {"thigh_lean": [], "knee": [], "neck": []}
    for one in people:
        rows = one.standing(still=True).rows
        s = one.segments
        values["thigh_lean"].append(float(np.nanmedian(s.thigh_lean_deg[rows])))
        values["knee"].append(float(np.nanmedian((s.shank_lean_deg - s.thigh_lean_deg)[rows])))
        values["neck"].append(float(np.nanmedian((s.neck_lean_deg - s.trunk_lean_deg)[rows])))
    return {name: round(float(np.nanmean(found)), 3) for name, found in values.items()}


def foot_gain(people: Sequence[Observed]) -> float:
    """True foot length ÷ the distance of the pose model's heel and toe points."""
    ratio = []
    for one in people:
        reference = one.standing(still=True).reference
        if reference.foot_length_px:
            true_px = float(np.median([_foot_px(row) for row in one.truth if row["kind"] == "still"]))
            ratio.append(true_px / reference.foot_length_px)
    return round(float(np.median(ratio)), 4)


def _foot_px(row: dict[str, Any]) -> float:
    points = row["points_px"]
    lengths = [np.hypot(*np.subtract(points[f"{side}_toe"], points[f"{side}_heel"])) for side in ("left", "right")]
    return float(np.mean(lengths))


def half_widths(people: Sequence[Observed], raw: dict[str, Any]) -> None:
    """Conformal half-widths by reference and yaw band, and those of the ratios, written into ``raw``."""
    calibration = parse_calibration(raw)
    estimator = OutlineEstimator(calibration)
    errors: dict[str, dict[str, list[np.ndarray]]] = {k: {a: [] for a in ANGLES} for k in READINGS}
    yaws, hidden, travel, drop = [], [], [], []
    for one in people:
        bent = np.array([row["kind"] == "bent" for row in one.truth]) & ~misread(one)
        # Yaw is a property of the clip: the median over the person's pictures, as in a video.
        yaws.append(np.full(bent.sum(), abs(float(np.nanmedian(one.yaw_deg)))))
        low_back = (one.profile.station_ratio >= -0.10) & (one.profile.station_ratio <= 0.65)
        lost = one.profile.hidden | ~np.isfinite(one.profile.dorsal_ratio)
        hidden.append(lost[bent][:, low_back].mean(axis=1))
        for kind in errors:
            seen = without_hideable(one) if kind.endswith(HIDDEN) else one
            motion = compute_motion(
                seen.spine_input(still=kind.startswith("still")), estimator=estimator, calibration=calibration
            )
            for angle in ANGLES:
                true = np.array([row[angle] for row in one.truth])
                errors[kind][angle].append((motion.angle(angle).value_deg - true)[bent])
            if kind == "still":
                true = np.array([row["hip_back_ratio"] for row in one.truth])
                travel.append((motion.hip_back_ratio - true)[bent])
                true = np.array([row["hip_drop_ratio"] for row in one.truth])
                drop.append((motion.hip_drop_ratio - true)[bent])
    yaw, share = np.concatenate(yaws), np.concatenate(hidden)
    raw["hidden_gain_deg"] = _hidden_gain(np.concatenate(errors["still"]["lumbar_flexion"]), share)
    for kind, table in errors.items():
        for angle, parts in table.items():
            error = np.abs(np.concatenate(parts))
            if angle in ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion"):
                error = np.maximum(error - raw["hidden_gain_deg"] * share, 0.0)
            raw["half_width_deg"][kind][angle] = _by_band(error, yaw)
    spread = np.abs(np.concatenate(travel))
    raw["ratios"]["travel"]["still"] = round(conformal(spread), 3)
    raw["ratios"]["drop_gain"] = round(conformal(np.abs(np.concatenate(drop))) / conformal(spread), 3)
    raw["ratios"]["travel"]["upright"] = round(1.5 * conformal(spread), 3)


#: Angles read straight off the pose model's points, whose usual error is taken off.
POINT_ANGLES = ("trunk_lean", "knee_flexion", "shank_lean", "neck")


def biases(people: Sequence[Observed], raw: dict[str, Any]) -> None:
    """Median error of the angles that come straight from the points, over bent frames, written into ``raw``."""
    calibration = parse_calibration(raw)
    for kind in ("still", "none"):
        found: dict[str, list[np.ndarray]] = {angle: [] for angle in POINT_ANGLES}
        for one in people:
            bent = np.array([row["kind"] == "bent" for row in one.truth]) & ~misread(one)
            motion = compute_motion(
                one.spine_input(still=kind == "still"), estimator=OutlineEstimator(calibration), calibration=calibration
            )
            for angle, parts in found.items():
                true = np.array([row[angle] for row in one.truth])
                parts.append((motion.angle(angle).value_deg - true)[bent])
        raw["bias_deg"][kind] = {a: round(float(np.nanmedian(np.concatenate(v))), 2) for a, v in found.items()}


def rep_widths(folder: Path, raw: dict[str, Any]) -> None:
    """Half-widths of the measures of whole reps, from clips with truth per frame, written into ``raw``."""
    errors: dict[str, list[float]] = {
        "foot_slide_ratio": [], "foot_pitch_deg": [], "lumbar_range_deg": [], "lumbar_quarter_deg": [],
        "knee_change_deg": [], "lean_repeat_deg": [],
    }  # fmt: skip
    for truth_file in sorted(folder.glob("*.json")):
        truth = json.loads(truth_file.read_text(encoding="utf-8"))
        result = assess(folder / truth["file"])
        evidence = result.evidence
        assert evidence is not None
        if any(check.name in GATES and check.grade == "cannot_tell" for check in result.quality):
            print(f"{truth['file']}: refused, so its errors reach nobody")
            continue
        index = evidence.pose.frame_index
        true = {angle: np.array(truth["angles"][angle])[index] for angle in ANGLES}
        told = {(m.name, m.rep): m.value for m in result.measures if m.value is not None}
        leans = []
        for rep in result.reps:
            rows = slice(rep.start_frame, rep.end_frame)
            errors["foot_slide_ratio"].append(told.get(("foot_slide", rep.number), np.nan))  # the feet are planted
            errors["foot_pitch_deg"].append(told.get(("foot_pitch", rep.number), np.nan))
            spread = float(np.ptp(true["lumbar_flexion"][rows]))
            errors["lumbar_range_deg"].append(told.get(("ribs_pelvis_range", rep.number), np.nan) - spread)
            read = evidence.motion.lumbar_flexion.value_deg - true["lumbar_flexion"]
            marks = np.linspace(rep.start_frame, rep.bottom_frame, 5).astype(int)
            errors["lumbar_quarter_deg"].extend(np.diff(read[marks]).tolist())
            third = rep.start_frame + (rep.bottom_frame - rep.start_frame) // 3
            change = true["knee_flexion"][rep.bottom_frame] - true["knee_flexion"][third]
            errors["knee_change_deg"].append(told.get(("knee_change", rep.number), np.nan) - change)
            lean = evidence.motion.trunk_lean.value_deg - true["trunk_lean"]
            leans.append(float(lean[rep.bottom_frame]))
        errors["lean_repeat_deg"].extend(np.diff(leans).tolist())
    for name, found in errors.items():
        print(f"{name}: {np.isfinite(found).sum()} values, 90 % within {conformal(np.abs(found)):.3g}")
        raw["ratios"][name] = round(conformal(np.abs(np.array(found))), 3)
    for name in ("foot_slide_ratio", "foot_pitch_deg"):
        stem, unit = name.rsplit("_", 1)
        raw["ratios"][f"{stem}_usual_{unit}"] = round(float(np.nanmedian(errors[name])), 3)


def conformal(error: np.ndarray) -> float:
    """Split-conformal quantile of absolute errors at ``LEVEL``."""
    error = np.sort(error[np.isfinite(error)])
    if error.size == 0:
        raise ValueError("No error was measured, so there is no interval to give.")
    rank = min(len(error) - 1, int(np.ceil((len(error) + 1) * LEVEL)) - 1)
    return float(error[rank])


def widen(table: dict[str, dict[str, list[float]]]) -> None:
    """Never let less knowledge give a narrower interval: no stand, or hidden points."""
    order = (("none", "still"), ("still_hidden", "still"), ("none_hidden", "none"), ("none_hidden", "still_hidden"))
    for less, more in order:
        for angle in ANGLES:
            table[less][angle] = [max(pair) for pair in zip(table[less][angle], table[more][angle], strict=True)]


def _by_band(error: np.ndarray, yaw: np.ndarray) -> list[float]:
    widths: list[float] = []
    low = 0.0
    for high in YAW_BANDS_DEG:
        inside = (yaw >= low) & (yaw < high)
        found = conformal(error[inside]) if np.isfinite(error[inside]).sum() >= 30 else 0.0
        widths.append(round(max(found, widths[-1] if widths else 0.0), 2))  # a worse view is never narrower
        low = high
    return widths


def _hidden_gain(error: np.ndarray, share: np.ndarray) -> float:
    """How much the lumbar error's 90 % quantile grows per share of the low back that is hidden."""
    clear, covered = error[share < 0.05], error[(share > 0.25) & (share <= 0.6)]
    if np.isfinite(covered).sum() < 20:
        return 8.0
    grown = conformal(np.abs(covered)) - conformal(np.abs(clear))
    return round(max(0.0, grown / float(np.mean(share[(share > 0.25) & (share <= 0.6)]))), 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gains", type=Path, nargs="+", required=True)
    parser.add_argument("--intervals", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True, help="clips of people who are in no other folder")
    parser.add_argument("--yaw", action="store_true", help="print gain and offset of the yaw estimate and stop")
    parser.add_argument("--search", action="store_true", help="print errors of several ridge strengths and stop")
    options = parser.parse_args(arguments)
    people = [one for folder in options.gains for one in load_observed(folder)]
    if options.search or options.yaw:
        (search if options.search else fit_yaw)(people)
        return 0
    y = targets(people)
    models = {}
    for kind in READINGS:
        weights, offset = fit(features(people, kind), y, RIDGE)
        models[kind] = {"weights": np.round(weights, 5).tolist(), "offset": np.round(offset, 4).tolist()}
    raw: dict[str, Any] = {
        "name": "outline-1",
        "made_with": "tools/calibrate.py, BlazePose full, f32",
        "people": {"gains": len(people), "intervals": 0},
        "models": models,
        "standing_deg": standing_means(people),
        "foot_length_gain": foot_gain(people),
        "bias_deg": {k: {} for k in ("still", "none")},
        "yaw_bands_deg": list(YAW_BANDS_DEG),
        "half_width_deg": {k: {a: [1.0] * 3 for a in ANGLES} for k in READINGS},
        "hidden_gain_deg": 0.0,
        "ratios": {
            "travel": {"still": 0.1, "upright": 0.15, "none": 1.0},
            "lumbar_range_deg": 5.0, "lumbar_quarter_deg": 5.0, "knee_change_deg": 5.0, "lean_repeat_deg": 1.5,
            "foot_slide_ratio": 0.05, "foot_pitch_deg": 8.0, "hand_ratio": 0.06, "time_s": 0.15,
        },
    }  # fmt: skip
    others = load_observed(options.intervals)
    raw["people"]["intervals"] = len(others)
    biases(people, raw)
    half_widths(others, raw)
    widen(raw["half_width_deg"])
    TARGET.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    load_calibration.cache_clear()
    rep_widths(options.clips, raw)
    TARGET.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in raw.items() if k != "models"}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
