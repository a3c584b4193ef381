"""Targets and fairness: met, not met, not measured."""

import json
from pathlib import Path

import pytest

from hiphinge.validation.benchmark import measure_clips, measure_stills
from hiphinge.validation.clipreps import read_films
from hiphinge.validation.page import full_page, short_page
from hiphinge.validation.real_manifest import LabelledClip
from hiphinge.validation.real_result import ClipReading, GateGroup, PairReading, RealReport
from hiphinge.validation.run import judge, write_real
from hiphinge.validation.separation import Separation
from hiphinge.validation.stills import BASELINES, StillReadings
from hiphinge.validation.targets import compare_fairly, judge_targets
from tests.validation.fakes import make_film, make_readings

ANGLES = ("trunk_lean", "lumbar_flexion", "hip_flexion", "knee_flexion", "thoracic_flexion")


def measure(*, spread=2.0, half=4.0, turned=None):
    """Numbers of a made-up benchmark."""
    changes = {} if turned is None else {"yaw_deg": turned}
    angles = {a: make_readings(spread=spread, half=half, seed=k, **changes) for k, a in enumerate(ANGLES)}
    read = StillReadings({"still": angles, "none": angles}, {name: make_readings(spread=15) for name in BASELINES})
    made = {"hiphinge": "1", "estimator": "spine-1", "pose_model": "full", "seed": 1, "people": 40, "clips": 3}
    numbers = {"made": made} | measure_stills(read)
    numbers |= measure_clips(read_films([make_film(person=f"v{k}", error=1.0) for k in range(3)]))
    tables = {name: {a: numbers["stills"]["still"].get(a, {}) for a in ANGLES[1:3]} for name in ("one", "other")}
    return numbers | ({"models": tables, "sizes": tables, "films": tables} if turned is None else {})


def find(targets, what, where):
    return next(one for one in targets if (one.what, one.where) == (what, where))


@pytest.fixture(scope="module")
def numbers():
    return measure()


def test_a_figure_within_its_limit_is_met(numbers):
    target = find(judge_targets(numbers), "lumbar flexion, mean abs. error", "stills")
    assert target.reached == numbers["stills"]["still"]["lumbar_flexion"]["mae"]
    assert target.reached < 2.0
    assert target.met is True
    assert target.people == 40
    covers = find(judge_targets(numbers), "lumbar flexion, interval covers", "stills")
    assert covers.reached > 92  # ± 2 SD
    assert covers.met is False


def test_a_figure_beyond_its_limit_is_not_met():
    targets = judge_targets(measure(spread=6.0))
    assert find(targets, "lumbar flexion, mean abs. error", "stills").met is False
    assert find(targets, "lumbar flexion, 95 % of errors within", "stills").met is False
    assert find(targets, "lumbar flexion, mean abs. error", "clips, frames").met is True
    assert find(targets, "lumbar flexion, bias", "clips, bottoms").met is False


def test_bias_counts_either_way(numbers):
    figures = {"bias": -0.9, "bias_interval": [-1.2, 0.3], "people": 9}
    changed = numbers | {"stills": {"still": {"hip_flexion": figures}, "none": {}}}
    target = find(judge_targets(changed), "hip flexion, bias", "stills")
    assert (target.reached, target.interval, target.met) == (0.9, (0.0, 1.2), False)


def test_what_was_not_measured_is_neither_met_nor_not():
    targets = judge_targets(measure(turned=40.0))
    target = find(targets, "lumbar flexion, mean abs. error", "stills")
    assert (target.reached, target.met) == (None, None)


def test_families_and_bands_have_their_targets(numbers):
    targets = judge_targets(numbers)
    assert find(targets, "lumbar flexion, mean abs. error", "all held out").high == 3.5
    lowest = next(one for one in targets if one.what == "hip flexion, interval covers" and "lowest" in one.where)
    highest = next(one for one in targets if one.what == "hip flexion, interval covers" and "highest" in one.where)
    assert lowest.reached <= highest.reached


