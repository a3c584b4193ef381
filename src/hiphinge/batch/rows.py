"""The columns of the data set: one row for each source entry, and one for each of its reps and measures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hiphinge.report.words import VIEW_TROUBLE
from hiphinge.verdict import CUT_OFF, DECISIVE

__all__ = ["MAIN_MEASURES", "REASONS_BETWEEN", "Row", "clip_row", "clip_schema", "rep_rows", "rep_schema"]

Row = Mapping[str, str | float | int | bool | None]
#: Measures with columns of their own; for some, which rep asks for most.
MAIN_MEASURES: Mapping[str, Callable[[Sequence[float]], Any] | None] = {
    "lumbar_flexion": np.argmax,
    "hip_flexion": np.argmin,
    "hip_share": np.argmin,
    "trunk_lean": None,
    "pelvis_tilt": None,
    "knee_flexion": None,
    "thoracic_flexion": None,
}
#: Between several reasons in one field.
REASONS_BETWEEN = "; "
_ENDS = ("", "_lo", "_hi")


def clip_row(document: Mapping[str, Any]) -> dict[str, str | float | int | bool | None]:
    """Return what the data set keeps of a clip.

    Parameters
    ----------
    document
        The contents of its ``assessment.json``.

    Returns
    -------
    dict
        By column. Of each main measure the median rep, and the worst where there is one, with their intervals; None
        where it is not told. ``gates`` are the checks of the view that allow no answer to something, ``doubts`` those
        that widen one. Of a clip that cannot be told: ``why`` in a few words and ``reason`` in a sentence, what would
        help as ``next_step``, and no ``cue``.
    """
    verdict, video, provenance = document["verdict"], document["video"], document["provenance"]
    row: dict[str, str | float | int | bool | None] = {
        "outcome": verdict["outcome"],
        "headline": verdict["headline"],
        **_say_untold(verdict, document["quality"]),
        "gates": _join(check["name"] for check in document["quality"] if check["grade"] == "cannot_tell"),
        "doubts": _join(check["name"] for check in document["quality"] if check["grade"] == "usable"),
        "facing": document["facing"],
        "n_people": len(document["people"]),
        "n_reps": len(document["reps"]),
        "n_frames": document["n_frames"],
        "duration_s": document["duration_s"],
        "width_px": video["width_px"],
        "height_px": video["height_px"],
        "rate_hz": video["rate_hz"],
        "is_photograph": video["is_photograph"],
        "answered_ratio": document["answered_ratio"],
        "content_sha256": video["sha256"],
        "model": provenance["model"],
        "precision": provenance["precision"],
        "engine": provenance["engine"],
        "calibration": provenance["calibration"],
        "hiphinge_version": provenance["hiphinge_version"],
        "drill": document["drill"],
    }
    for name, find_worst in MAIN_MEASURES.items():
        row |= _measure_columns(name, document["measures"], find_worst)
    return row


def _say_untold(verdict: Mapping[str, Any], quality: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """Return cue, why, reason and next step: what is told of a clip says how to move, what is not how to film."""
    if verdict["outcome"] != "cannot_tell":
        return {"cue": verdict["cue"], "why": None, "reason": "", "next_step": ""}
    first = next(iter(verdict["reasons"]), "")
    return {"cue": None, "why": _why(first, quality), "reason": first, "next_step": verdict["cue"]}


def _why(first: str, quality: Sequence[Mapping[str, Any]]) -> str:
    """Say in a few words what the report gives as decisive."""
    unseen = [one for one in quality if one["grade"] == "cannot_tell" and DECISIVE & set(one["affects"])]
    whole = [one for one in unseen if "all" in one["affects"]]
    if unseen:
        return _join(VIEW_TROUBLE[one["name"]][0] for one in whole or unseen)
    if CUT_OFF in first:
        return "the bend is cut off"
    what, _, _ = first.partition(":")
    return what[:1].lower() + what[1:] if what.endswith(" was not told") else "the estimate leaves several answers open"


def _measure_columns(
    name: str, measures: Iterable[Mapping[str, Any]], find_worst: Callable[[Sequence[float]], Any] | None
) -> dict[str, str | float | int | bool | None]:
    told = [one for one in measures if one["name"] == name and one["rep"] is not None and one["value"] is not None]
    told.sort(key=lambda one: one["value"])
    values = [float(one["value"]) for one in told]
    chosen = {"median": told[len(told) // 2] if told else None}
    if find_worst is not None:
        chosen["worst"] = told[int(find_worst(values))] if told else None
    return {
        f"{name}_{which}{end}": None if one is None else one[end.strip("_") or "value"]
        for which, one in chosen.items()
        for end in _ENDS
    }


def _join(names: Iterable[str]) -> str:
    return REASONS_BETWEEN.join(dict.fromkeys(names))


def rep_rows(document: Mapping[str, Any]) -> list[dict[str, str | float | int | bool | None]]:
    """Return a row for each rep and measure, with interval and why it is not told, from an ``assessment.json``."""
    times = {rep["number"]: rep for rep in document["reps"]}
    rows: list[dict[str, str | float | int | bool | None]] = []
    for one in document["measures"]:
        if one["rep"] is not None:
            rep = times.get(one["rep"], {})
            rows.append(
                {"rep": one["rep"], "measure": one["name"]}
                | {name: one[name] for name in ("value", "lo", "hi", "unit", "view", "reason")}
                | {name: rep.get(name) for name in ("start_s", "bottom_s", "end_s")}
            )
    return rows


_SOURCE = {
    "entry": "string", "url": "string", "name": "string", "key": "string", "folder": "string", "state": "string",
}  # fmt: skip
_ASSESSED = {
    "outcome": "string", "headline": "string", "cue": "string", "why": "string", "gates": "string",
    "doubts": "string",
    "facing": "string", "n_people": "int32", "n_reps": "int32", "n_frames": "int64", "duration_s": "float64",
    "width_px": "int32", "height_px": "int32", "rate_hz": "float64", "is_photograph": "bool_",
    "answered_ratio": "float64", "content_sha256": "string", "precision": "string", "engine": "string",
    "calibration": "string", "hiphinge_version": "string", "drill": "string",
}  # fmt: skip
_WORK = {
    "kind": "string", "reason": "string", "next_step": "string", "attempts": "int32", "wall_s": "float64",
    "cpu_s": "float64", "worker": "string", "finished_utc": "string",
}  # fmt: skip


def clip_schema() -> Any:
    """Return the columns of ``clips`` with their types; ``model`` and ``criteria`` stand in the folders' names."""
    measures = {
        f"{name}_{which}{end}": "float64"
        for name, worst in MAIN_MEASURES.items()
        for which in (("median",) if worst is None else ("median", "worst"))
        for end in _ENDS
    }
    return _schema(_SOURCE | _ASSESSED | measures | _WORK)


def rep_schema() -> Any:
    """Return the columns of ``reps`` with their types."""
    return _schema(
        {
            "entry": "string", "url": "string", "key": "string", "rep": "int32", "measure": "string",
            "value": "float64", "lo": "float64", "hi": "float64", "unit": "string", "view": "string",
            "reason": "string", "start_s": "float64", "bottom_s": "float64", "end_s": "float64",
        }
    )  # fmt: skip


def _schema(columns: Mapping[str, str]) -> Any:
    import pyarrow as pa

    return pa.schema([(name, getattr(pa, kind)()) for name, kind in columns.items()])
