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
    assert tool.conformal(np.arange(99, 0, -1.0)) == 90.0


def test_it_covers_new_scores_as_often_as_stated(tool):
    rng = np.random.default_rng(0)
    covered = [np.mean(rng.exponential(size=200) <= tool.conformal(rng.exponential(size=200))) for _ in range(400)]
    assert np.mean(covered) == pytest.approx(tool.LEVEL, abs=0.01)


def test_too_few_scores_give_no_quantile(tool):
    with pytest.raises(ValueError, match="at least 30"):
        tool.conformal(np.ones(29))


def test_a_hidden_part_is_hidden_as_change_and_as_value(tool):
    places = tool._places(still=True)
    assert [p.stop - p.start for p in places["belly"]] == [16, 16]
    assert places["view"][1].stop == 2 * sum(tool.GROUPS.values())
    assert len(tool._places(still=False)["belly"]) == 1
