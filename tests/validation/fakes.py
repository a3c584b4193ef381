"""Readings and clips made of numbers, for tests that need no picture."""

import numpy as np

from hiphinge.model import ANGLES, AngleTrack
from hiphinge.validation.agreement import Readings
from hiphinge.validation.bands import columns_of
from hiphinge.validation.films import LIVE_ANGLES, REP_MEASURES, Film

__all__ = ["make_film", "make_readings", "make_rows"]

FAMILIES = ("base", "base", "curve", "loose")


def make_rows(n, *, person="p0", k=0, **changes):
    """Truth rows of one person."""
    row = {
        "person": person,
        "yaw_deg": -5.0 if k % 2 else 15.0,
        "bmi": 17.0 + 4 * (k % 5),
        "sex": ("female", "male")[k % 2],
        "age": 0.65 + 0.05 * (k % 6),
        "garment_cm": 0.3 + 0.5 * (k % 6),
        "arms": "hanging",
        "load": "none",
        "skin": k % 8,
        "shirt_luma": 40 + 30 * (k % 6),
        "lens_m": 0.9,
        "view_angle_deg": 65.0,
        "family": FAMILIES[k % 4],
        "box_px": [0, 100, 50, 500],
        "bystander": False,
        "occluder": bool(k % 2),
        "kind": "bent",
    }
    return [row | {"trunk_lean": 30.0 + 10 * i, "lumbar_flexion": 5.0 + 10 * i} | changes for i in range(n)]


def make_readings(*, people=40, each=4, spread=2.0, seed=0, half=4.0, **changes):
    """Readings with normal errors."""
    rng = np.random.default_rng(seed)
    rows = [row for k in range(people) for row in make_rows(each, person=f"p{k:02d}", k=k, **changes)]
    truth = rng.uniform(0, 60, len(rows))
    value = truth + rng.normal(0, spread, len(rows))
    person = np.array([row["person"] for row in rows])
    return Readings(person, truth, value, value - half, value + half, columns_of(rows))


def make_film(*, person="v0", late_s=0.0, error=0.0, half=5.0, reps=True, told=True, yaw_deg=4.0):
    """A clip of one rep: down from 1 s to 3 s, up to 5 s, lumbar flexion from the middle of the way down on."""
    time_s = np.arange(0, 6, 0.1)
    depth = np.clip(np.minimum((time_s - 1) / 2, (5 - time_s) / 2), 0, 1)
    truth = {name: np.zeros(len(time_s)) for name in ANGLES}
    truth["trunk_lean"] = 80 * depth
    truth["lumbar_flexion"] = 60 * np.clip(depth - 0.5, 0, 1)
    truth["pelvis_tilt"] = 80 * depth - truth["lumbar_flexion"]
    read = {name: np.interp(time_s - late_s, time_s, values) + error for name, values in truth.items()}
    blank = np.full(len(time_s), np.nan)
    angles = {
        n: AngleTrack(v, v - half, v + half) if told else AngleTrack(blank, blank, blank) for n, v in read.items()
    }
    bottom = {name: values[30] + error for name, values in truth.items()} | {f"hip_share_q{k}": 100.0 for k in (1, 2)}
    measures = [[(bottom.get(name, np.nan),) * 3 for name in REP_MEASURES]] if reps else []
    return Film(
        truth={
            "person": {"person": person, "family": "base", "sex": "male", "bmi": 22.0},
            "camera": {"yaw_deg": yaw_deg},
            "scene": {"load": "kettlebell"},
            "reps": [{"start_s": 1.0, "bottom_s": 3.0, "leave_s": 3.0, "end_s": 5.0}],
            "time_s": time_s.tolist(),
            "phase": [
                "stand" if d == 0 else "descent" if t < 3 else "ascent" for t, d in zip(time_s, depth, strict=True)
            ],
            "angles": {name: values.tolist() for name, values in truth.items()},
        },
        rows=np.arange(len(time_s)),
        time_s=time_s,
        angles=angles,
        live={name: angles[name] for name in LIVE_ANGLES},
        rep_s=np.array([[1.1, 3.0, 4.9]] if reps else []).reshape(-1, 3),
        measures=np.array(measures, dtype=float).reshape(-1, len(REP_MEASURES), 3),
        reference="still",
        outcome="mixed",
    )
