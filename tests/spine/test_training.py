"""The tool that trains the spine model: what its intervals are made of."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "train_spine.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("train_spine", TOOL)
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their own module up.
    import sys

    sys.modules["train_spine"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["train_spine"]


def test_the_conformal_quantile_is_one_rank_above_the_plain_one(tool):
    # 99 scores: rank ceil(100 x 0.9) = 90th smallest.
    assert tool.conformal(np.arange(99, 0, -1.0), np.arange(99)) == 90.0


def test_every_person_counts_the_same_however_many_pictures_they_gave(tool):
    # 50 people of one picture each, score 1 to 50; the 51st gave 1000 pictures with score 0 and counts once.
    score, person = np.r_[np.arange(1, 51.0), np.zeros(1000)], np.r_[np.arange(50), np.full(1000, 50)]
    assert tool.conformal(score, person) == 46.0  # 47 of 52 people


def test_it_covers_new_scores_as_often_as_stated(tool):
    rng = np.random.default_rng(0)
    covered = [
        np.mean(rng.exponential(size=200) <= tool.conformal(rng.exponential(size=200), np.arange(200)))
        for _ in range(400)
    ]
    assert np.mean(covered) == pytest.approx(tool.LEVEL, abs=0.01)


def test_too_few_scores_give_no_quantile(tool):
    with pytest.raises(ValueError, match="8 people give no quantile"):
        tool.conformal(np.ones(80), np.arange(80) % 8)
    assert tool.conformal(np.arange(9.0), np.arange(9)) == 8.0


def test_a_hidden_part_is_hidden_as_change_and_as_value(tool):
    places = tool._places(still=True)
    assert [p.stop - p.start for p in places["belly"]] == [16, 16]
    assert places["view"][1].stop == 2 * sum(tool.GROUPS.values())
    assert len(tool._places(still=False)["belly"]) == 1


def test_kept_weights_come_back_with_their_quantiles_unset_and_only_for_the_same_people(tool):
    own = {"0.w0": np.eye(2, dtype=np.float16), "mean": np.ones(3, dtype=np.float32)}
    parts = {
        kind: (own, {"usual_distance": [1.0, 2.0], "quantile": {"hip_flexion": [3.0]}}) for kind in ("still", "none")
    }
    data = tool.pack(parts, 1, {"truth_sha256": ["a", "b"]})
    kept, members = tool.unpack(data, {"truth_sha256": ["a", "c"]})
    assert members == 1
    assert kept["none"][0]["0.w0"].tolist() == [[1, 0], [0, 1]]
    assert kept["still"][1]["usual_distance"] == [1.0, 2.0]
    assert kept["still"][1]["quantile"] == {name: [1.0, 1.0, 1.0] for name in tool.OUTPUTS}
    with pytest.raises(SystemExit, match="not trained on these people"):
        tool.unpack(data, {"truth_sha256": ["x", "b"]})
