"""The small committed set: measured in seconds, without a renderer, and compared with the figures on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from hiphinge import __version__
from hiphinge.errors import ConfigError, InputNotFound
from hiphinge.validation.benchmark import BANDED, MAIN_MODEL, Numbers, Progress, measure_clips, measure_stills
from hiphinge.validation.clipreps import read_films
from hiphinge.validation.films import watch_folder
from hiphinge.validation.observe import observe_folder
from hiphinge.validation.stills import estimator_version, read_stills
from hiphinge.validation.store import read_json

__all__ = [
    "QuickResult",
    "Worse",
    "compare_with_record",
    "find_checkout",
    "find_quick_set",
    "measure_quick",
    "read_record",
]

#: Bands with fewer pictures than this are not guarded: one picture would decide.
MIN_PICTURES = 10
#: Groups of bands that are guarded.
GROUPS = ("turned from side-on", "garment", "sex", "skin", "lumbar flexion")


@dataclass(frozen=True, slots=True)
class QuickResult:
    """All numbers of the small set (as of the benchmark), and what is put on record of them."""

    numbers: Numbers
    record: Numbers


@dataclass(frozen=True, slots=True)
class Worse:
    """A band that is worse than on record: what got worse, its value then and now, and how far it might have gone."""

    band: str
    what: Literal["error", "told", "covered"]
    recorded: float
    limit: float
    now: float

    def __str__(self) -> str:
        unit = "°" if self.what == "error" else " %"
        now = f"{self.now:.2f}{unit}" if isfinite(self.now) else "not told any more"
        return f"{self.band}, {self.what}: {now}; on record {self.recorded:.2f}{unit}, limit {self.limit:.2f}{unit}"


#: What is recorded of a band.
_RECORDED = ("n", "people", "told_pct", "mae", "mae_interval", "coverage_pct")
#: A band may tell or cover so many points less than on record before it counts as worse.
MAX_LOSS_PCT = 10.0
_SHARES: tuple[tuple[Literal["told", "covered"], str], ...] = (("told", "told_pct"), ("covered", "coverage_pct"))


def find_checkout() -> Path | None:
    """Return the root of the source checkout that this package runs from, None for an installed one."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").is_file() else None


def find_quick_set(root: Path | None = None) -> Path:
    """Return the folder of the small set.

    Raises
    ------
    InputNotFound
        hiphinge does not run from a source checkout, or its set is missing.
    """
    root = root or find_checkout()
    folder = None if root is None else root / "tests" / "data" / "validation"
    if folder is None or not (folder / "stills").is_dir() or not (folder / "clips").is_dir():
        raise InputNotFound(
            "The small set of --quick is not here" + ("." if folder is None else f": {str(folder)!r}."),
            expected="a source checkout of hiphinge, with tests/data/validation.",
            next_step="Clone the repository and install it with pip install -e ., or run without --quick.",
        )
    return folder


def measure_quick(folder: Path, *, progress: Progress = lambda _text: None) -> QuickResult:
    """Look at the small set; nothing is kept.

    Parameters
    ----------
    folder
        With ``stills/`` and ``clips/``.
    progress
        Told what is under way.
    """
    with TemporaryDirectory() as place:
        kept = Path(place)
        progress("Looking at stills.")
        stills = read_stills(observe_folder(folder / "stills", model=MAIN_MODEL, kept=kept))
        progress("Assessing clips.")
        films = read_films(watch_folder(folder / "clips", kept=kept, model=MAIN_MODEL))
    numbers = measure_stills(stills) | measure_clips(films)
    record = {
        "hiphinge": __version__,
        "estimator": estimator_version(),
        "bands": {name: {key: figures[key] for key in _RECORDED} for name, figures in _guarded(numbers)},
    }
    return QuickResult(numbers, record)


def _guarded(numbers: Numbers) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the bands that are guarded: each angle with and without a stand, its bands, frames of clips."""
    found: dict[str, Mapping[str, Any]] = {}
    for kind in ("still", "none"):
        for angle in BANDED:
            found[f"stills/{kind}/{angle}"] = numbers["stills"][f"{kind}, any yaw"].get(angle, {})
    for angle in BANDED[:2]:
        found[f"clips/frames/{angle}"] = numbers["clips"]["frames"].get(angle, {})
        found[f"clips/live/{angle}"] = numbers["clips"]["live"].get(angle, {})
        for group in GROUPS:
            for label, figures in numbers["bands"][f"still/{angle}"].get(group, {}).items():
                found[f"stills/still/{angle}/{group}/{label}"] = figures
    for name, figures in found.items():
        if figures.get("n", 0) >= MIN_PICTURES and figures.get("mae_interval") is not None:
            yield name, figures


def read_record(path: Path) -> Numbers:
    """Read what is on record of the small set.

    Raises
    ------
    ConfigError
        The file cannot be read or holds no such record.
    """
    record = read_json(path).get("quick")
    if not isinstance(record, dict) or not isinstance(record.get("bands"), dict):
        raise ConfigError(
            f"{str(path)!r} holds no record of the small set.",
            expected='a key "quick" with figures per band',
            next_step="Record it: hiphinge validate --quick --write docs",
        )
    return record


def compare_with_record(recorded: Numbers, now: Numbers) -> list[Worse]:
    """Return the bands whose error left its recorded interval, or that tell or cover clearly less.

    Parameters
    ----------
    recorded, now
        ``QuickResult.record`` of then and of now. A band that is no longer told counts as worse.
    """
    found = []
    for band, then in recorded["bands"].items():
        figures = now["bands"].get(band, {})
        most = float(then["mae_interval"][1])
        mae = float(figures.get("mae", inf))
        if mae > most:
            found.append(Worse(band, "error", float(then["mae"]), most, mae))
        for what, key in _SHARES:
            least = float(then[key]) - MAX_LOSS_PCT
            if key in figures and float(figures[key]) < least:
                found.append(Worse(band, what, float(then[key]), least, float(figures[key])))
    return found
