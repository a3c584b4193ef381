"""``assessment.json``: round trip, NaN, versions."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hiphinge.errors import ConfigError
from hiphinge.report.document import (
    SCHEMA_VERSION,
    assessment_document,
    document_bytes,
    read_assessment,
    write_assessment,
)
from tests.report.fakes import fake_assessment


def test_round_trip_keeps_everything_but_the_evidence(tmp_path: Path) -> None:
    assessment = fake_assessment()
    write_assessment(assessment, tmp_path / "assessment.json")
    again = read_assessment(tmp_path / "assessment.json")
    assert again == assessment
    assert again.evidence is None
    assert again.people[0].center_ratio == assessment.people[0].center_ratio


def test_document_has_the_promised_keys_in_order_and_no_evidence() -> None:
    keys = list(assessment_document(fake_assessment()))
    assert keys[0] == "schema_version"
    assert {"verdict", "reps", "measures", "quality", "criteria", "provenance", "notice"} <= set(keys)
    assert "evidence" not in keys


def test_same_assessment_gives_the_same_bytes() -> None:
    assert document_bytes(fake_assessment()) == document_bytes(fake_assessment())


def test_nan_is_written_as_null_and_read_as_not_told(tmp_path: Path) -> None:
    assessment = fake_assessment()
    measure = replace(assessment.measures[0], value=math.nan, lo=math.nan, hi=math.inf)
    rep = replace(assessment.reps[0], depth_deg=math.nan)
    changed = replace(
        assessment, measures=(measure,), reps=(rep,), criteria={"open.pass_hi": math.inf, "drill": "hinge"}
    )
    write_assessment(changed, tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert document["measures"][0]["value"] is None
    assert document["measures"][0]["hi"] is None
    again = read_assessment(tmp_path / "a.json")
    assert again.measures[0].value is None
    assert math.isnan(again.reps[0].depth_deg)
    assert isinstance(again.criteria["open.pass_hi"], float)


def test_numpy_numbers_are_written_as_numbers() -> None:
    assessment = fake_assessment()
    changed = replace(assessment, n_frames=np.int64(7), answered_ratio=np.float64(0.5), duration_s=np.float32(2.0))
    document = assessment_document(changed)
    assert (document["n_frames"], document["answered_ratio"], document["duration_s"]) == (7, 0.5, 2.0)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be written"):
        document_bytes(replace(fake_assessment(), n_frames=object()))  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["1.1", "2.0", "0.9", "one", "", 3, None])
def test_unknown_version_names_both_versions(tmp_path: Path, version: object) -> None:
    document = assessment_document(fake_assessment()) | {"schema_version": version}
    path = tmp_path / "assessment.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_assessment(path)
    assert repr(version) in caught.value.what
    assert SCHEMA_VERSION in caught.value.expected
    assert caught.value.next_step


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", "{}", '{"schema_version": "1.0"}'])
def test_what_is_no_assessment_is_said_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "assessment.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_assessment(path)
    assert str(path) in caught.value.what


def test_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_assessment(tmp_path / "absent.json")
