"""Assessing a clip by the rules of a drill: criteria, reference, assessments made before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hiphinge.clip.options import AssessOptions, ProgressCallback
from hiphinge.clip.settings import load_criteria
from hiphinge.errors import ConfigError, UsageError
from hiphinge.model import Assessment
from hiphinge.program import load_program
from hiphinge.report import write_assessment
from hiphinge.service.clips import assess_clip, write_criteria
from hiphinge.verdict import criteria_for
from tests.clip.clips import golden_assessment

PROGRAM = load_program()


class Spy:
    """Remembers what it was called with, and what the files said at that time."""

    def __init__(self) -> None:
        self.options = AssessOptions()
        self.limits: float | str = 0.0
        self.reference = b""
        self.name: str | None = None

    def __call__(
        self,
        path: Path,
        options: AssessOptions,
        *,
        name: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> Assessment:
        self.options, self.name = options, name
        self.limits = load_criteria(options.drill, options.criteria).as_mapping()["4.pass_hi"]
        self.reference = Path(options.reference).read_bytes() if options.reference else b""
        return golden_assessment("hinge")


def test_limits_of_the_drill_judge_the_clip_and_the_rest_of_the_options_stay(tmp_path: Path) -> None:
    drill = replace(PROGRAM.drill("free_hinge"), limits={"4.pass_hi": 25.0, "10p.fail_hi": 22.0})
    spy = Spy()
    assess_clip(Path("a/clip.mp4"), drill, AssessOptions(out="there", facing="left"), runner=spy, reference=b"{}")
    assert (spy.options.drill, spy.limits) == ("hinge", 25.0)
    assert (spy.options.out, spy.options.facing, spy.name) == ("there", "left", "clip")
    assert spy.reference == b"{}"
    assert spy.options.criteria is not None
    assert not Path(spy.options.criteria).exists()


def test_without_limits_or_reference_no_file_is_written() -> None:
    spy = Spy()
    assess_clip(Path("clip.mp4"), PROGRAM.drill("free_hinge"), AssessOptions(), runner=spy)
    assert (spy.options.criteria, spy.options.reference, spy.limits) == (None, None, 20)


@pytest.mark.parametrize("drill", [drill.id for drill in PROGRAM.drills])
def test_every_limit_of_the_program_comes_through_the_criteria_file(tmp_path: Path, drill: str) -> None:
    one = PROGRAM.drill(drill)
    path = write_criteria(one.limits, tmp_path / "criteria.toml")
    assert load_criteria(one.rules, path) == criteria_for(one.rules, one.limits)


def test_an_outcomes_limit_goes_into_its_own_table(tmp_path: Path) -> None:
    path = write_criteria({"hinge_hip_share_min": 55.0, "1b.fail_lo": -0.1}, tmp_path / "criteria.toml")
    found = load_criteria("hinge", path)
    assert found.hinge_hip_share_min == 55.0
    assert found.rule("1b").limits.fail_lo == -0.1


def test_an_assessment_made_before_is_read_without_running(tmp_path: Path) -> None:
    path = tmp_path / "assessment.json"
    write_assessment(golden_assessment("hinge"), path)
    spy = Spy()
    read = assess_clip(path, PROGRAM.drill("free_hinge"), AssessOptions(), runner=spy)
    assert read.verdict.outcome == "hinge"
    assert spy.name is None


def test_an_assessment_by_other_rules_or_limits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "assessment.json"
    write_assessment(golden_assessment("hinge"), path)
    with pytest.raises(UsageError, match="assessed as 'hinge', and Wall hinge is judged as 'wall'"):
        assess_clip(path, PROGRAM.drill("wall_hinge"), AssessOptions(), runner=Spy())
    drill = replace(PROGRAM.drill("free_hinge"), limits={"4.pass_hi": 25.0})
    with pytest.raises(UsageError, match=r"judged with 4.pass_hi = 20.*, the program says 25"):
        assess_clip(path, drill, AssessOptions(), runner=Spy())
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError):
        assess_clip(path, PROGRAM.drill("free_hinge"), AssessOptions(), runner=Spy())
