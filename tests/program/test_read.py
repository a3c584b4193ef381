"""Reading a program: the one that ships, edited copies, and every way in which a copy can be broken."""

from __future__ import annotations

import pytest

from hiphinge.errors import ConfigError
from hiphinge.program import load_program, read_program, shipped_text
from hiphinge.verdict.criteria import criteria_for
from tests.synthetic import solve
from tests.verdict.judging import judged

TEXT = shipped_text()
PROGRAM = load_program()


def line_of(fragment: str, text: str = TEXT) -> int:
    return text[: text.index(fragment)].count("\n") + 1


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_the_ladder_is_the_articles() -> None:
    assert [stage.drills for stage in PROGRAM.stages] == [
        ("toe_touch", "pelvic_tilt", "rounding"),
        ("wall_hinge",),
        ("free_hinge",),
        ("goat_bag",),
        ("upper_back", "pull_through"),
        ("deadlift_block",),
        ("deadlift_floor",),
    ]


def test_before_the_first_load_and_the_deadlift_two_sessions_a_day_apart_are_asked() -> None:
    for name in ("free_hinge", "upper_back", "pull_through"):
        gate = PROGRAM.drill(name).gate
        assert gate is not None
        assert (gate.sessions, gate.apart_h, gate.passed, gate.reps) == (2, 24, 8, 10)
        assert gate.effort_any_of == ("hamstrings", "buttocks")
        assert (gate.max_pain, gate.max_morning_rise) == (2, 1)
    wall = PROGRAM.drill("wall_hinge").gate
    assert wall is not None
    assert (wall.sessions, wall.sets, wall.passed, wall.reps, wall.effort_any_of) == (1, 2, 4, 5, ())


def test_every_emergency_of_the_rule_set_is_asked() -> None:
    emergencies = {flag.id for flag in PROGRAM.red_flags if flag.urgency == "emergency"}
    assert {"saddle_numbness", "bladder", "bowel", "sexual_function", "leg_weakness", "trauma"} <= emergencies
    assert len(PROGRAM.red_flags) == 17
    assert all(flag.question.endswith("?") for flag in PROGRAM.red_flags)


def test_no_text_says_what_the_product_does_not_say() -> None:
    for word in ("wrong", "damage", "unstable", "prevent", "cure", "cannot hinge"):
        assert word not in TEXT.lower()


@pytest.mark.parametrize(
    ("drill", "knee", "lean", "arms", "load"),
    [
        ("wall_hinge", 20, 55, "crossed", 0.0),
        ("free_hinge", 20, 60, "crossed", 0.0),
        ("goat_bag", 30, 60, "hug", 0.0),
        ("upper_back", 20, 55, "upper_back", 0.0),
        ("pull_through", 20, 65, "behind_knees", 0.0),
        ("deadlift_block", 39, 60, "mid_foot", 0.0),
        ("deadlift_floor", 69, 70, "mid_foot", 0.5),
    ],
)
def test_an_ideal_rep_of_the_balance_model_passes_its_drill(drill, knee, lean, arms, load) -> None:
    own = PROGRAM.drill(drill)
    j = judged(
        solve(knee=knee, lean=lean, lumbar=8, load=load), drill=own.rules, arms=arms, with_masks=True, half_deg=3.0
    )
    criteria = criteria_for(own.rules, own.limits)
    for finding in j.findings:
        if finding.rep == 1 and finding.rule in criteria.judged:
            limits = criteria.rule(finding.rule).limits
            assert finding.value is not None
            assert limits.pass_lo - 1e-9 <= finding.value <= limits.pass_hi + 1e-9, finding.rule


def test_a_squat_does_not_pass_the_block() -> None:
    own = PROGRAM.drill("deadlift_block")
    limits = criteria_for(own.rules, own.limits).rule("2").limits
    squat = judged(solve(knee=90, lean=45), drill="deadlift").finding("2")
    assert squat.value is not None
    assert squat.value > limits.fail_hi


