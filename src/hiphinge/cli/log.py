"""Logging a clip, how it felt and what only the person can tell, with the questions that go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hiphinge.cli.ask import ask_choice, ask_number_or_none, ask_yes_no, is_interactive, split_words
from hiphinge.cli.feel import FeelGiven, ask_feel, check_feel, missing_feel
from hiphinge.cli.guard import write_out
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import UsageError
from hiphinge.service.interview import refuse_stopped

if TYPE_CHECKING:
    from hiphinge.program import Drill
    from hiphinge.program.history import SetDone
    from hiphinge.service.clips import ClipLogged
    from hiphinge.service.desk import Desk, Look
    from hiphinge.store import Person

__all__ = ["LogGiven", "pick_drill", "run_leave_out", "run_log"]

#: The tick that says what the camera cannot always tell: the seat reached the wall.
_WALL_TICK = "wall_touched"
_TOUCHED = "Did your seat touch the wall each time?"
_TOUCHED_OPTION = "--touched or --not-touched"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGiven:
    """Answers that came as options; None: not given. ``label`` is ``usual``, ``coached`` or ``""``."""

    clip: Path | None = None
    drill: str | None = None
    variant: str | None = None
    label: Literal["", "usual", "coached"] = ""
    load_kg: float | None = None
    back_reps: int | None = None
    touched: bool | None = None
    feel: FeelGiven = field(default_factory=FeelGiven)
    ticks: Sequence[str] | None = None
    by_clinician: bool = False
    keep: bool = False
    options: AssessOptions = field(default_factory=AssessOptions)


def run_log(desk: Desk, person: Person, given: LogGiven) -> Drill:
    """Log a clip, and how it felt; without a clip only how it felt, and ticks. Return the drill.

    Each part is stored as soon as it is known: the clip with its assessment, the feel, the ticks.

    Raises
    ------
    RecordConflict
        No session of today is open, or a clip is given under a stop.
    UsageError
        An answer is missing and nobody can be asked, or does not fit.
    """
    look = desk.look(person)
    desk.need_fresh(person, look)
    if given.clip is not None:
        refuse_stopped(look.decision, person.name)
    drill, variant = pick_drill(desk, look, given)
    ticks = _read_ticks(drill, given.ticks)
    is_set = drill.kind != "screen" and not given.label
    if given.clip is None and not is_set:
        raise UsageError(
            f"{drill.name} is told by a clip, and none was given.",
            expected="a video, side-on, head to feet",
            next_step="Give the clip, or leave the screen out with --leave-out.",
        )
    check_feel(given.feel)
    _refuse_strays(drill, variant, given, is_set=is_set)
    if not is_interactive():
        _check_script(drill, variant, given, is_set=is_set)
    if given.clip is not None:
        _log_clip(desk, person, drill, variant, given, ticks, is_set=is_set)
    if is_set and (given.clip is not None or given.feel.any or not ticks):
        desk.log_feel(person, drill.id, ask_feel(given.feel, kind="set"))
    if is_set:
        ticks = _ask_ticks(drill, ticks, with_clip=given.clip is not None)
    if ticks:
        desk.log_ticks(person, drill.id, ticks, by="clinician" if given.by_clinician else "person")
    return drill


def run_leave_out(desk: Desk, person: Person, given: LogGiven) -> Drill:
    """Leave a screen out, and keep what is told about pain and numbness. Return the drill.

    Raises
    ------
    UsageError
        No screen is named and none is due, or something is given that belongs to a clip.
    """
    if given.clip is not None or given.label:
        raise UsageError(
            f"--leave-out and {'a clip' if given.clip is not None else 'a before and after'} contradict each other.",
            expected="one of the two", next_step="Leave one of them out.",
        )  # fmt: skip
    name = given.drill or desk.decide(person).drill
    if name is None:
        raise UsageError(
            "It is not said which screen to leave out.", expected="the option --drill", next_step="Add --drill."
        )
    check_feel(given.feel)
    drill = desk.drill(name)
    _refuse_strays(drill, "", given, is_set=False)
    desk.need_fresh(person)
    feel = ask_feel(given.feel, kind="left_out") if drill.kind == "screen" else None
    desk.leave_out(person, name, feel)
    return drill


def _refuse_strays(drill: Drill, variant: str, given: LogGiven, *, is_set: bool) -> None:
    """Refuse options that would be dropped: they do not belong to this drill, or to a log without a clip."""
    from hiphinge.service.grading import needs_contact

    filmed = is_set and given.clip is not None
    loads = bool(drill.equipment) or drill.kind in ("loaded", "deadlift")
    strays = (
        ("--touched", given.touched is not None and not (filmed and needs_contact(drill, variant))),
        ("--effort", given.feel.effort is not None and not is_set),
        ("--load-kg", given.load_kg is not None and not (filmed and loads)),
        ("--back-reps", given.back_reps is not None and not filmed),
        ("--variant", bool(given.variant) and given.variant != "none" and not is_set),
        ("--tick", bool(given.ticks) and not is_set),
        ("--keep-clip", given.keep and given.clip is None),
    )
    for option, stray in strays:
        if stray:
            here = drill.name.lower() if not is_set or given.clip is not None else "a log without a clip"
            raise UsageError(
                f"{option} does not belong to {here}, so it would be dropped.",
                expected="what belongs together",
                next_step=f"Leave {option} out.",
            )


def pick_drill(desk: Desk, look: Look, given: LogGiven) -> tuple[Drill, str]:
    """Return the drill and the variant: what was given, else what is due, else what the person picks.

    Raises
    ------
    UsageError
        Nothing is due and nothing was given, or the names do not exist.
    """
    decision = look.decision
    name = given.drill or _default_drill(desk, given.label) or decision.drill
    if name is None and decision.options:
        choices = {one: desk.drill(one).name for one in decision.options}
        name = ask_choice("Which drill was it?", None, option="--drill", choices=choices)
    if name is None:
        raise UsageError(
            f"It is not said which drill this was, and none is due: {decision.reason}",
            expected="the option --drill",
            next_step="hiphinge program show lists the drills.",
        )
    drill = desk.drill(name)
    if given.variant is not None:
        variant = "" if given.variant == "none" else given.variant
    else:
        variant = decision.variant if name == decision.drill and not given.label else ""
    if variant and variant not in [one.id for one in drill.variants]:
        raise UsageError(
            f"{drill.name} has no variant {variant!r}.",
            expected=", ".join((*(one.id for one in drill.variants), "none")),
            next_step="Mend --variant.",
        )
    return drill, variant


def _default_drill(desk: Desk, label: str) -> str | None:
    """Return the drill of one side of a before and after: the usual bend, or the hinge without a wall or a load."""
    rules = {"usual": "toe_touch", "coached": "hinge"}.get(label)
    return next((drill.id for drill in desk.program.drills if drill.rules == rules), None)


def _check_script(drill: Drill, variant: str, given: LogGiven, *, is_set: bool) -> None:
    """Refuse what is missing before a clip is read: it takes a while."""
    missing: tuple[str, str] | None = None
    if not is_set:
        missing = missing_feel(given.feel, effort=False)
    elif given.clip is not None or given.feel.any or not given.ticks:
        if given.clip is not None and _asks_touch(drill, variant, given) and given.touched is None:
            missing = (_TOUCHED, _TOUCHED_OPTION)
        else:
            missing = missing_feel(given.feel, effort=True)
    if missing is not None:
        what, option = missing
        raise UsageError(
            f"This was not answered: {what}",
            expected=f"the option {option}, since nobody can be asked here",
            next_step=f"Add {option}.",
        )


def _asks_touch(drill: Drill, variant: str, given: LogGiven) -> bool:
    from hiphinge.service.grading import needs_contact

    return needs_contact(drill, variant) and given.options.wall is None


def _log_clip(
    desk: Desk,
    person: Person,
    drill: Drill,
    variant: str,
    given: LogGiven,
    ticks: dict[str, bool],
    *,
    is_set: bool,
) -> None:
    """Assess and store the clip, and say what was seen. ``ticks`` receives the touch of the wall."""
    from hiphinge.cli.progress import open_progress
    from hiphinge.service.clips import Clip

    assert given.clip is not None
    feel = None if is_set else ask_feel(given.feel, kind="clip")
    touched = given.touched if given.touched is not None else ticks.get(_WALL_TICK)
    load_kg = given.load_kg
    if is_set and _asks_touch(drill, variant, given):
        touched = ask_yes_no(_TOUCHED, touched, option=_TOUCHED_OPTION)
        if _WALL_TICK in [tick.id for tick in drill.ticks]:
            ticks[_WALL_TICK] = touched
    if is_set and drill.equipment and load_kg is None:
        load_kg = ask_number_or_none("How heavy was it, kg?", None, option="--load-kg", high=300, whole=False)
    clip = Clip(
        path=given.clip, drill=drill.id, variant=variant, label=given.label, load_kg=load_kg,
        back_reps=given.back_reps, touched=touched, keep=given.keep, options=given.options,
    )  # fmt: skip
    with open_progress(given.clip.name) as progress:
        logged = desk.log_clip(person, clip, feel=feel, progress=progress)
    _say_clip(logged, drill, given, touched)


def _say_clip(logged: ClipLogged, drill: Drill, given: LogGiven, touched: bool | None) -> None:
    """Print what the camera saw: headline, reps, the one cue, where the report lies."""
    from hiphinge.program.history import SetDone

    verdict = logged.assessment.verdict
    if logged.early:
        write_out(logged.early)
    film = "" if given.clip is None else f"{given.clip.name}: "
    write_out(f"{film}{_named(drill, logged)}")
    write_out(verdict.headline)
    if verdict.outcome == "cannot_tell":
        for reason in verdict.reasons:
            write_out(f"  {reason[:1].upper()}{reason[1:]}")
    cue = verdict.cue
    if isinstance(logged.event, SetDone):
        from hiphinge.program.facts import usual_cue
        from hiphinge.service.grading import explain_reps

        done = logged.event
        write_out(_rep_counts(done))
        for line in explain_reps(logged.assessment, drill, done.reps, variant=done.variant, touched=touched):
            write_out(f"  {line}")
        cue = usual_cue([done]) or cue
    if cue:
        write_out(f"Try: {cue}")
    elif verdict.praise:
        write_out(f"Keep: {verdict.praise}")
    if given.options.out is not None and given.clip is not None and given.clip.suffix.lower() != ".json":
        from hiphinge.report import result_names

        write_out(f"Report: {Path(given.options.out) / result_names([given.clip])[0] / 'report.html'}")


def _named(drill: Drill, logged: ClipLogged) -> str:
    """Name what was logged: the drill and its variant, or the side of a before and after."""
    label = getattr(logged.event, "label", "")
    if label:
        return f"{drill.name}, {'the usual bend' if label == 'usual' else 'the coached hinge'}"
    variant = getattr(logged.event, "variant", "")
    names = [one.name for one in drill.variants if one.id == variant]
    return ", ".join([drill.name, *(name.lower() for name in names)])


def _rep_counts(done: SetDone) -> str:
    """Return the counts of a set in one line."""
    words = {"pass": "met the drill's own rules", "miss": "did not yet", "cannot_tell": "cannot be told"}
    grades = [rep.grade for rep in done.reps]
    if not grades:
        return "No reps were seen."
    parts = [f"{grades.count(grade)} {text}" for grade, text in words.items() if grade in grades]
    return f"{len(grades)} {'rep' if len(grades) == 1 else 'reps'}: {', '.join(parts)}."


def _read_ticks(drill: Drill, given: Sequence[str] | None) -> dict[str, bool]:
    """Read ``--tick NAME=yes`` options.

    Raises
    ------
    UsageError
        A name that the drill does not have, or an answer that is neither yes nor no.
    """
    known = [tick.id for tick in drill.ticks]
    ticks = {}
    for one in split_words(given or ()):
        name, _, word = one.partition("=")
        if name not in known or word not in ("yes", "no", ""):
            raise UsageError(
                f"--tick is {one!r}.",
                expected=f"NAME=yes or NAME=no, with NAME one of {', '.join(known)}" if known else "no ticks here",
                next_step="Mend --tick.",
            )
        ticks[name] = word != "no"
    return ticks


def _ask_ticks(drill: Drill, ticks: Mapping[str, bool], *, with_clip: bool) -> dict[str, bool]:
    """Ask what only the person can tell, after a clip and at a terminal; else take what was given."""
    answers = dict(ticks)
    if with_clip and is_interactive():
        for tick in drill.ticks:
            if tick.id not in answers:
                answers[tick.id] = ask_yes_no(tick.text, None, option=f"--tick {tick.id}=yes or =no")
    return answers
