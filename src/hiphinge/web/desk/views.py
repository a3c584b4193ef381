"""What the desk's pages show of a log, as plain texts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hiphinge.program.clock import find_withdrawn
from hiphinge.program.corrected import find_corrections
from hiphinge.program.decision import Decision, Line
from hiphinge.program.facts import SessionFacts, counting, session_facts, worst_pain
from hiphinge.program.history import (
    ClipSeen,
    Corrected,
    Event,
    FeelLog,
    History,
    Intake,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    SessionOpened,
    SetDone,
    Ticks,
    Withdrawn,
)
from hiphinge.program.model import Program
from hiphinge.program.next_step import replay
from hiphinge.program.words import name_drill, name_step, places_text
from hiphinge.report.program import words
from hiphinge.service.practice import LEFT_OUT
from hiphinge.service.words import mask_addresses, name_entry
from hiphinge.web.translate import _, ngettext

__all__ = ["clip_views", "decision_view", "entry_views", "line_views", "session_views"]

View = dict[str, Any]


def line_views(lines: Sequence[Line]) -> list[View]:
    """Return the lines of a decision: what was asked for, what was seen, whether it holds."""
    return [
        {
            "rule": one.rule, "needed": one.needed, "seen": one.seen or _("not known"), "source": one.source,
            "holds": words.HOLD_WORDS[one.holds], "mark": words.HOLD_MARKS[one.holds],
            "tone": words.HOLD_TONES[one.holds],
        }
        for one in lines
    ]  # fmt: skip


#: Read by the clinician, so not said to the person.
_LABELS = {**words.ACTION_WORDS, "do": "Comes next", "choose": "They choose"}


def decision_view(decision: Decision) -> View:
    """Return a decision with its lines."""
    return {
        "action": decision.action,
        "label": _LABELS[decision.action],
        "reason": decision.reason,
        "lines": line_views(decision.evidence),
        "not_before": decision.not_before,
        "stop": decision.action in ("stop_now", "stop_see"),
    }


def entry_views(history: History, program: Program, *, most: int | None = None) -> list[View]:
    """Return the entries of a log, the newest first, each with the decision that followed from it.

    Parameters
    ----------
    history
        The log, whole: a decision rests on all that came before.
    program
        The program that is followed now.
    most
        So many entries, None: all.
    """
    gone, decisions = find_withdrawn(history.events), replay(history, program)
    why = {one.entry: one for one in history.events if isinstance(one, Withdrawn) and one.key not in gone}
    corrected = find_corrections(history.events, gone)
    found = []
    pairs = list(zip(history.events, decisions, strict=True))
    for place in range(len(pairs) - 1, -1, -1):
        event, decision = pairs[place]
        before = pairs[place - 1][1] if place else None
        found.append(
            {
                "key": event.key, "at": event.at, "name": name_entry(event, program).capitalize(),
                "said": _say(event, program), "assessment": getattr(event, "assessment", ""),
                "gone": mask_addresses(why[event.key].reason) if event.key in why else "",
                "corrected": event.key in corrected, "decision": decision_view(decision),
                "new": before is None or before.reason != decision.reason,
                "moved": before is not None and before.step != decision.step,
                "step": name_step(program, decision.step),
                "takes_back": event.key not in gone and not isinstance(event, Withdrawn | Corrected),
            }
        )  # fmt: skip
        if most is not None and len(found) >= most:
            break
    return found


def _say(event: Event, program: Program) -> str:
    """Say what an entry holds, in a line."""
    parts = [text for text in (_say_kind(event, program), _say_pain(event)) if text]
    return mask_addresses(". ".join(parts))


def _say_kind(event: Event, program: Program) -> str:
    if isinstance(event, SetDone):
        grades = [one.grade for one in event.reps]
        text = words.rep_text(grades.count("pass"), len(grades) - grades.count("cannot_tell"), len(grades))
        load = f", {event.load_kg:g} kg" if event.load_kg else ""
        return _("Reps that met the drill: {text}").format(text=text) + load
    if isinstance(event, ClipSeen):
        return event.outcome.replace("_", " ")
    if isinstance(event, RedFlagAnswers):
        return _say_flags(event, program)
    if isinstance(event, Override):
        where = name_step(program, event.step) if event.step else _("the program decides again")
        cleared = _("; lifts the stop") if event.clears_stop else ""
        return f"{where}{cleared}. {event.reason}"
    if isinstance(event, Corrected | Withdrawn):
        return event.reason
    if isinstance(event, Ticks):
        return ", ".join(
            f"{name.replace('_', ' ')}: {_('yes') if told else _('no')}" for name, told in event.ticks.items()
        )
    if isinstance(event, FeelLog) and event.effort:
        return _("Felt in {places}").format(places=places_text(event.effort))
    if isinstance(event, OutcomeScore):
        return ""
    return ", ".join(part for part in (getattr(event, "since", ""), getattr(event, "goal", "")) if part)


def _say_flags(event: RedFlagAnswers, program: Program) -> str:
    questions = {flag.id: flag.question for flag in program.red_flags}
    yes = [questions.get(name, name) for name, told in event.answers.items() if told]
    if yes:
        return _("Yes to: {questions}").format(questions=" ".join(yes))
    left = sum(told is None for told in event.answers.values())
    return _("All answered no") if not left else ngettext("{n} not answered", "{n} not answered", left).format(n=left)


def _say_pain(event: Event) -> str:
    if isinstance(event, SessionOpened):
        return _("Pain at rest {pain}").format(pain=words.pain_text(event.resting_pain))
    if isinstance(event, NextMorning | Intake | FeelLog | ClipSeen) and event.pain is not None:
        places = places_text(getattr(event, "pain_places", ()) or getattr(event, "places", ()))
        return _("Pain {pain}").format(pain=words.pain_text(event.pain)) + (
            f" ({places})" if places and event.pain else ""
        )
    return ""


def session_views(history: History, program: Program) -> list[View]:
    """Return every session in which something was done, the newest first: pain, drills, reps, clips."""
    found = []
    for number, one in enumerate(session_facts(counting(history)).values(), start=1):
        if not one.worked and one.opened is None:
            continue
        found.append(
            {
                "session": one.session, "number": number, "at": one.at, "closed": one.closed is not None,
                "rest": one.resting, "worst": worst_pain(one),
                "morning": one.morning.pain if one.morning else None, "work": _work(one, program),
                "clips": clip_views(one, program),
            }
        )  # fmt: skip
    return found[::-1]


def _work(one: SessionFacts, program: Program) -> str:
    """Say what was done: drills with their sets and the reps that met them."""
    parts = []
    for drill in dict.fromkeys(each.drill for each in one.sets):
        sets = [each for each in one.sets if each.drill == drill]
        grades = [rep.grade for each in sets for rep in each.reps]
        told = words.rep_text(grades.count("pass"), len(grades) - grades.count("cannot_tell"), len(grades))
        many = ngettext("{n} set", "{n} sets", len(sets)).format(n=len(sets))
        parts.append(f"{name_drill(program, drill)}, {many}: {told}")
    return "; ".join(parts)


def clip_views(one: SessionFacts, program: Program) -> list[View]:
    """Return the films of a session, in order of time."""
    labels: Mapping[str, str] = {"usual": _("usual bend"), "coached": _("coached")}
    films: list[SetDone | ClipSeen] = sorted([*one.sets, *one.clips], key=lambda each: each.at)
    return [
        {
            "assessment": each.assessment, "key": each.key, "at": each.at,
            "name": name_drill(program, each.drill),
            "label": _("left out") if _left_out(each) else labels.get(getattr(each, "label", ""), ""),
            "lumbar": _measure(each, "lumbar_flexion", "°"), "hip_share": _measure(each, "hip_share", "%"),
        }
        for each in films
    ]  # fmt: skip


def _left_out(one: SetDone | ClipSeen) -> bool:
    return isinstance(one, ClipSeen) and one.outcome == LEFT_OUT


def _measure(one: SetDone | ClipSeen, name: str, unit: str) -> str:
    value = one.measures.get(name)
    return words.shown_interval(*value, unit) if value is not None else ""
