"""From an ``Assessment`` to files: JSON, tables, charts, the report page, the annotated video."""

from hiphinge.report.document import (
    SCHEMA_VERSION,
    assessment_document,
    read_assessment,
    write_assessment,
)
from hiphinge.report.folder import check_folder, result_names, write_folder
from hiphinge.report.page import render_page
from hiphinge.report.schema import assessment_schema

__all__ = [
    "SCHEMA_VERSION",
    "assessment_document",
    "assessment_schema",
    "check_folder",
    "read_assessment",
    "render_page",
    "result_names",
    "write_assessment",
    "write_folder",
]
