"""The charts: accessible, honest about gaps, and right to scale."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import fields, replace

import numpy as np
import pytest

from hiphinge.model import AngleTrack, Measure, Motion
from hiphinge.report.charts import (
    MAX_POINTS,
    Share,
    draw_angle_curves,
    draw_hip_path,
    draw_hip_share,
    quarter_shares,
)
from tests.report.fakes import fake_assessment

SVG = "{http://www.w3.org/2000/svg}"


def _motion(n_frames: int = 240) -> Motion:
    evidence = fake_assessment(n_frames=n_frames).evidence
    assert evidence is not None
    return evidence.motion


def _charts() -> list[str]:
    assessment = fake_assessment()
    motion = _motion()
    return [
        draw_angle_curves(motion, assessment.reps),
        draw_hip_share((Share(0.4, 0.2, 0.6), None, Share(0.7), Share(1.1, 0.8, 1.4))),
        draw_hip_path(motion, assessment.reps),
    ]


@pytest.mark.parametrize("chart", range(3))
def test_chart_is_an_image_with_title_and_description(chart: int) -> None:
    root = ET.fromstring(_charts()[chart])
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    labelled = (root.get("aria-labelledby") or "").split()
    texts = {child.get("id"): child.text for child in root if child.tag in (f"{SVG}title", f"{SVG}desc")}
    assert [bool(texts[name]) for name in labelled] == [True, True]
    assert not list(root.iter(f"{SVG}script"))


def test_curves_break_where_the_angle_is_not_told() -> None:
    assessment = fake_assessment()
    root = ET.fromstring(draw_angle_curves(_motion(), assessment.reps))
    lines = [line for line in root.iter(f"{SVG}polyline") if line.get("stroke-dasharray") == "7 3"]
    told = np.isfinite(_motion().lumbar_flexion.value_deg)
    n_runs = int((np.diff(told.astype(int)) == 1).sum()) + int(told[0])
    assert len(lines) == n_runs > 1
    assert sum(len((line.get("points") or "").split()) for line in lines) == told.sum()


def test_curve_description_names_the_peak() -> None:
    assessment = fake_assessment()
    chart = draw_angle_curves(_motion(), assessment.reps)
    assert "lumbar flexion reaches 12° (7 to 17)" in chart
    assert "2 reps shaded" in chart
    assert ">rep 2<" in chart


def test_unseen_angle_is_said_in_the_description() -> None:
    motion = _motion()
    blank = np.full(len(motion.time_s), np.nan)
    chart = draw_angle_curves(replace(motion, lumbar_flexion=AngleTrack(blank, blank, blank)), ())
    assert "lumbar flexion was not seen" in chart
    assert "hip flexion reaches" in chart


def test_long_clip_is_thinned_and_keeps_its_gap() -> None:
    motion = _motion(20_000)
    chart = ET.fromstring(draw_angle_curves(motion, ()))
    hip = [line for line in chart.iter(f"{SVG}polyline") if line.get("stroke-dasharray") == ""]
    n_points = sum(len((line.get("points") or "").split()) for line in hip)
    assert 0.8 * MAX_POINTS < n_points <= MAX_POINTS
    assert len(hip) == 2


def test_nothing_seen_draws_nothing() -> None:
    motion = _motion()
    blank = np.full(len(motion.time_s), np.nan)
    track = AngleTrack(blank, blank, blank)
    empty = replace(
        motion, hip_flexion=track, lumbar_flexion=track, trunk_lean=track, hip_back_ratio=blank, hip_drop_ratio=blank
    )
    assert draw_angle_curves(empty, ()) == ""
    assert draw_hip_path(empty, ()) == ""
    assert draw_hip_share((None, None, None, None)) == ""
    assert draw_hip_share(()) == ""


def test_single_picture_draws_without_failing() -> None:
    motion = _motion()
    first = {
        field.name: AngleTrack(value.value_deg[:1], value.lo_deg[:1], value.hi_deg[:1])
        if isinstance(value := getattr(motion, field.name), AngleTrack)
        else value[:1]
        for field in fields(motion)
    }
    motion = Motion(**first)
    assert ET.fromstring(draw_angle_curves(motion, ())) is not None


def test_quarter_shares_are_the_middle_reps_with_their_own_intervals() -> None:
    assessment = fake_assessment()
    values = {(1, 1): 40.0, (1, 2): 50.0, (2, 1): 60.0, (2, 2): None}
    measures = tuple(
        Measure(
            f"hip_share_q{quarter}", "share", rep, value,
            None if value is None else value - 20, None if value is None else value + 30, "%", "good", "",
        )
        for (quarter, rep), value in values.items()
    )  # fmt: skip
    assert quarter_shares(replace(assessment, measures=measures)) == (
        Share(0.5, 0.3, 0.8), Share(0.6, 0.4, 0.9), None, None,
    )  # fmt: skip
    assert quarter_shares(replace(assessment, measures=())) == ()


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Share(0.48, 0.2, 0.7), "hips 48 % (20 to 70)"),
        (Share(0.9, 0.6, 1.2), "hips 90 % (60 to 100)"),
        (Share(1.0, 0.7, 1.3), "hips 100 % (70 to 100)"),
        (Share(0.48), "hips 48 %"),
        (Share(1.34, 0.9, 1.5), "hips all of it (hips 90 to 100 %)"),
        (Share(1.4, 1.1, 1.5), "hips all of it, the back straightened"),
        (Share(-0.3, -0.5, 0.2), "lower back all of it (hips 0 to 20 %)"),
        (Share(-0.3, -0.5, -0.1), "lower back all of it, the pelvis tilted back"),
    ],
)  # fmt: skip
def test_a_share_bar_says_only_what_can_be_and_stays_inside(share: Share, words: str) -> None:
    chart = draw_hip_share((share, None))
    assert f">{words}<" in chart
    assert f"first quarter: {words};" in chart
    assert "cannot tell" in chart
    widths = [float(value) for value in re.findall(r'width="([0-9.-]+)" height="24"', chart)]
    assert min(widths) >= 0
    assert max(widths) <= 400
    for x in re.findall(r"[MH]([0-9.-]+)", "".join(re.findall(r'd="(M[^"]*v14[^"]*)"', chart))):
        assert 10 <= float(x) <= 410


def test_hip_path_goes_left_for_back_and_down_for_drop_to_equal_scales() -> None:
    motion = _motion()
    assessment = fake_assessment()
    root = ET.fromstring(draw_hip_path(motion, assessment.reps))
    dots = list(root.iter(f"{SVG}circle"))
    assert len(dots) == 2
    door = next(path for path in root.iter(f"{SVG}path") if path.get("stroke-dasharray") == "6 4")
    door_x = float(re.match(r"M([0-9.]+)", door.get("d") or "")[1])  # type: ignore[index]
    row = assessment.reps[0].bottom_frame
    back, drop = float(motion.hip_back_ratio[row]), float(motion.hip_drop_ratio[row])
    line = next(root.iter(f"{SVG}polyline"))
    zero_y = float((line.get("points") or "").split()[0].split(",")[1])
    unit_x = (door_x - float(dots[0].get("cx") or "nan")) / back
    unit_y = (float(dots[0].get("cy") or "nan") - zero_y) / drop
    assert unit_x > 0
    assert unit_y == pytest.approx(unit_x, rel=0.05)
    assert f"Rep 1: {back:.2f} foot lengths back" in draw_hip_path(motion, assessment.reps)
