"""The targets of the instrument: what was aimed at, what was reached, and whether no fairness band lags behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hiphinge.validation.bands import BASE_FAMILY, FAIR_GROUPS

__all__ = ["FAIR_RATIO", "Fairness", "Target", "compare_fairly", "judge_targets", "named"]

#: No fairness band may have an error larger than this many times the best band's.
FAIR_RATIO = 1.5
#: A band with fewer people than this is not judged: its figure says more of them than of the band.
MIN_PEOPLE = 10
_MAIN = ("lumbar_flexion", "hip_flexion", "knee_flexion", "thoracic_flexion")
_LARGEST_MAE = {"lumbar_flexion": 2.0, "hip_flexion": 2.0, "knee_flexion": 2.0, "thoracic_flexion": 3.0}

Numbers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One target: ``limit`` is ``(low, high)``, ``reached`` None where the benchmark holds nothing to judge it by."""

    what: str
    where: str
    unit: Literal["°", "%", "×", ""]
    low: float | None
    high: float | None
    reached: float | None
    interval: tuple[float, float] | None
    people: int

    @property
    def met(self) -> bool | None:
        """Whether the figure lies within the limits; None where there is none."""
        if self.reached is None:
            return None
        return (self.low is None or self.reached >= self.low) and (self.high is None or self.reached <= self.high)

    def document(self) -> dict[str, Any]:
        """Return the target as JSON holds it."""
        return asdict(self) | {"met": self.met}


@dataclass(frozen=True, slots=True)
class Fairness:
    """Best and worst band of a group: mean absolute errors and their ratio."""

    angle: str
    group: str
    best: str
    best_mae: float
    worst: str
    worst_mae: float

    @property
    def ratio(self) -> float:
        """Worst ÷ best."""
        return self.worst_mae / self.best_mae

    def document(self) -> dict[str, Any]:
        """Return the comparison as JSON holds it."""
        return asdict(self) | {"ratio": round(self.ratio, 3), "met": self.ratio <= FAIR_RATIO}


def named(angle: str) -> str:
    """Return an angle's name as people read it."""
    return angle.replace("_", " ")


def _target(what: str, where: str, figures: Numbers | None, key: str, **limits: Any) -> Target:
    figures = figures or {}
    unit: Literal["°", "%"] = "%" if key.endswith("pct") else "°"
    value, interval = figures.get(key), figures.get(f"{key}_interval")
    if value is not None and key == "bias":
        value = abs(value)
        interval = None if interval is None else _absolute(interval)
    return Target(
        what,
        where,
        unit,
        limits.get("low"),
        limits.get("high"),
        value,
        None if interval is None else (interval[0], interval[1]),
        int(figures.get("people", 0)),
    )


def _absolute(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    return (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))


def judge_targets(numbers: Numbers) -> list[Target]:
    """Return every target with what was reached."""
    return [*_accuracy(numbers), *_harder(numbers), *_intervals(numbers), *_fair(numbers), *_real(numbers)]


def _places(numbers: Numbers) -> Iterator[tuple[str, Numbers]]:
    """Where the targets hold: stills, frames of clips, bottoms of reps."""
    yield "stills", numbers.get("stills", {}).get("still", {})
    clips = numbers.get("clips", {})
    yield "clips, frames", clips.get("frames", {})
    yield "clips, bottoms", clips.get("bottoms", {})


def _accuracy(numbers: Numbers) -> Iterator[Target]:
    for where, angles in _places(numbers):
        for angle in _MAIN:
            yield _target(f"{named(angle)}, mean abs. error", where, angles.get(angle), "mae", high=_LARGEST_MAE[angle])
        yield _target("lumbar flexion, 95 % of errors within", where, angles.get("lumbar_flexion"), "p95", high=5.0)
        for angle in _MAIN:
            yield _target(f"{named(angle)}, bias", where, angles.get(angle), "bias", high=0.7)


def _harder(numbers: Numbers) -> Iterator[Target]:
    lumbar = "lumbar flexion, mean abs. error"
    yield _target(lumbar, "no reference", numbers["stills"]["none"].get("lumbar_flexion"), "mae", high=3.0)
    bands = numbers["bands"]["still/lumbar_flexion"]
    loose = bands.get("garment", {}).get("loose, over 2 cm")
    yield _target(lumbar, "loose clothes", loose, "mae", high=4.0)
    turned = bands.get("turned from side-on", {}).get("20–35°")
    yield _target(lumbar, "turned 20–35°", turned, "mae", high=4.0)
    for label, figures in bands.get("family", {}).items():
        if label != BASE_FAMILY:
            yield _target(lumbar, label, figures, "mae", high=3.5)
            yield _target("lumbar flexion, interval covers", label, figures, "coverage_pct", low=85.0)


def _intervals(numbers: Numbers) -> Iterator[Target]:
    for angle in _MAIN:
        figures = numbers["stills"]["still"].get(angle)
        yield _target(f"{named(angle)}, interval covers", "stills", figures, "coverage_pct", low=88.0, high=92.0)
    for angle in _MAIN:
        told = [
            (figures["coverage_pct"], f"{group}: {label}", figures)
            for group, labels in numbers["bands"][f"still/{angle}"].items()
            for label, figures in labels.items()
            if figures["people"] >= MIN_PEOPLE and figures.get("coverage_pct") is not None
        ]
        for word, choose in (("lowest", min), ("highest", max)) if told else ():
            _, band, figures = choose(told, key=lambda one: one[0])
            what, where = f"{named(angle)}, interval covers", f"{word} band ({band})"
            yield _target(what, where, figures, "coverage_pct", low=85.0, high=95.0)


def compare_fairly(numbers: Numbers) -> list[Fairness]:
    """Compare best and worst band of every fairness group, with the person's own stand."""
    found = []
    for angle in _MAIN:
        for group in FAIR_GROUPS:
            told = [
                (figures["mae"], label)
                for label, figures in numbers["bands"][f"still/{angle}"].get(group, {}).items()
                if figures["people"] >= MIN_PEOPLE and figures.get("mae")
            ]
            if len(told) > 1:
                (best_mae, best), (worst_mae, worst) = min(told), max(told)
                found.append(Fairness(angle, group, best, best_mae, worst, worst_mae))
    return found


def _fair(numbers: Numbers) -> Iterator[Target]:
    for one in compare_fairly(numbers):
        where = f"{one.group} ({one.worst} ÷ {one.best})"
        yield Target(
            f"{named(one.angle)}, worst ÷ best band", where, "×", None, FAIR_RATIO, round(one.ratio, 3), None, 0
        )


def _real(numbers: Numbers) -> Iterator[Target]:
    """Hand-labelled real clips, where ``hiphinge validate --clips`` put them on record."""
    real = numbers.get("real", {})
    found = {one["name"]: one for one in real.get("separations", ())}
    what = "rounded told from flat, AUC"
    for name in ("all clips", "deadlifts"):
        one = found.get(name, {})
        auc, interval = one.get("auc"), (one.get("lo"), one.get("hi"))
        n = one.get("n_round", 0) + one.get("n_flat", 0)
        yield Target(what, f"real clips, {name}", "", 0.98, None, auc, interval if auc is not None else None, n)
    pairs = real.get("pairs", {})
    in_order = 100 * pairs["in_order"] / pairs["n"] if pairs.get("n") else None
    yield Target("same-person pairs in order", "real clips", "%", 100.0, None, in_order, None, pairs.get("n", 0))
