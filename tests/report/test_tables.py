"""The tables: columns, rounding, gaps, grades."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hiphinge.report.tables import (
    FRAME_COLUMNS,
    frame_columns,
    rep_rows,
    write_frames_csv,
    write_frames_parquet,
    write_reps_csv,
)
from tests.report.fakes import fake_assessment


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_frame_columns_stand_in_the_promised_order() -> None:
    assert FRAME_COLUMNS[:12] == (
        "frame",
        "time_s",
        "trunk_lean_deg",
        "pelvis_tilt_deg",
        "hip_flexion_deg",
        "lumbar_flexion_deg",
        "thoracic_flexion_deg",
        "knee_flexion_deg",
        "shank_lean_deg",
        "neck_deg",
        "hip_back_ratio",
        "hip_drop_ratio",
    )
    assert FRAME_COLUMNS[12:14] == ("trunk_lean_lo_deg", "trunk_lean_hi_deg")
    assert "lumbar_flexion_lo_deg" in FRAME_COLUMNS
    assert len(FRAME_COLUMNS) == 2 + 10 + 16


def test_frames_csv_holds_the_numbers_and_leaves_gaps_empty(tmp_path: Path) -> None:
    assessment = fake_assessment()
    write_frames_csv(assessment, tmp_path / "frames.csv")
    rows = _read(tmp_path / "frames.csv")
    columns = frame_columns(assessment)
    assert len(rows) == assessment.n_frames
    for name in FRAME_COLUMNS:
        told = np.array([row[name] != "" for row in rows])
        np.testing.assert_array_equal(told, np.isfinite(columns[name]), err_msg=name)
        written = np.array([float(row[name] or "nan") for row in rows])
        np.testing.assert_allclose(written, columns[name], atol=0.0051, err_msg=name)
    assert not all(row["lumbar_flexion_deg"] for row in rows)
    assert "nan" not in (tmp_path / "frames.csv").read_text(encoding="utf-8").lower()


def test_csv_numbers_are_short_and_have_no_minus_zero(tmp_path: Path) -> None:
    assessment = fake_assessment()
    assert assessment.evidence is not None
    lean = assessment.evidence.motion.trunk_lean
    lean.value_deg[:2] = (-0.0001, 12.3456)
    write_frames_csv(assessment, tmp_path / "frames.csv")
    rows = _read(tmp_path / "frames.csv")
    assert [row["trunk_lean_deg"] for row in rows[:2]] == ["0", "12.35"]
    assert rows[1]["frame"] == "1"
    assert rows[1]["time_s"] == "0.033333"


def test_parquet_is_unrounded_with_nulls_and_units(tmp_path: Path) -> None:
    assessment = fake_assessment()
    write_frames_parquet(assessment, tmp_path / "frames.parquet")
    table = pq.read_table(tmp_path / "frames.parquet")
    columns = frame_columns(assessment)
    assert tuple(table.column_names) == FRAME_COLUMNS
    lumbar = table.column("lumbar_flexion_deg")
    assert lumbar.null_count == int(np.isnan(columns["lumbar_flexion_deg"]).sum()) > 0
    np.testing.assert_array_equal(lumbar.to_numpy(), columns["lumbar_flexion_deg"])
    assert str(table.schema.field("frame").type) == "int64"
    units = {
        name: table.schema.field(name).metadata[b"unit"]
        for name in ("time_s", "lumbar_flexion_lo_deg", "hip_back_ratio", "frame")
    }
    assert units == {
        "time_s": b"second",
        "lumbar_flexion_lo_deg": b"degree",
        "hip_back_ratio": b"foot length",
        "frame": b"1",
    }
    assert table.schema.metadata[b"hiphinge_version"] == assessment.provenance.hiphinge_version.encode()


def test_tables_need_the_evidence() -> None:
    with pytest.raises(ValueError, match="evidence"):
        frame_columns(replace(fake_assessment(), evidence=None))


def test_reps_csv_has_a_row_per_rep_with_interval_and_grade(tmp_path: Path) -> None:
    assessment = fake_assessment(outcome="spine")
    write_reps_csv(assessment, tmp_path / "reps.csv")
    rows = _read(tmp_path / "reps.csv")
    assert [row["rep"] for row in rows] == ["1", "2"]
    measure = next(m for m in assessment.measures if m.name == "lumbar_flexion_deg" and m.rep == 1)
    assert measure.value is not None
    assert float(rows[0]["lumbar_flexion_deg"]) == pytest.approx(measure.value, abs=0.01)
    assert float(rows[0]["lumbar_flexion_lo_deg"]) < float(rows[0]["lumbar_flexion_hi_deg"])
    assert rows[0]["lumbar_flexion_grade"] == "fail"
    assert rows[0]["hip_back_fl"]
    assert rows[0]["has_descent"] == "true"
    assert "repeatability" not in rows[0]


def test_the_grade_that_asks_for_most_is_shown() -> None:
    assessment = fake_assessment()
    first = next(f for f in assessment.findings if f.measure == "lumbar_flexion_deg" and f.rep == 1)
    both = replace(
        assessment, findings=(first, replace(first, rule="4d", grade="caution"), replace(first, grade="pass"))
    )
    header, rows = rep_rows(both)
    assert rows[0][header.index("lumbar_flexion_grade")] == "caution"
    assert rows[1][header.index("lumbar_flexion_grade")] == ""


def test_no_reps_gives_a_header_only(tmp_path: Path) -> None:
    write_reps_csv(fake_assessment(outcome="cannot_tell"), tmp_path / "reps.csv")
    assert (tmp_path / "reps.csv").read_text(encoding="utf-8").startswith("rep,start_s,bottom_s,end_s,")
    assert _read(tmp_path / "reps.csv") == []


def test_a_measure_that_a_rep_lacks_is_empty() -> None:
    assessment = fake_assessment()
    fewer = tuple(m for m in assessment.measures if not (m.name == "hip_share" and m.rep == 2))
    header, rows = rep_rows(replace(assessment, measures=fewer))
    at = header.index("hip_share")
    assert rows[0][at] != ""
    assert rows[1][at : at + 4] == ["", "", "", ""]
