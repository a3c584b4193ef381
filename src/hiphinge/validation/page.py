"""The page ``docs/validation.md`` from the numbers of ``docs/validation.json``: nothing on it is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hiphinge.validation.targets import named

__all__ = ["full_page", "short_page"]

Numbers = Mapping[str, Any]

_HEAD = (
    "| | people | n | told | bias | limits of agreement | mean abs. error (95 %) | RMSE | 95 % within | ICC(A,1) "
    "| over 10° | interval covers | ± |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)
_BAND_HEAD = (
    "| | people | n | told | bias | mean abs. error (95 %) | 95 % within | interval covers | ± |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
_INTRO = """# How exact hiphinge is, on rendered people

Written by `hiphinge validate --write docs` (do not edit): {people} people as stills and {clips} others as clips, set
{seed}, of which the spine model saw nobody; estimator `{estimator}`, pose model {pose_model}, hiphinge
{hiphinge}. Half of them come from families that no training person comes from (lumbar shares, standing curves, loose
garments, a second rig). Every figure is of the whole pipeline, decoder to angle, over pictures with the trunk leaning
more than 20°; unless a table says otherwise people are turned at most 20° from side-on. Brackets are 95 % intervals
that draw people, not pictures. Stills draw hips, spine, knees, arms and view independently of each other, which is
harder than any real movement; they are told which way the person faces, which pictures are the stand and, beside a
second person, whom to follow. Clips are a stand and two reps, assessed as a
user would. Rendered people are not real people: no real person's spine has been measured against hiphinge yet.
"""
_DEFINITIONS = """## Definitions

