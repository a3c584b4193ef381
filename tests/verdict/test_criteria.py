import pytest

from hiphinge.clip.options import DRILLS
from hiphinge.verdict import check_limits, criteria_for
from hiphinge.verdict.criteria import DRILL_RULES, RULES
from hiphinge.verdict.labels import MEASURE_LABELS

ALL = {spec.rule for spec in RULES}
HINGE_JUDGED = {"1", "1b", "2", "9", "3", "4", "4d", "6", "7", "7b", "8", "10", "10p"}

#: The drill x rule table of the clinical rule set, section 5.5: what each drill judges.
JUDGED = {
    "hinge": HINGE_JUDGED,
    "wall": (HINGE_JUDGED | {"11"}) - {"1", "1b", "3"},
    "goat_bag": HINGE_JUDGED | {"13"},
    "upper_back": HINGE_JUDGED | {"13"},
    "pull_through": HINGE_JUDGED | {"13"},
    "deadlift": (HINGE_JUDGED | {"13"}) - {"3"},
    "toe_touch": {"10", "10p"},
    "pelvic_tilt": {"10", "10p"},
    "rounding": {"10", "10p"},
}
#: What each drill must at least show without judging it.
REPORTED = {"toe_touch": {"1", "1b", "2", "9", "4", "6", "7"}, "pelvic_tilt": {"4"}, "rounding": {"4"}}


def test_every_drill_that_can_be_named_has_rules():
    assert set(DRILLS) == set(DRILL_RULES) == set(JUDGED)


@pytest.mark.parametrize("drill", DRILLS)
def test_drill_by_rule_table(drill):
    criteria = criteria_for(drill)
    assert set(criteria.judged) == JUDGED[drill]
    shown = {spec.rule for spec in criteria.rules} - set(criteria.judged)
    assert REPORTED.get(drill, set()) <= shown
    assert not shown & set(criteria.judged)


@pytest.mark.parametrize("drill", DRILLS)
def test_no_drill_lets_an_explaining_rule_gate(drill):
    assert not {spec.rule for spec in criteria_for(drill).rules if spec.explains} & set(criteria_for(drill).judged)


@pytest.mark.parametrize(
    ("drill", "rule", "side", "value"),
    [
        ("hinge", "1", "pass_lo", 0.60), ("hinge", "1", "fail_lo", 0.35),
        ("hinge", "1b", "pass_lo", 0.50), ("hinge", "1b", "fail_lo", 0.25),
        ("hinge", "2", "pass_hi", 0.30), ("hinge", "2", "fail_hi", 0.60),
        ("hinge", "2b", "pass_lo", 75), ("hinge", "2b", "fail_lo", 50),
        ("hinge", "3", "pass_lo", 50), ("hinge", "3", "pass_hi", 80), ("hinge", "3", "fail_lo", 40),
        ("hinge", "4", "pass_hi", 20), ("hinge", "4", "fail_hi", 35),
        ("hinge", "4b", "pass_hi", 40), ("hinge", "4b", "fail_hi", 60),
        ("hinge", "4c", "pass_hi", 30), ("hinge", "4c", "fail_hi", 45),
        ("hinge", "4d", "pass_hi", 10), ("hinge", "4d", "fail_hi", 15),
        ("hinge", "6", "pass_hi", 10), ("hinge", "6", "fail_hi", 20),
        ("hinge", "7", "pass_lo", 5), ("hinge", "7", "pass_hi", 30), ("hinge", "7", "fail_hi", 40),
        ("hinge", "7b", "pass_hi", 15), ("hinge", "7b", "fail_hi", 25),
        ("hinge", "8", "pass_lo", -12), ("hinge", "8", "pass_hi", 8), ("hinge", "8", "fail_hi", 15),
        ("hinge", "9", "pass_lo", 2.5), ("hinge", "9", "fail_lo", 1.5),
        ("hinge", "10", "pass_hi", 0.05), ("hinge", "10", "fail_hi", 0.10),
        ("hinge", "10p", "pass_hi", 15), ("hinge", "10p", "fail_hi", 20),
        ("hinge", "14", "pass_lo", 1.3), ("hinge", "14", "pass_hi", 2.6), ("hinge", "14r", "pass_hi", 5),
        ("goat_bag", "7", "pass_hi", 45), ("goat_bag", "13", "pass_hi", 0.15),
        ("upper_back", "1", "pass_lo", 0.50), ("upper_back", "1b", "pass_lo", 0.40),
        ("upper_back", "3", "pass_lo", 40), ("upper_back", "3", "pass_hi", 80),
        ("upper_back", "13", "pass_hi", 0.08), ("upper_back", "13", "fail_hi", 0.25),
        ("deadlift", "2", "pass_hi", 0.75), ("deadlift", "2", "fail_hi", 1.05),
        ("toe_touch", "7", "pass_hi", 15), ("wall", "11", "pass_hi", 0.12),
    ],
)  # fmt: skip
def test_limits_of_the_rule_set(drill, rule, side, value):
    assert getattr(criteria_for(drill).rule(rule).limits, side) == value


