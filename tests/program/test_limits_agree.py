"""A program whose limits contradict each other is refused, with the place."""

import pytest

from hiphinge.errors import ConfigError
from hiphinge.program.read import load_program, read_program, shipped_text


def test_limits_that_contradict_each_other_are_refused() -> None:
    text = shipped_text().replace('rules = "hinge"\n', 'rules = "hinge"\nlimits = { "4.pass_hi" = 40 }\n', 1)
    with pytest.raises(ConfigError, match="passes up to 40, but is not met above 35") as caught:
        read_program(text, name="mine.toml")
    assert "mine.toml, line" in caught.value.what
    assert "fail_lo ≤ pass_lo" in caught.value.expected


def test_the_rounding_has_rules_of_its_own() -> None:
    assert load_program().drill("rounding").rules == "rounding"