*Told*: share of pictures with an answer; the rest is *cannot tell*. *Bias*: mean of read minus true. *Limits of
agreement*: bias ± 1.96 SD, variance between and within people added (Bland and Altman 2007). *ICC(A,1)*: absolute
agreement, one reading (McGraw and Wong 1996). *Interval covers*: share of told pictures whose 90 % interval holds the
truth; *±* is its mean half-width. The definitions are those of `poseaudit` 0.7.2, and a test compares with it.
*Bottom*: what the result tells of a rep, beside the truth where the trunk truly leans most. *Peak*: the largest lumbar
flexion of a rep. *Onset of rounding*: over the true way down, the last time before its peak at which lumbar flexion,
counted from the start of the way down, rises through a tenth of its peak, at least 4°; only where that peak reaches
10°; in % of the way down's time. *Hip share of a quarter*: pelvis ÷ (pelvis + lumbar) while the thorax turns through
that quarter of its turn on the way down.
"""


def full_page(numbers: Numbers) -> str:
    """Return the whole page.

    Parameters
    ----------
    numbers
        What ``measure_benchmark`` returned, with ``targets`` and ``fairness``.
    """
    stills, clips = numbers["stills"], numbers["clips"]
    parts = [
        _INTRO.format(**numbers["made"]),
        _targets(numbers["targets"]),
        _table("Stills, with the person's still stand", stills["still"]),
        _table("Stills, without a still stand", stills["none"]),
        _table("What other tools do, on the same stills", numbers["baselines"]),
        _table("Clips, frame by frame", clips["frames"], note=_counts(clips["counts"])),
        _table("Clips, read causally", clips["live"], note=_CAUSAL),
        _table("Clips, at the bottom of each rep", clips["bottoms"]),
        _moments(clips),
        _table("Stills at any yaw, with the person's still stand", stills["still, any yaw"]),
        _compared("Pose models, stills with a stand", numbers["models"]),
        _compared("Smaller pictures of the same stills (median height of the person), with a stand", numbers["sizes"]),
        _compared("Fewer or smaller pictures of the same clips, encoded once more", numbers["films"]),
        _fairness(numbers["fairness"]),
        _real(numbers.get("real")),
        *_bands(numbers),
        _DEFINITIONS,
    ]
    return "\n".join(parts).rstrip() + "\n"


def short_page(numbers: Numbers) -> str:
    """Return the main tables of a small set."""
    stills, clips = numbers["stills"], numbers["clips"]
    parts = [
        _table("Stills, with the person's still stand", stills["still, any yaw"]),
        _table("Stills, without a still stand", stills["none, any yaw"]),
        _table("What other tools do, on the same stills", numbers["baselines"]),
        _table("Clips, frame by frame", clips["frames"], note=_counts(clips["counts"])),
        _table("Clips, read causally", clips["live"], note=_CAUSAL),
        _table("Clips, at the bottom of each rep", clips["bottoms"]),
    ]
    return "\n".join(parts).rstrip() + "\n"


_CAUSAL = (
    "Each frame is read from itself and those before it, as in live coaching; until the stand is over, without it. "
    "Whom to follow, which way they face and which stretch is the stand are what the whole clip said."
)


def _degrees(value: float | None, *, sign: bool = False, unit: str = "°") -> str:
    if value is None:
        return "–"
    return (f"{value:+.1f}" if sign else f"{value:.1f}").replace("-", "−") + unit


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} %"


def _with_interval(figures: Numbers, key: str, unit: str = "°") -> str:
    """Value and bootstrap interval."""
    value, interval = figures.get(key), figures.get(f"{key}_interval")
    if value is None:
        return "–"
    span = "" if interval is None else f" ({interval[0]:.1f}–{interval[1]:.1f})"
    return f"**{value:.1f}{unit}**{span}"


def _row(label: str, figures: Numbers, unit: str) -> str:
    """One row of the wide table."""
    limits = "–"
    if figures.get("loa_low") is not None:
        low, high = (_degrees(figures[key], sign=True, unit="") for key in ("loa_low", "loa_high"))
        limits = f"{low} to {high}{unit}"
    icc = figures.get("icc")
    cells = (
        label,
        figures["people"],
        figures["n"],
        _percent(figures.get("told_pct")),
        _degrees(figures.get("bias"), sign=True, unit=unit),
        limits,
        _with_interval(figures, "mae", unit),
        _degrees(figures.get("rmse"), unit=unit),
        _degrees(figures.get("p95"), unit=unit),
        "–" if icc is None else f"{icc:.3f}".replace("-", "−"),
        _percent(figures.get("large_pct")),
        _percent(figures.get("coverage_pct")),
        _degrees(figures.get("half_width"), unit=unit),
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _band_row(label: str, figures: Numbers) -> str:
    cells = (
        label,
        figures["people"],
        figures["n"],
        _percent(figures.get("told_pct")),
        _degrees(figures.get("bias"), sign=True),
        _with_interval(figures, "mae"),
        _degrees(figures.get("p95")),
        _percent(figures.get("coverage_pct")),
        _degrees(figures.get("half_width")),
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _table(title: str, rows: Mapping[str, Numbers], *, note: str = "", unit: str = "°") -> str:
    """One table under its heading, one row per angle."""
    lines = [f"## {title}", "", *([note, ""] if note else []), _HEAD]
    lines += [_row(named(name), figures, unit) for name, figures in rows.items()]
    return "\n".join(lines) + "\n"


def _counts(counts: Numbers) -> str:
    return (
        f"{counts['clips']} clips, {counts['reps']} reps that lean more than 20°: {counts['found']} found, "
        f"{counts['extra']} more were counted; {counts['own_reference']} clips gave a still stand of the person's own."
    )


def _moments(clips: Numbers) -> str:
    """Peaks, onset of rounding, hip shares of quarters."""
    lines = ["## Moments of a rep", "", _HEAD, _row("lumbar flexion at its peak", clips["peaks"], "°")]
    lines.append(_row("onset of rounding, % of the way down", clips["onset"], " %"))
    for number, figures in enumerate(clips["quarters"].values(), 1):
        lines.append(_row(f"hip share of quarter {number}, percentage points", figures, " pp"))
    return "\n".join(lines) + "\n"


def _compared(title: str, by_name: Mapping[str, Mapping[str, Numbers]]) -> str:
    lines = [f"## {title}", "", _BAND_HEAD]
    for name, angles in by_name.items():
        lines += [_band_row(f"{name}, {named(angle)}", figures) for angle, figures in angles.items()]
    return "\n".join(lines) + "\n"


def _targets(targets: Iterable[Numbers]) -> str:
    lines = ["## Targets", "", "| what | where | target | reached (95 %) | people | |", "|---|---|---|---|---|---|"]
    for one in targets:
        unit = " %" if one["unit"] == "%" else one["unit"]
        digits = {"%": 1, "": 3}.get(one["unit"], 2)
        reached = "not measured"
        if one["reached"] is not None:
            reached = f"{one['reached']:.{digits}f}{unit}"
        if one["interval"] is not None:
            reached += f" ({one['interval'][0]:.{digits}f}–{one['interval'][1]:.{digits}f})"
        verdict = {True: "met", False: "**not met**", None: "–"}[one["met"]]
        people = one["people"] or "–"
        lines.append(f"| {one['what']} | {one['where']} | {_limits(one, unit)} | {reached} | {people} | {verdict} |")
    met = sum(one["met"] is True for one in targets)
    judged = sum(one["met"] is not None for one in targets)
    lines += ["", f"{met} of {judged} targets are met. *People* counts clips or pairs where clips are real."]
    return "\n".join(lines) + "\n"


def _limits(one: Numbers, unit: str) -> str:
    low, high = one["low"], one["high"]
    if low is not None and high is not None:
        return f"{low:g}–{high:g}{unit}"
    return f"≥ {low:g}{unit}" if low is not None else f"≤ {high:g}{unit}"


def _fairness(rows: Iterable[Numbers]) -> str:
    lines = [
        "## Fairness",
        "",
        "Mean absolute error of the worst band ÷ that of the best, with a still stand; at most 1.5 was aimed at.",
        "Bands with fewer than ten people are left out.",
        "",
        "| angle | group | best band | worst band | ratio | |",
        "|---|---|---|---|---|---|",
    ]
    for one in rows:
        verdict = "met" if one["met"] else "**not met**"
        lines.append(
            f"| {named(one['angle'])} | {one['group']} | {one['best']}, {one['best_mae']:.1f}° "
            f"| {one['worst']}, {one['worst_mae']:.1f}° | {one['ratio']:.2f} | {verdict} |"
        )
    return "\n".join(lines) + "\n"


def _real(real: Numbers | None) -> str:
    """Hand-labelled real clips, in numbers only: no file is named."""
    lines = ["## Real clips", ""]
    if real is None:
        return "\n".join([*lines, "Not on record: `hiphinge validate --clips manifest.csv --write docs`.", ""])
    pairs = real["pairs"]
    lines += [
        f"{real['clips']} hand-labelled clips, {real['read']} of them read, estimator `{real['estimator']}`,",
        f"pose model {real['model']}; {pairs['in_order']} of {pairs['n']} pairs of the same person in order.",
        "AUC: chance that a clip labelled rounded reads more lumbar flexion than one labelled flat.",
        "",
        "| set | rounded | flat | AUC (95 %) | median rounded | median flat |",
        "|---|---|---|---|---|---|",
    ]
    for one in real["separations"]:
        auc = "–" if one["auc"] is None else f"{one['auc']:.3f} ({one['lo']:.3f}–{one['hi']:.3f})"
        medians = (_degrees(one["round_median_deg"]), _degrees(one["flat_median_deg"]))
        lines.append(f"| {one['name']} | {one['n_round']} | {one['n_flat']} | {auc} | {medians[0]} | {medians[1]} |")
    lines += ["", "| kind of clip | clips | no answer | view refused |", "|---|---|---|---|"]
    lines += [f"| {one['name']} | {one['n']} | {one['n_refused']} | {one['n_blocked']} |" for one in real["gate"]]
    return "\n".join(lines) + "\n"


def _bands(numbers: Numbers) -> list[str]:
    """Tables by band: lumbar and hip flexion with and without a stand, and over the frames of clips."""
    titles = {"still": "stills with a still stand", "none": "stills without a still stand"}
    found = []
    for key, groups in numbers["bands"].items():
        kind, angle = key.split("/")
        if angle in ("lumbar_flexion", "hip_flexion"):
            found.append(_band_table(f"{named(angle).capitalize()} by band, {titles[kind]}", groups))
    for angle, groups in numbers["clips"]["bands"].items():
        found.append(_band_table(f"{named(angle).capitalize()} by band, frames of clips", groups))
    return found


def _band_table(title: str, groups: Mapping[str, Mapping[str, Numbers]]) -> str:
    lines = [f"## {title}", "", _BAND_HEAD]
    for group, bands in groups.items():
        lines += [_band_row(f"{group}: {label}", figures) for label, figures in bands.items()]
    return "\n".join(lines) + "\n"
