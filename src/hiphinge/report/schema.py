"""The JSON Schema (2020-12) of ``assessment.json``, derived from the data types themselves."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from hiphinge.report.document import SCHEMA_VERSION, document_type

__all__ = ["assessment_schema", "schema_text"]


def assessment_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document.

    Notes
    -----
    A number that is not told is ``null``, never left out and never filled in.
    """
    _, components = msgspec.json.schema_components([document_type()], ref_template="#/$defs/{name}")
    definitions = {name: _allow_null(body) for name, body in sorted(components.items())}
    document = definitions.pop("AssessmentDocument")
    document.pop("title", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hiphinge assessment",
        "description": (
            f"assessment.json, schema version {SCHEMA_VERSION}. Units stand in names and in each measure's "
            "`unit`; null means not told. Intervals (`lo`, `hi`) are 90 %. Research and education."
        ),
        **document,
        "$defs": definitions,
    }


def schema_text() -> str:
    """Return the text of ``docs/assessment.schema.json``."""
    return json.dumps(assessment_schema(), indent=2, ensure_ascii=False) + "\n"


def _allow_null(node: Any) -> Any:
    """Let every plain number be ``null`` too: that is how NaN is written."""
    if isinstance(node, list):
        return [_allow_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "number":
        return {**node, "type": ["number", "null"]}
    if {"type": "null"} in node.get("anyOf", ()):
        return node
    return {key: _allow_null(value) for key, value in node.items()}
