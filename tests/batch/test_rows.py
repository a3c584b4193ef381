"""What the data set says of a clip is what its report says."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from hiphinge.batch.rows import clip_row
from hiphinge.cli.present import _middle_row
from hiphinge.report import words
from hiphinge.report.document import document_bytes
from tests.report.fakes import fake_assessment


@pytest.mark.parametrize("n_reps", [1, 2, 3, 4])
def test_the_median_rep_is_the_middle_one_of_report_and_terminal(n_reps):
    fake = fake_assessment()
    reps = [
        replace(
            fake.measures[0], name="lumbar_flexion", rep=rep, value=10.0 * rep, lo=10.0 * rep - 5, hi=10.0 * rep + 5
        )
        for rep in range(1, n_reps + 1)
    ]
    seen = replace(fake, measures=tuple(reps))
    row = clip_row(msgspec.json.decode(document_bytes(seen)))
    middle = next(one for one in reps if one.value == row["lumbar_flexion_median"])
    assert (row["lumbar_flexion_median_lo"], row["lumbar_flexion_median_hi"]) == (middle.lo, middle.hi)
    shown = _middle_row(seen, "lumbar_flexion", "lumbar flexion")
    assert shown is not None
    assert shown[1] == words.measure_text(middle)
