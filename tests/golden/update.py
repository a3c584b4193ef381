"""Write the golden assessments: ``python -m tests.golden.update`` in the repository's root.

Run it only when numbers are meant to change, read the difference, and say in the changelog's *Scientific changes*
what moved and why.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hiphinge.model import Assessment
from tests.clip.clips import golden_assessment, golden_clips

FOLDER = Path(__file__).parent


def to_json(assessment: Assessment) -> Any:
    """Plain JSON of an assessment, numbers rounded; without its arrays and the package's version."""
    raw = asdict(assessment)
    del raw["evidence"]
    raw["provenance"]["hiphinge_version"] = ""
    return json.loads(json.dumps(_rounded(raw), ensure_ascii=False))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) + 0.0
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return value


def main() -> None:
    for name in golden_clips():
        text = json.dumps(to_json(golden_assessment(name)), indent=1, ensure_ascii=False, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