def test_fairness_is_worst_against_best(numbers):
    rows = compare_fairly(numbers)
    assert {one.group for one in rows} == {"skin", "shirt", "sex"}  # no BMI band has ten people
    for one in rows:
        bands = numbers["bands"][f"still/{one.angle}"][one.group]
        assert one.best_mae == bands[one.best]["mae"] == min(figures["mae"] for figures in bands.values())
        assert one.ratio == bands[one.worst]["mae"] / one.best_mae
    assert find(judge_targets(numbers), "hip flexion, worst ÷ best band", _where(rows)).unit == "×"


def _where(rows):
    one = next(one for one in rows if one.angle == "hip_flexion")
    return f"{one.group} ({one.worst} ÷ {one.best})"


def test_page_holds_every_section_and_figure(numbers):
    page = full_page(judge(numbers))
    mae = numbers["stills"]["still"]["lumbar_flexion"]["mae"]
    assert f"| lumbar flexion, mean abs. error | stills | ≤ 2° | {mae:.2f}°" in page
    assert "estimator `spine-1`" in page
    for title in ("Targets", "Fairness", "Moments of a rep", "Definitions", "Lumbar flexion by band, frames of clips"):
        assert f"## {title}" in page
    for row in ("held out: curve", "onset of rounding", "hip share of quarter 1", "shoulder–hip–knee angle"):
        assert row in page
    assert "nan" not in page
    assert "None" not in page
    widths = [line.count("|") for line in page.splitlines() if line.startswith("| hip flexion |")]
    assert set(widths) == {7, 14}  # fairness has fewer columns


def test_short_page_is_the_main_tables(numbers):
    page = short_page(numbers)
    assert page.count("## ") == 6
    assert "3 clips, 3 reps" in page
    assert "## Targets" not in page


def make_report(numbers, *, auc=0.99, in_order=True):
    clip = LabelledClip("secret.mp4", Path("secret.mp4"), "deadlift", "side", "right", "round")
    reading = ClipReading(clip, "spine", n_told=9)
    sets = [Separation(n, 8, 9, auc, 0.9, 1.0, 40.0, 9.0, 3.0, "score") for n in ("all clips", "deadlifts")]
    pairs = (PairReading("secret.mp4", "b.mp4", 40.0, 9.0, in_order), PairReading("c", "d", 4.0, 1.0, True))
    gate = (GateGroup("side", 4, 1, 0, ("secret.mp4: spine",)),)
    return RealReport("1", "full", numbers["made"]["estimator"], (reading,), tuple(sets), pairs, gate)


def test_real_clips_come_onto_the_page_without_their_names(numbers, tmp_path):
    (tmp_path / "validation.json").write_text(json.dumps(numbers), encoding="utf-8")
    write_real(tmp_path, make_report(numbers, in_order=False))
    page = (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert "| rounded told from flat, AUC | real clips, all clips | ≥ 0.98 | 0.990 (0.900–1.000) | 17 | met |" in page
    assert "| same-person pairs in order | real clips | ≥ 100 % | 50.0 % | 2 | **not met** |" in page
    assert "1 of 2 pairs of the same person in order" in page
    assert "secret" not in page + (tmp_path / "validation.json").read_text(encoding="utf-8")


def test_real_clips_alone_leave_no_page(numbers, tmp_path):
    write_real(tmp_path, make_report(numbers))
    assert not (tmp_path / "validation.md").exists()
    assert json.loads((tmp_path / "validation.json").read_text(encoding="utf-8"))["real"]["pairs"]["in_order"] == 2


def test_without_real_clips_their_targets_are_not_measured(numbers):
    assert find(judge_targets(numbers), "same-person pairs in order", "real clips").met is None
    assert "Not on record: `hiphinge validate --clips" in full_page(judge(numbers))