@pytest.mark.parametrize("spec", RULES, ids=lambda s: s.rule)
def test_every_rule_reads_a_measure_and_has_source_cue_and_label(spec):
    assert spec.measure in MEASURE_LABELS
    assert spec.source
    assert spec.cue.endswith(".")
    assert spec.label
    assert spec.tolerance > 0


def test_precedence_is_that_of_the_rule_set():
    order = [criteria_for("goat_bag").rule(rule).precedence for rule in ("4", "2", "13", "1", "3", "7", "6", "10")]
    assert order == sorted(order)
    assert len(set(order)) == len(order)


def test_overrides_replace_limits_tolerances_and_outcome_numbers():
    criteria = criteria_for("hinge", {"4.pass_hi": 25, "4.tolerance": 2, "hinge_hip_share_min": 55})
    assert criteria.rule("4").limits.pass_hi == 25
    assert criteria.rule("4").limits.fail_hi == 35
    assert criteria.rule("4").tolerance == 2
    assert criteria.hinge_hip_share_min == 55
    assert criteria.as_mapping()["4.pass_hi"] == 25
    assert criteria_for("hinge").rule("4").limits.pass_hi == 20


@pytest.mark.parametrize("name", ["99.pass_hi", "4.pass", "13.pass_hi", "no_such"])
def test_an_override_of_something_else_is_refused(name):
    with pytest.raises(KeyError, match=name):
        criteria_for("hinge", {name: 1.0})


def test_an_unknown_drill_is_refused():
    with pytest.raises(KeyError):
        criteria_for("jump")


@pytest.mark.parametrize("drill", DRILLS)
def test_as_mapping_is_finite_and_complete(drill):
    flat = criteria_for(drill).as_mapping()
    assert flat["drill"] == drill
    assert all(abs(v) < 1e6 for k, v in flat.items() if k != "drill")
    for spec in criteria_for(drill).rules:
        assert f"{spec.rule}.tolerance" in flat
    assert {"hinge_hip_share_min", "spine_lumbar_min_deg", "squat_knee_min_deg"} <= set(flat)


@pytest.mark.parametrize("drill", DRILLS)
def test_the_built_in_limits_agree(drill):
    assert check_limits(criteria_for(drill)) is None


@pytest.mark.parametrize(
    ("overrides", "name", "words"),
    [
        ({"4.pass_hi": 40}, "4.fail_hi", "rule 4 (back flat) passes up to 40, but is not met above 35"),
        ({"4.fail_hi": 15}, "4.fail_hi", "not met above 15"),
        ({"1.pass_lo": 0.3}, "1.fail_lo", "passes from 0.3 on, but is not met below 0.35"),
        ({"3.pass_lo": 85}, "3.pass_lo", "passes from 85 on, but only up to 80"),
        ({"1.fail_hi": 0.9}, "1.fail_hi", "without an upper limit"),
        ({"4.fail_lo": -5}, "4.fail_lo", "without a lower limit"),
        ({"4.tolerance": -1}, "4.tolerance", "tolerance -1"),
        ({"4.pass_hi": float("nan")}, "4.pass_hi", "not a number"),
        ({"4.tolerance": float("nan")}, "4.tolerance", "tolerance nan"),
        ({"hinge_hip_share_min": 40}, "spine_hip_share_max", "lies above hinge_hip_share_min 40"),
        ({"back_first_share_max": 70}, "back_first_share_max", "lies above hips_first_share_min 65"),
        ({"no_bend_lean_max_deg": float("nan")}, "no_bend_lean_max_deg", "not a number"),
    ],
)
def test_limits_that_contradict_each_other_are_named(overrides, name, words):
    found = check_limits(criteria_for("hinge", overrides))
    assert found is not None
    assert found[0] == name
    assert words in found[1]


def test_limits_that_meet_or_are_opened_agree():
    assert check_limits(criteria_for("hinge", {"4.pass_hi": 35})) is None
    assert check_limits(criteria_for("hinge", {"4.fail_hi": float("inf")})) is None
