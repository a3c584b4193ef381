import json

import pytest

from tests.clip.clips import golden_assessment, golden_clips
from tests.golden.update import FOLDER, to_json

#: Numbers may differ by this much between machines; words may not differ at all.
TOLERANCE = 0.05


def differences(found, expected, path=""):
    """Paths at which two JSON values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = sorted(set(found) ^ set(expected))
        yield from (f"{path}.{key}: only on one side" for key in keys)
        for key in sorted(set(found) & set(expected)):
            yield from differences(found[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(found) != len(expected):
            yield f"{path}: {len(found)} instead of {len(expected)}"
        for k, (a, b) in enumerate(zip(found, expected, strict=False)):
            yield from differences(a, b, f"{path}[{k}]")
    elif isinstance(expected, float | int) and isinstance(found, float | int) and not isinstance(expected, bool):
        if abs(found - expected) > TOLERANCE * max(1.0, abs(expected) / 100):
            yield f"{path}: {found} instead of {expected}"
    elif found != expected:
        yield f"{path}: {found!r} instead of {expected!r}"


@pytest.mark.parametrize("name", golden_clips())
def test_golden_assessment(name):
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = list(differences(to_json(golden_assessment(name)), expected))
    assert not found, "python -m tests.golden.update writes new ones:\n" + "\n".join(found[:20])


def test_every_golden_file_belongs_to_a_clip():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(golden_clips())


@pytest.mark.parametrize(
    ("name", "outcome", "n_reps"),
    [
        ("hinge", "hinge", 3), ("spine", "spine", 2), ("squat", "squat", 2), ("no_stand_noisy", "hinge", 2),
        ("toe_touch", "typical", 2), ("goat_bag", "hinge", 3), ("spine_model", "hinge", 2),
    ],
)  # fmt: skip
def test_what_the_golden_clips_show(name, outcome, n_reps):
    raw = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert raw["verdict"]["outcome"] == outcome
    assert len(raw["reps"]) == n_reps
