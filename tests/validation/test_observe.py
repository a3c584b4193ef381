"""Looking at stills: once, again where the truth changed, and never at somebody else."""

import json
import shutil

import numpy as np
import pytest

from hiphinge.errors import ConfigError
from hiphinge.model import PersonCandidate
from hiphinge.pose.base import Survey
from hiphinge.spine import OutlineEstimator, load_calibration
from hiphinge.validation import observe
from hiphinge.validation.quick import find_quick_set
from hiphinge.validation.stills import BASELINES, read_stills


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pictures, one of them bent, of the first person of the small set."""
    place, source = tmp_path_factory.mktemp("people"), find_quick_set() / "stills"
    rows = json.loads((source / "t0000.json").read_text(encoding="utf-8"))
    rows = [*[row for row in rows if row["kind"] == "still"][:2], max(rows, key=lambda row: row["trunk_lean"])]
    (place / "t0000.json").write_text(json.dumps(rows), encoding="utf-8")
    for row in rows:
        shutil.copy(source / row["file"], place)
    return place


@pytest.fixture(scope="module")
def seen(folder):
    return observe.load_observed(folder)


def never(*_args, **_kwargs):
    raise AssertionError("nothing should be looked at")


def test_what_was_seen_is_kept(folder, seen, monkeypatch):
    monkeypatch.setattr(observe, "BlazePose", never)
    again = observe.load_observed(folder)
    assert [one.person for one in again] == ["t0000"]
    for name in ("dorsal_ratio", "hidden", "seat_px"):
        np.testing.assert_array_equal(getattr(again[0].profile, name), getattr(seen[0].profile, name))
    np.testing.assert_array_equal(again[0].poses[1].keypoints_px, seen[0].poses[1].keypoints_px)
    assert (again[0].poses[0].mirrored, again[0].poses[0].width_px) == (seen[0].truth[0]["facing"] == "left", 360)


def test_a_changed_truth_is_looked_at_anew(folder, seen, tmp_path, monkeypatch):
    copy = shutil.copytree(folder, tmp_path / "copy")
    rows = json.loads((copy / "t0000.json").read_text(encoding="utf-8"))
    rows[0]["seed"] = -1
    (copy / "t0000.json").write_text(json.dumps(rows), encoding="utf-8")
    monkeypatch.setattr(observe, "BlazePose", never)
    with pytest.raises(AssertionError, match="looked at"):
        observe.load_observed(copy)


def test_smaller_pictures_are_another_look(folder, seen, tmp_path):
    (small,) = observe.observe_folder(folder, scale=0.5, kept=tmp_path)
    assert small.poses[0].width_px == 180
    bigger = seen[0].segments.hip - seen[0].segments.ankle
    assert np.hypot(*(2 * (small.segments.hip - small.segments.ankle) - bigger)[0]) < 15
    assert [path.name.split("-")[:2] for path in tmp_path.iterdir()] == [["full", "0.5"]]


def test_readings_stand_beside_the_truth(seen):
    read = read_stills(seen, estimator=OutlineEstimator(load_calibration()))
    for kind in ("still", "none"):
        lumbar = read.by_reference[kind]["lumbar_flexion"]
        true = [row["lumbar_flexion"] for row in seen[0].truth]
        # With a stand, truth too counts from the stands that were pictured.
        zero = np.median([true[k] for k, row in enumerate(seen[0].truth) if row["kind"] == "still"])
        assert lumbar.truth.tolist() == pytest.approx([true[2] - (zero if kind == "still" else 0)])
        assert lumbar.lo < lumbar.value < lumbar.hi
        assert abs(lumbar.value - lumbar.truth) < 40
    assert set(read.baselines) == set(BASELINES)
    assert np.isfinite(read.baselines["shoulder–hip–knee angle"].value).all()


def test_one_truth_for_all_is_read_too(folder, tmp_path):
    rows = json.loads((folder / "t0000.json").read_text(encoding="utf-8"))
    (tmp_path / "truth.json").write_text(json.dumps([*rows, rows[0] | {"person": "t0001"}]), encoding="utf-8")
    found = observe.load_truth(tmp_path)
    assert {person: len(some) for person, some in found.items()} == {"t0000": 3, "t0001": 1}


@pytest.mark.parametrize("content", ["{}", "[1]", '[{"person": "a"}]', "nothing"])
def test_a_file_that_is_no_truth_is_said_kindly(tmp_path, content):
    (tmp_path / "t0.json").write_text(content)
    with pytest.raises(ConfigError) as caught:
        observe.load_truth(tmp_path)
    assert caught.value.next_step


class FakeEstimator:
    """Sees people at given places; remembers whom it was told to follow."""

    def __init__(self, *places):
        self.places, self.followed = places, None

    def survey(self, frames, *, person=None):
        self.followed = person
        chosen = len(self.places) - 1 if person is None else person
        people = [PersonCandidate(k, at, 0.8, 1.0, 0.1, k == chosen) for k, at in enumerate(self.places)]
        return Survey(tuple(people), (), ())


ROWS = [{"bystander": True, "hip_px": [100.0, 200.0], "width_px": 400, "height_px": 400}]


def test_beside_a_bystander_the_person_of_the_truth_is_followed():
    estimator = FakeEstimator((0.26, 0.5), (0.8, 0.5))
    assert observe._survey([], estimator, ROWS).people[0].chosen
    assert estimator.followed == 0
    estimator = FakeEstimator((0.1, 0.9), (0.26, 0.5))
    assert observe._survey([], estimator, ROWS).people[1].chosen
    assert estimator.followed is None


def test_where_only_the_bystander_is_seen_nobody_is():
    assert observe._survey([], FakeEstimator((0.8, 0.4)), ROWS) is None
    assert observe._survey([], FakeEstimator(), ROWS) is None


def test_who_is_alone_needs_no_survey():
    assert observe._survey([], None, [{"bystander": False}, {}]) == Survey((), (), ())
