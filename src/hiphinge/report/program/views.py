"""What each page shows, as plain texts and tables: HTML and PDF are filled from the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from hiphinge.program.decision import Decision, Line
from hiphinge.program.model import Drill, Program, Variant
from hiphinge.program.progress import Progress, Rung
from hiphinge.program.review import ReviewPoint
from hiphinge.program.summary import BeforeAfter, Remark, SessionSummary, SetLine
from hiphinge.program.trend import SCORES, STAND_IN_SOURCE, Trend
from hiphinge.program.words import FLAG_ROUTES, STOPS, WORK, describe_gate, dose_text, name_step
from hiphinge.report.program import words
from hiphinge.report.program.charts import describe_trend, draw_trend
from hiphinge.verdict.headlines import NOTICE

__all__ = ["View", "booklet_view", "progress_view", "session_view"]

#: Texts, numbers, lists and tables only, so that it can be handed over as JSON.
View = dict[str, Any]
_ESTIMATES = (
    "Numbers are estimates from video; a range in brackets is a 90 % interval. Rounding is not dangerous in itself; "
    "it is limited here so that you learn the hip option and change can be measured."
)
#: What stands on the page beside the numbers, for who does not know it.
_TERMS = (
    "Lumbar flexion: how far the lower back bends from the person's own still stand. Hip share: how much of the bend "
    "the hips do."
)
_FL = "FL: foot length, heel to toe."
#: So many notes stand on the page of a session, the newest.
_MOST_NOTES = 5


def session_view(summary: SessionSummary, *, zone: tzinfo | None = None) -> View:
    """Return the summary of a session."""
    day = words.date_text(summary.began, zone)
    who = f"{summary.person} · " if summary.person else ""
    return {
        "kind": "session",
        "lang": "en",
        "title": f"Session of {day}",
        "document_title": f"{who}session of {day}",
        "eyebrow": f"{who}{summary.program}",
        "next": _next(summary.decision, summary.drill, summary.cue, zone),
        "points": _points(summary.points),
        "before_after": _before_after(summary.before_after),
        "work": [_set_row(one) for one in summary.work],
        "pain": [
            {"label": "at rest, before", "value": words.pain_text(summary.resting_pain)},
            {"label": "worst in the session", "value": words.pain_text(summary.worst_pain)},
            {"label": "next morning", "value": _morning(summary.morning_pain)},
        ],
        "safety": words.safety_text(summary.safety, zone),
        "about": _about(summary.about, summary.ticks),
        "screen": list(summary.screen),
        **_why(summary.decision, over=summary.closed),
        "notes": _notes(summary.notes[-_MOST_NOTES:], zone),
        "estimates": f"{_ESTIMATES} {_TERMS}",
        "notice": summary.notice,
    }


def progress_view(progress: Progress, *, zone: tzinfo | None = None) -> View:
    """Return the page of a person."""
    day = words.date_text(progress.now, zone)
    who = progress.person or "Progress"
    return {
        "kind": "progress",
        "lang": "en",
        "title": who,
        "document_title": f"{who}: progress, {day}",
        "eyebrow": f"{progress.program} · {day}",
        "next": _next(progress.decision, progress.drill, "", zone),
        "counts": _counts(progress, zone),
        "points": _points(progress.points),
        "points_day": words.date_text(progress.points_at, zone),
        "rungs": [_rung(one, number, progress.now, zone) for number, one in enumerate(progress.rungs)],
        "groups": _groups(progress.trends, zone),
        "bands": _bands(progress.trends),
        "firsts": [_first(one, zone) for one in progress.trends if len(one.points) == 1],
        "weeks": _weeks(progress, zone),
        "about": _about(progress.about, progress.ticks),
        "screen": list(progress.screen),
        **_why(progress.decision, over=not progress.in_session),
        "notes": _notes(progress.notes, zone),
        "estimates": f"{_ESTIMATES} {_TERMS} {_FL}",
        "notice": progress.notice,
    }


def booklet_view(program: Program) -> View:
    """Return the booklet of a program: its rules about pain, its questions, and every drill."""
    return {
        "kind": "booklet",
        "lang": "en",
        "title": program.title,
        "document_title": program.title,
        "eyebrow": f"hiphinge · the program, version {program.version}",
        "summary": program.summary,
        "pain": list(program.pain),
        "flags": [
            {
                "title": title,
                "questions": [one.question for one in program.red_flags if one.urgency == urgency],
            }
            for urgency, title in FLAG_ROUTES.items()
        ],
        "steps": [
            {"number": number, "name": name_step(program, stage.id), "choice": number > 0 and len(stage.drills) > 1}
            for number, stage in enumerate(program.stages)
        ],
        "drills": [
            _drill(program.drill(name), number) for number, stage in enumerate(program.stages) for name in stage.drills
        ],
        "estimates": _ESTIMATES,
        "notice": NOTICE,
    }


def _next(decision: Decision, drill: str, cue: str, zone: tzinfo | None) -> View:
    works = decision.action in WORK
    return {
        "label": words.ACTION_WORDS[decision.action],
        "tone": "stop" if decision.action in STOPS else "go",
        "reason": decision.reason,
        "drill": drill if works else "",
        "figure": (decision.drill or "") if works else "",
        "variant": decision.variant,
        "cue": cue if works else "",
        "not_before": words.moment_text(decision.not_before, zone),
    }


def _notes(notes: Sequence[Remark], zone: tzinfo | None) -> list[View]:
    """Return the notes, the newest first."""
    return [
        {"head": f"{one.author}, {words.date_text(one.at, zone)}", "text": one.text}
        for one in sorted(notes, key=lambda one: one.at, reverse=True)
    ]


def _points(points: Sequence[ReviewPoint]) -> list[View]:
    return [
        {
            "number": number,
            "title": one.title,
            "answer": words.ANSWER_WORDS[one.answer],
            "mark": words.ANSWER_MARKS[one.answer],
            "tone": words.ANSWER_TONES[one.answer],
            "evidence": one.evidence,
        }
        for number, one in enumerate(points, start=1)
    ]


def _set_row(one: SetLine) -> View:
    load = f"{one.load_kg:g} kg" if one.load_kg else ""
    extra = ", ".join(part for part in (one.variant[:1].lower() + one.variant[1:], load) if part)
    return {
        "drill": one.drill,
        "extra": extra,
        "reps": words.rep_text(one.passed, one.judged, one.reps),
        "lumbar": words.estimate_text(one.lumbar),
        "felt": one.felt or "not asked",
        "pain": words.pain_text(one.pain),
    }


def _morning(pain: int | None) -> str:
    return "to be answered" if pain is None else words.pain_text(pain)


def _before_after(found: BeforeAfter | None) -> View | None:
    if found is None:
        return None
    sides = (found.usual, found.coached)
    rows: list[tuple[str, list[str]]] = [
        ("Lumbar flexion", [words.estimate_text(one.lumbar) for one in sides]),
        ("Hip share", [words.estimate_text(one.hip_share) for one in sides]),
        ("Pain", [words.pain_text(one.pain) for one in sides]),
    ]
    return {
        "columns": [one.label for one in sides],
        "rows": [{"label": label, "cells": cells} for label, cells in rows],
        "words": list(found.words),
    }


def _about(said: str, ticks: Sequence[str]) -> str:
    """Return what the person said, and ticked, as one calm line."""
    return " ".join(part for part in (said, *ticks) if part)


def _why(decision: Decision, *, over: bool) -> View:
    """Return the lines of a decision.

    ``over``: no session goes on. Lines of a gate that no entry speaks of yet are then about the next session: they only
    say what will be asked for.
    """
    later = [one for one in decision.evidence if over and not one.events and one.holds is not True]
    return {
        "why": [_line(one) for one in decision.evidence if one not in later],
        "later": [{"rule": one.rule, "needed": one.needed} for one in later],
    }


def _line(one: Line) -> View:
    return {
        "rule": one.rule if one.rule.endswith("?") else f"{one.rule}:",
        "needed": one.needed,
        "seen": one.seen or "not known",
        "holds": words.HOLD_WORDS[one.holds],
        "mark": words.HOLD_MARKS[one.holds],
        "tone": words.HOLD_TONES[one.holds],
        "source": one.source,
    }


def _counts(progress: Progress, zone: tzinfo | None) -> str:
    if not progress.sessions:
        return "No session with a clip yet."
    sessions = f"{progress.sessions} session{'s' if progress.sessions > 1 else ''}"
    return f"{sessions} since {words.date_text(progress.first, zone)}."


def _rung(one: Rung, number: int, progress_at: datetime, zone: tzinfo | None) -> View:
    count = f"{one.sessions} session{'s' if one.sessions != 1 else ''}" if one.sessions else ""
    return {
        "number": number,
        "name": one.name,
        "state": one.state,
        "mark": words.RUNG_MARKS[one.state],
        "when": words.rung_text(one, progress_at, zone),
        "sessions": count,
    }


def _groups(trends: Sequence[Trend], zone: tzinfo | None) -> list[View]:
    """Return the trends of more than one session, by group."""
    groups: dict[str, list[View]] = {}
    notes: dict[str, str] = {}
    for number, one in enumerate(trends):
        if len(one.points) > 1:
            groups.setdefault(one.group, []).append(_trend(one, number, zone))
            notes.setdefault(one.group, _note(one))
    return [{"title": title, "note": notes[title], "trends": found} for title, found in groups.items()]


def _note(one: Trend) -> str:
    if not one.another_drill:
        return ""
    first, last = one.points[0].drill.lower(), one.points[-1].drill.lower()
    return f"First {first}, latest {last}: another drill, so compare with care."


def _trend(one: Trend, number: int, zone: tzinfo | None) -> View:
    return {
        "label": one.label,
        "verdict": one.words,
        "mark": words.VERDICT_MARKS[one.verdict],
        "tone": words.VERDICT_TONES[one.verdict],
        "first": words.told_text(one.points[0], one.unit),
        "latest": words.told_text(one.points[-1], one.unit),
        "by": words.change_text(one.by, one.unit),
        "sessions": len(one.points),
        "svg": draw_trend(one, number, zone),
        "alt": describe_trend(one, zone),
    }


def _bands(trends: Sequence[Trend]) -> list[str]:
    """Say how large a change is clear, and where each figure comes from: a line for each source."""
    by_source: dict[str, dict[str, None]] = {}
    for one in trends:
        if len(one.points) < 2:
            continue
        if one.mdc is None:
            by_source.setdefault("no interval is known, so no change can be told", {})[one.label] = None
        elif one.mdc_source == STAND_IN_SOURCE:
            size = f"{one.label} ±{words.point_text(one.mdc, one.unit)}"
            by_source.setdefault(one.mdc_source, {})[size] = None
        else:
            by_source.setdefault(one.mdc_source, {})[one.label] = None
    return [f"{', '.join(names)}: {source}." for source, names in by_source.items()]


def _first(one: Trend, zone: tzinfo | None) -> View:
    group = "" if one.group in (SCORES, "") else f": {one.group.lower()}"
    return {
        "label": f"{one.label}{group}",
        "value": words.told_text(one.points[-1] if one.points else None, one.unit),
        "day": words.date_text(one.points[0].at, zone),
    }


def _weeks(progress: Progress, zone: tzinfo | None) -> View | None:
    if not progress.weeks:
        return None
    whole = progress.weeks[:-1][-4:]  # the present week is not over
    if whole:
        mean = sum(week.sessions for week in whole) / len(whole)
        over = f"the last {len(whole)} whole weeks" if len(whole) > 1 else "the last whole week"
        text = f"{mean:.2g} a week over {over}"
    else:
        text = f"{progress.weeks[-1].sessions} this week"
    if progress.per_week:
        low, high = progress.per_week
        text += f"; the plan for this step is {low} to {high}" if low != high else f"; the plan is at most {high}"
    rows = [
        {"week": words.date_text(week.monday, zone, short=True), "sessions": week.sessions} for week in progress.weeks
    ]
    return {"text": f"{text}.", "rows": rows, "most": max(max(week.sessions for week in progress.weeks), 1)}


def _drill(drill: Drill, step: int) -> View:
    easier = [one for one in drill.variants if one.direction == "easier"]
    harder = [one for one in drill.variants if one.direction == "harder"]
    return {
        "id": drill.id,
        "name": drill.name,
        "step": step,
        "purpose": drill.purpose,
        "setup": list(drill.setup),
        "hands": drill.hands,
        "feet": list(drill.feet),
        "equipment": [{"id": one.id, "name": one.name, "text": " ".join(one.setup)} for one in drill.equipment],
        "checks": list(drill.checks),
        "ticks": [one.text for one in drill.ticks],
        "cues": list(drill.cues),
        "dose": [text for text in (dose_text(drill.dose), drill.dose.note) if text],
        "easier": [_variant(one) for one in easier],
        "harder": [_variant(one) for one in harder],
        "gate": list(describe_gate(drill.gate)),
    }


def _variant(one: Variant) -> View:
    return {"id": one.id, "name": one.name, "text": " ".join(one.setup)}