def test_an_edited_copy_is_read(tmp_path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(changed("passed = 8", "passed = 9"), encoding="utf-8")
    gate = load_program(file).drill("free_hinge").gate
    assert gate is not None
    assert gate.passed == 9


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        (
            'name = "Wall hinge"',
            'nmae = "Wall hinge"',
            'name = "Wall hinge"',
            ("unknown key 'nmae'", "Did you mean 'name'"),
        ),
        ("apart_h = 24", 'apart_h = "a day"', "apart_h = 24", ("apart_h is 'a day'", "a number")),
        ("passed = 8", "passed = 11", "passed = 8", ("gate.passed is 11", "1 to 10")),
        ("apart_h = 24", "apart_h = 0", "apart_h = 24", ("gate.apart_h is 0", "above 0")),
        ('any_of = ["hamstrings"', 'any_of = ["hamstrng"', 'effort_any_of = ["ham', ("hamstrng", "buttocks")),
        ('drills = ["goat_bag"]', "drills = []", 'drills = ["goat_bag"]', ("drills is []", "each once")),
        ("max_pain = 2", "max_pain = 12", "max_pain = 2", ("gate.max_pain is 12", "0 to 10")),
        ("sets = 1\nreps = 3", "sets = -1\nreps = 3", "sets = 1\nreps = 3", ("sets is -1", "0 to 10000")),
        ('kind = "loaded"', 'kind = "heavy"', 'kind = "loaded"', ("'heavy'", "'unloaded' or 'loaded'")),
        ('rules = "goat_bag"', 'rules = "goat"', 'rules = "goat_bag"', ("no rules 'goat'", "goat_bag")),
        ('"2.pass_hi" = 0.45', '"2.pas_hi" = 0.45', '"2.pass_hi"', ("no limit '2.pas_hi'", "4.pass_hi")),
        ('drills = ["goat_bag"]', 'drills = ["goatbag"]', 'drills = ["goat_bag"]', ("no drill 'goatbag'", "goat_bag")),
        ('helps = ["4", "2", "9"]', 'helps = ["99"]', 'helps = ["4", "2", "9"]', ("no rule '99'", "11")),
        ('id = "bowel"', 'id = "bladder"', 'id = "bowel"', ("'bladder' is used twice",)),
        ('source = "finucane"', 'source = "me"', 'source = "finucane"', ("no source 'me'", "finucane")),
        ('hands = "Let the arms hang."\n', "", '[[drill]]\nid = "toe_touch"', ("has no 'hands'", "Add it")),
        ('title = "The hip hinge', "title = 3 #", 'title = "The hip', ("title is 3", "a text in quotes")),
        ('purpose = "Learn to send', 'purpose = "" # send', 'purpose = "Learn', ("purpose is ''", "not empty")),
        ("gates = true", 'gates = "yes"', "gates = true", ("gates is 'yes'", "true or false")),
        ("per_week = [3, 5]", "per_week = [3]", "per_week = [3, 5]", ("per_week is [3]", "a list of 2")),
    ],
)
def test_a_broken_copy_is_refused_with_line_key_and_what_is_allowed(old, new, at, words) -> None:
    with pytest.raises(ConfigError) as caught:
        read_program(changed(old, new), name="mine.toml")
    told = str(caught.value)
    assert f"mine.toml, line {line_of(at)}:" in told
    for word in words:
        assert word in told
    assert "Next: " in told


def test_a_drill_without_a_gate_or_a_stage_is_refused() -> None:
    start, end = TEXT.index("[drill.gate]"), TEXT.index('[[drill]]\nid = "free_hinge"')
    with pytest.raises(ConfigError, match="'wall_hinge' has no gate"):
        read_program(TEXT[:start] + TEXT[end:], name="mine.toml")
    with pytest.raises(ConfigError, match="'goat_bag' is in no stage"):
        read_program(changed('[[stage]]\nid = "front_load"\ndrills = ["goat_bag"]\n', ""), name="mine.toml")
    with pytest.raises(ConfigError, match="each once in all stages"):
        read_program(changed('drills = ["goat_bag"]', 'drills = ["free_hinge"]'), name="mine.toml")


def test_a_program_without_a_way_up_is_refused() -> None:
    text = shipped_text()
    head, drills = text[: text.index("[[stage]]")], text[text.index("# --- Drills ---") :].split("[[drill]]\n")
    screens = "".join(f"[[drill]]\n{one}" for one in drills[1:4])
    with pytest.raises(ConfigError, match="no step has a drill with a gate"):
        read_program(f'{head}[[stage]]\nid = "a"\ndrills = ["toe_touch"]\n{screens}', name="mine.toml")
    with pytest.raises(ConfigError, match="no step has a drill with a gate"):
        read_program(f"stage = []\ndrill = []\n{head}", name="mine.toml")
    mixed = text.replace('["toe_touch", "pelvic_tilt", "rounding"]', '["toe_touch", "pelvic_tilt"]')
    with pytest.raises(ConfigError, match="a question beside a drill with a gate"):
        read_program(mixed.replace('["wall_hinge"]', '["wall_hinge", "rounding"]'), name="mine.toml")


def test_no_emergency_and_no_dose_are_refused() -> None:
    with pytest.raises(ConfigError, match="no red flag is an emergency"):
        read_program(TEXT.replace('"emergency"', '"clinician"'), name="mine.toml")
    with pytest.raises(ConfigError, match="5 to 3 days a week"):
        read_program(changed("per_week = [3, 5]", "per_week = [5, 3]"), name="mine.toml")


def test_a_negative_limit_is_read() -> None:
    program = read_program(changed('"2.pass_hi" = 0.45', '"8.pass_lo" = -14'), name="mine.toml")
    assert program.drill("deadlift_block").limits["8.pass_lo"] == -14.0


@pytest.mark.parametrize("text", ["id = " + "9" * 5000, "id = " + "[" * 3000])
def test_a_file_that_cannot_even_be_parsed_is_refused(text) -> None:
    with pytest.raises(ConfigError, match="is not TOML"):
        read_program(text, name="mine.toml")


def test_broken_toml_and_a_missing_file_are_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"mine.toml is not TOML: .*line 3"):
        read_program('id = "x"\n\nname = \n', name="mine.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_program(tmp_path / "nowhere.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_program(tmp_path / "binary.toml")
