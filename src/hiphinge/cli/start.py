"""The questions at the start of a session: the morning after, pain at rest, red flags, and how it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hiphinge.cli.ask import (
    ask_many,
    ask_number,
    ask_number_or_none,
    ask_text,
    ask_yes_no,
    check_number,
    is_interactive,
    split_words,
)
from hiphinge.cli.guard import say, write_out
from hiphinge.errors import RecordConflict, UsageError
from hiphinge.service.commandline import command_line, day_text
from hiphinge.service.interview import STOPS

if TYPE_CHECKING:
    from hiphinge.program.history import SessionOpened
    from hiphinge.program.model import RedFlag
    from hiphinge.service.desk import Desk, Look
    from hiphinge.service.questions import OpenQuestions
    from hiphinge.store import Person

__all__ = ["StartGiven", "ask_red_flags", "read_red_flags", "report_flags", "run_start"]

_NOT_BEGUN = "No session was begun: this comes first."
_NEW_OPTION = "--new-symptoms or --no-new-symptoms"
_RED_FLAGS_FIRST = "First some questions that decide whether it is better to see somebody before you begin."
_RED_FLAGS_AGAIN = "Something is new or worse, so the red-flag questions come once more."


@dataclass(frozen=True, slots=True, kw_only=True)
class StartGiven:
    """Answers that came as options; None: not given."""

    pain: int | None = None
    morning_pain: int | None = None
    new_symptoms: bool | None = None
    red_flags: Sequence[str] | None = None
    no_red_flags: bool = False
    places: Sequence[str] | None = None
    since: str | None = None
    goal: str | None = None
    equipment: Sequence[str] | None = None
    minutes: int | None = None
    space_m: float | None = None


def run_start(desk: Desk, person: Person, given: StartGiven) -> None:
    """Open a session and ask what is to be asked; under a stop none is open afterwards.

    A yes to a red flag is kept first, whatever else is to be asked. A session whose questions were broken off goes on
    with those that are left.

    Raises
    ------
    RecordConflict
        A session is open and nothing is left to ask, or it was left open for hours.
    UsageError
        An answer is missing and nobody can be asked.
    """
    flags = read_red_flags(desk.program.red_flags, given.red_flags, all_no=given.no_red_flags)
    if any(flags.values()):
        report_flags(desk, person, flags)
        return
    _check_given(desk, given)
    look = desk.look(person)
    if look.session is None and look.decision.action in STOPS:
        write_out(_NOT_BEGUN)
        return
    if look.session is None:
        _open(desk, person, look, given, flags)
    else:
        _resume(desk, person, look, look.session, given, flags)
    questions = desk.questions(person)
    if questions.red_flags:
        say(_RED_FLAGS_FIRST if questions.first else _RED_FLAGS_AGAIN)
        if ask_red_flags(desk, person, questions.red_flags, flags):
            return
    _ask_intake(desk, person, given)


def report_flags(desk: Desk, person: Person, answers: Mapping[str, bool]) -> None:
    """Keep answers to red-flag questions at any time, and say what becomes of the session."""
    opened = desk.session(person)
    desk.answer_red_flags(person, answers)
    _say_closed(desk, person, opened is not None)


def _say_closed(desk: Desk, person: Person, was_open: bool) -> None:
    if not was_open:
        write_out(_NOT_BEGUN)
    elif desk.session(person) is None:
        write_out(f"The session is closed. A page about it: {command_line('session', 'summary', person.name)}")


def read_red_flags(
    questions: Sequence[RedFlag], given: Sequence[str] | None, *, all_no: bool = False
) -> dict[str, bool]:
    """Read ``--red-flag NAME=yes`` options.

    Raises
    ------
    UsageError
        A name that is no question, or an answer that is neither yes nor no, or both ways of answering at once.
    """
    known = [flag.id for flag in questions]
    answers = dict.fromkeys(known, False) if all_no else {}
    for one in split_words(given or ()):
        name, _, word = one.partition("=")
        if name not in known or word not in ("yes", "no"):
            raise UsageError(
                f"--red-flag is {one!r}.",
                expected=f"NAME=yes or NAME=no, with NAME one of {', '.join(known)}",
                next_step="Mend --red-flag.",
            )
        if all_no and word == "yes":
            raise UsageError(
                f"--no-red-flags and --red-flag {one} contradict each other.",
                expected="one of the two",
                next_step="Leave --no-red-flags out.",
            )
        answers[name] = word == "yes"
    return answers


def _open(desk: Desk, person: Person, look: Look, given: StartGiven, flags: Mapping[str, bool]) -> None:
    first = look.questions.first
    if not is_interactive():
        _need(given.pain is None, "how much it hurts now, at rest", "--pain")
        _need(not first and given.new_symptoms is None, "whether anything is new or worse", _NEW_OPTION)
        planned = desk.plan_start(resting_pain=given.pain, new_symptoms=None if first else given.new_symptoms)
        _check_script(desk.questions_after(look, planned), given.pain, given, flags)
    if look.questions.morning is not None:
        _ask_morning(desk, person, given.morning_pain)
    elif given.morning_pain is not None:
        say("No morning is to be answered now, so --morning-pain is not kept.")
    from hiphinge.service.words import SCALE

    pain = int(ask_number("How much does it hurt now, at rest?", given.pain, option="--pain", scale=SCALE))
    new = given.new_symptoms
    if not first:
        new = ask_yes_no("Is anything new or worse since the last session?", new, option=_NEW_OPTION)
    desk.start(
        person,
        resting_pain=pain,
        new_symptoms=None if first else new,
        equipment=split_words(given.equipment or ()),
        minutes=given.minutes,
        space_m=given.space_m,
    )


def _resume(
    desk: Desk, person: Person, look: Look, opened: SessionOpened, given: StartGiven, flags: Mapping[str, bool]
) -> None:
    """Go on with a start that was broken off; answers that are others than before take their place."""
    desk.need_fresh(person, look)
    if not (look.questions.red_flags or look.questions.intake):
        raise RecordConflict(
            f"A session of {person.name} is open since {day_text(opened.at, clock=True)}.",
            expected="one session at a time",
            next_step=f"{command_line('session', 'log', person.name, 'CLIP')}, or "
            f"{command_line('session', 'finish', person.name)}",
        )
    pain = opened.resting_pain if given.pain is None else given.pain
    planned = desk.plan_start(
        resting_pain=pain,
        new_symptoms=opened.new_symptoms if given.new_symptoms is None or look.questions.first else given.new_symptoms,
        equipment=opened.equipment if given.equipment is None else split_words(given.equipment),
        minutes=opened.minutes if given.minutes is None else given.minutes,
        space_m=opened.space_m if given.space_m is None else given.space_m,
    )
    anew = replace(planned, key=opened.key, at=opened.at, session=opened.session) != opened
    if not is_interactive():
        _check_script(look.questions, pain, given, flags)
    if anew:
        desk.start_anew(person, opened, planned)
        write_out("The start is answered anew; the earlier answers to it count no longer.")


def _ask_morning(desk: Desk, person: Person, given: int | None) -> None:
    from hiphinge.service.words import SCALE

    pain = ask_number_or_none(
        "How much did it hurt on the morning after the last session?", given, option="--morning-pain", scale=SCALE
    )
    if pain is not None:
        desk.answer_morning(person, int(pain))


def _check_given(desk: Desk, given: StartGiven) -> None:
    """Refuse a given answer that does not fit, before anything is stored."""
    from hiphinge.service.interview import check_room
    from hiphinge.service.lookup import check_equipment
    from hiphinge.service.words import PAIN_WORDS

    for value, option in ((given.pain, "--pain"), (given.morning_pain, "--morning-pain")):
        if value is not None:
            check_number(value, option=option, low=0, high=10)
    if given.places is not None:
        ask_many("", given.places, option="--where", choices=PAIN_WORDS)
    if given.equipment is not None:
        check_equipment(desk.program, split_words(given.equipment))
    check_room(given.minutes, given.space_m)


def _need(missing: bool, what: str, option: str) -> None:
    if missing:
        raise UsageError(
            f"This was not answered: {what}.",
            expected=f"the option {option}, since nobody can be asked here",
            next_step=f"Add {option}.",
        )


def _check_script(questions: OpenQuestions, pain: int | None, given: StartGiven, flags: Mapping[str, bool]) -> None:
    """Refuse, before anything is stored, a script that leaves a question open."""
    _need(questions.intake and bool(pain) and given.places is None, "where it hurts", "--where")
    _need_flags(questions.red_flags, flags)


def _need_flags(questions: Sequence[RedFlag], flags: Mapping[str, bool]) -> None:
    for flag in questions:
        if flag.id not in flags:
            raise UsageError(
                f"This was not answered: {flag.question}",
                expected=f"--red-flag {flag.id}=yes or --red-flag {flag.id}=no; or --no-red-flags for no to all",
                next_step="Answer each question: hiphinge program show lists them.",
            )


def ask_red_flags(desk: Desk, person: Person, questions: Sequence[RedFlag], flags: Mapping[str, bool]) -> bool:
    """Ask red-flag questions, the urgent ones first; True where an answer stops.

    A yes is stored at once, everything else as soon as the questions end, however they end. After a yes to an emergency
    question nothing further is asked.
    """
    from hiphinge.service.interview import ends_asking, order_flags

    if not is_interactive():
        _need_flags(questions, flags)
    was_open = desk.session(person) is not None
    answers: dict[str, bool | None] = {}
    yes = False
    try:
        for number, flag in enumerate(order_flags(questions), start=1):
            question = f"{number}/{len(questions)}  {flag.question}"
            answer = ask_yes_no(question, flags.get(flag.id), option=f"--red-flag {flag.id}=yes or =no")
            answers[flag.id] = answer
            if answer:
                yes, now, answers = True, answers, {}
                desk.answer_red_flags(person, now)
            if ends_asking(flag, answer):
                break
    finally:
        if answers:
            desk.answer_red_flags(person, answers)
    if yes:
        _say_closed(desk, person, was_open)
    return yes


def _ask_intake(desk: Desk, person: Person, given: StartGiven) -> None:
    """Ask once where it hurts, since when, and what the person wants to do again."""
    if not desk.questions(person).intake:
        return
    from hiphinge.service.words import PAIN_WORDS

    opened = desk.session(person)
    pain = opened.resting_pain if opened is not None else given.pain
    places: tuple[str, ...] = ()
    if pain:
        places = ask_many("Where does it hurt?", given.places, option="--where", choices=PAIN_WORDS)
    since = ask_text("Since when?", given.since, option="--since", needed=False) if pain else given.since or ""
    goal = ask_text("What would you like to do again?", given.goal, option="--goal", needed=False)
    desk.take_intake(person, pain=pain, places=places, since=since, goal=goal)
