"""Bands: who belongs to which, and none where nothing is known."""

import numpy as np

from hiphinge.validation.bands import FAIR_GROUPS, YAW, columns_of, make_bands
from tests.validation.fakes import make_rows


def rows_of(**changes):
    return [row for k in range(8) for row in make_rows(2, person=f"p{k}", k=k, **changes)]


def band(bands, group, label):
    return next(one for one in bands if (one.group, one.label) == (group, label))


def test_yaw_counts_either_way_and_upper_ends_belong_to_their_band():
    columns = columns_of([{"yaw_deg": value} for value in (-9.9, 10.0, -20.0, 40.0, 50.0)])
    bands = make_bands(columns)
    found = [[bool(x) for x in one.rows(columns)] for one in bands if one.group == YAW]
    assert found == [
        [True, True, False, False, False],
        [False, False, True, False, False],
        [False, False, False, False, False],
        [False, False, False, True, False],
    ]


def test_bands_of_a_number_divide_everyone():
    columns = columns_of(rows_of())
    bands = make_bands(columns)
    for group in ("build", "garment", "skin", "shirt", "lumbar flexion", "person's height in the picture"):
        total = sum(one.rows(columns).astype(int) for one in bands if one.group == group)
        assert (total == 1).all(), group


def test_families_held_out_are_told_one_by_one_and_together():
    columns = columns_of(rows_of())
    bands = make_bands(columns)
    labels = [one.label for one in bands if one.group == "family"]
    assert labels == ["base", "held out: curve", "held out: loose", "all held out"]
    unseen = band(bands, "family", "all held out").rows(columns)
    assert unseen.sum() == np.isin(columns["family"], ["curve", "loose"]).sum() == 8


def test_what_no_row_knows_makes_no_band():
    groups = {one.group for one in make_bands(columns_of([{"yaw_deg": 3.0, "trunk_lean": 30.0}]))}
    assert groups == {YAW, "trunk lean"}


def test_words_become_bands_only_where_they_differ():
    groups = [one.group for one in make_bands(columns_of(rows_of()))]
    assert "arms" not in groups
    assert groups.count("sex") == 2
    assert groups.count("in the way") == 2


def test_every_fairness_group_is_a_group():
    assert set(FAIR_GROUPS) <= {one.group for one in make_bands(columns_of(rows_of()))}
