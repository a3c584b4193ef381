"""What ``hiphinge validate`` does: measure, judge the targets, print the page, write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hiphinge.errors import ConfigError, UsageError
from hiphinge.spine.network import load_network
from hiphinge.validation.benchmark import SEED, Numbers, Plan, Progress, measure_benchmark
from hiphinge.validation.page import full_page, short_page
from hiphinge.validation.quick import (
    QuickResult,
    Worse,
    compare_with_record,
    find_checkout,
    find_quick_set,
    measure_quick,
    read_record,
)
from hiphinge.validation.store import ensure_folder, read_json, write_bytes, write_json
from hiphinge.validation.targets import compare_fairly, judge_targets

if TYPE_CHECKING:
    from hiphinge.validation.real_result import RealReport

__all__ = ["JSON_NAME", "PAGE_NAME", "check_quick", "judge", "run_benchmark", "run_quick", "write_real", "write_record"]

PAGE_NAME, JSON_NAME = "validation.md", "validation.json"


def judge(numbers: Numbers) -> Numbers:
    """Return the numbers with ``targets`` and ``fairness``."""
    return numbers | {
        "targets": [target.document() for target in judge_targets(numbers)],
        "fairness": [one.document() for one in compare_fairly(numbers)],
    }


def run_benchmark(plan: Plan, *, write: Path | None, progress: Progress) -> str:
    """Measure the benchmark and return its page; with ``write`` both files are put there.

    The record of the small set is measured anew with it where this is a source checkout, so that all figures on
    record are of one version.
    """
    _refuse_known_people(plan)
    if write is not None:
        ensure_folder(write)
    numbers = measure_benchmark(plan, progress=progress)
    if write is not None:
        real = _read_numbers(write).get("real")
        if real is not None and real["estimator"] == numbers["made"]["estimator"]:
            numbers |= {"real": real}
        if find_checkout() is not None:
            numbers |= {"quick": measure_quick(find_quick_set(), progress=progress).record}
    return _write(judge(numbers), write)


def _refuse_known_people(plan: Plan) -> None:
    """Stop where the spine model was made with people of the set: it would measure how well it remembers them."""
    known = {plan.seed, plan.seed + 1} & load_network().seeds
    if known:
        raise ConfigError(
            f"The spine model was made with people of set {min(known)}.",
            expected="a set of people that it never saw",
            next_step=f"Choose another --seed; the benchmark's is {SEED}.",
        )


def _read_numbers(folder: Path) -> Numbers:
    path = folder / JSON_NAME
    return dict(read_json(path)) if path.is_file() else {}


def _write(numbers: Numbers, folder: Path | None) -> str:
    """Return the page; put it and its numbers into the folder, if there is one."""
    page = full_page(numbers)
    if folder is not None:
        write_json(folder / JSON_NAME, numbers, indent=1)
        write_bytes(folder / PAGE_NAME, page.encode("utf-8"))
    return page


def run_quick(*, write: Path | None, progress: Progress) -> tuple[str, QuickResult]:
    """Measure the small set; with ``write`` its record is put into the figures that are there."""
    result = measure_quick(find_quick_set(), progress=progress)
    if write is not None:
        write_record(write, result.record)
    return short_page(result.numbers), result


def write_record(folder: Path, record: Numbers) -> None:
    """Put the record of the small set into ``validation.json``, leaving everything else there as it is."""
    numbers = _read_numbers(ensure_folder(folder))
    write_json(folder / JSON_NAME, numbers | {"quick": record}, indent=1)


def write_real(folder: Path, report: RealReport) -> None:
    """Put what real clips gave into ``validation.json`` and onto the page, in numbers only: no file is named."""
    from hiphinge.validation.real import to_json

    said = json.loads(to_json(report))
    numbers = _read_numbers(ensure_folder(folder))
    numbers["real"] = {
        "hiphinge": said["hiphinge_version"],
        "estimator": said["estimator"],
        "model": said["model"],
        "clips": len(said["clips"]),
        "read": sum(one["is_read"] for one in said["clips"]),
        "separations": said["separations"],
        "pairs": {"n": len(said["pairs"]), "in_order": sum(one["in_order"] is True for one in said["pairs"])},
        "gate": [{key: one[key] for key in ("name", "n", "n_refused", "n_blocked")} for one in said["gate"]],
    }
    if "stills" in numbers:
        _write(judge(numbers), folder)
    else:
        write_json(folder / JSON_NAME, numbers, indent=1)


def check_quick(result: QuickResult, *, recorded: Path | None = None) -> list[Worse]:
    """Compare the small set with what is on record in ``docs/validation.json``.

    Raises
    ------
    UsageError
        hiphinge does not run from a source checkout, so nothing is on record.
    ConfigError
        The file cannot be read or holds no record.
    """
    root = find_checkout()
    if recorded is None and root is None:
        raise UsageError(
            "--check compares with docs/validation.json, which is not part of an installation.",
            expected="a source checkout of hiphinge.",
            next_step="Leave --check out.",
        )
    path = recorded or Path(str(root)) / "docs" / JSON_NAME
    return compare_with_record(read_record(path), result.record)
