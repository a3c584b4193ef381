"""The published JSON Schema: valid, up to date, and met by what is written."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from hiphinge.model import Outcome
from hiphinge.report.document import assessment_document
from hiphinge.report.schema import assessment_schema, schema_text
from tests.report.fakes import fake_assessment

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_schema_is_a_valid_2020_12_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(assessment_schema())


@pytest.mark.parametrize("outcome", ["hinge", "spine", "cannot_tell"])
def test_written_assessment_meets_the_schema(outcome: Outcome) -> None:
    jsonschema.Draft202012Validator(assessment_schema()).validate(assessment_document(fake_assessment(outcome=outcome)))


def test_assessment_with_untold_numbers_meets_the_schema() -> None:
    assessment = fake_assessment()
    changed = replace(
        assessment,
        reps=(replace(assessment.reps[0], depth_deg=math.nan),),
        answered_ratio=None,
        facing=None,
        criteria={"4.fail_hi": math.inf},
    )
    jsonschema.Draft202012Validator(assessment_schema()).validate(assessment_document(changed))


@pytest.mark.parametrize(("key", "value"), [("verdict", {"outcome": "great"}), ("n_frames", "many"), ("reps", None)])
def test_other_documents_do_not_meet_the_schema(key: str, value: object) -> None:
    document = assessment_document(fake_assessment()) | {key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(assessment_schema()).validate(document)


def test_schema_knows_every_outcome_and_no_evidence() -> None:
    schema = assessment_schema()
    assert set(schema["$defs"]["Verdict"]["properties"]["outcome"]["enum"]) == set(get_args(Outcome))
    assert "evidence" not in schema["properties"]
    assert "Evidence" not in schema["$defs"]
    assert "unit" in schema["$defs"]["Measure"]["required"]


def test_published_schema_is_up_to_date() -> None:
    published = (DOCS / "assessment.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run python tools/make_docs.py"
    assert json.loads(published)["$schema"].endswith("2020-12/schema")
