"""The questions at the start of a session: the morning after, pain at rest, red flags, and how it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from hiphinge.cli.guard import say
from hiphinge.errors import RecordConflict, UsageError
from hiphinge.service.commandline import command_line, day_text

if TYPE_CHECKING:
    from hiphinge.program.model import RedFlag
    from hiphinge.service.desk import Desk
    from hiphinge.service.questions import OpenQuestions
    from hiphinge.store import Person

__all__ = ["STOPS", "StartGiven", "read_red_flags", "run_start"]

#: What a red flag leads to, until a clinician clears it.
STOPS = ("stop_now", "stop_see")
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


def run_start(desk: Desk, person: Person, given: StartGiven) -> bool:
    """Open a session and ask what is to be asked; False where a stop stands, and none is open.

    A session whose questions were broken off goes on with those that are left.

    Raises
    ------
    RecordConflict
        A session is open and nothing is left to ask.
    UsageError
        An answer is missing and nobody can be asked.
    """
    flags = read_red_flags(desk.program.red_flags, given.red_flags, all_no=given.no_red_flags)
    _check_given(desk, given)
    opened = desk.session(person)
    if opened is None and desk.decide(person).action in STOPS:
        return False
    if opened is None:
        _open(desk, person, given, flags)
    elif not (desk.questions(person).red_flags or desk.questions(person).intake):
        raise RecordConflict(
            f"A session of {person.name} is open since {day_text(opened.at, clock=True)}.",
            expected="one session at a time",
            next_step=f"{command_line('session', 'log', person.name, 'CLIP')}, or "
            f"{command_line('session', 'finish', person.name)}",
        )
    if _ask_red_flags(desk, person, flags):
        desk.finish(person)
        return False
    _ask_intake(desk, person, given)
    return True


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


def _open(desk: Desk, person: Person, given: StartGiven, flags: Mapping[str, bool]) -> None:
    questions = desk.questions(person)
    if not is_interactive():
        _check_script(desk, questions, given, flags)
    if questions.morning is not None:
        _ask_morning(desk, person, given.morning_pain)
    from hiphinge.service.words import SCALE

    pain = int(ask_number("How much does it hurt now, at rest?", given.pain, option="--pain", scale=SCALE))
    new = given.new_symptoms
    if not questions.first:
        new = ask_yes_no("Is anything new or worse since the last session?", new, option=_NEW_OPTION)
    desk.start(
        person,
        resting_pain=pain,
        new_symptoms=None if questions.first else new,
        equipment=split_words(given.equipment or ()),
        minutes=given.minutes,
        space_m=given.space_m,
    )


def _ask_morning(desk: Desk, person: Person, given: int | None) -> None:
    from hiphinge.service.words import SCALE

    pain = ask_number_or_none(
        "How much did it hurt on the morning after the last session?", given, option="--morning-pain", scale=SCALE
    )
    if pain is not None:
        desk.answer_morning(person, int(pain))


def _check_given(desk: Desk, given: StartGiven) -> None:
    """Refuse a given answer that does not fit, before anything is stored."""
    from hiphinge.service.lookup import check_equipment
    from hiphinge.service.words import PAIN_WORDS

    for value, option in ((given.pain, "--pain"), (given.morning_pain, "--morning-pain")):
        if value is not None:
            check_number(value, option=option, low=0, high=10)
    if given.places is not None:
        ask_many("", given.places, option="--where", choices=PAIN_WORDS)
    if given.equipment is not None:
        check_equipment(desk.program, split_words(given.equipment))


def _check_script(desk: Desk, questions: OpenQuestions, given: StartGiven, flags: Mapping[str, bool]) -> None:
    """Refuse, before anything is stored, a script that leaves a question open."""
    needs = [(given.pain is None, "how much it hurts now, at rest", "--pain")]
    if not questions.first:
        needs.append((given.new_symptoms is None, "whether anything is new or worse", _NEW_OPTION))
    if questions.intake:
        needs.append((bool(given.pain) and given.places is None, "where it hurts", "--where"))
    for missing, what, option in needs:
        if missing:
            raise UsageError(
                f"This was not answered: {what}.",
                expected=f"the option {option}, since nobody can be asked here",
                next_step=f"Add {option}.",
            )
    again = bool(given.new_symptoms) and not questions.first
    for flag in desk.program.red_flags if again else questions.red_flags:
        if flag.id not in flags:
            raise UsageError(
                f"This was not answered: {flag.question}",
                expected=f"--red-flag {flag.id}=yes or --red-flag {flag.id}=no; or --no-red-flags for no to all",
                next_step="Answer each question: hiphinge program show lists them.",
            )


def _ask_red_flags(desk: Desk, person: Person, flags: Mapping[str, bool]) -> bool:
    """Ask the open questions, the urgent ones first, and store the answers; True where one of them stops.

    After a yes to an emergency question nothing further is asked.
    """
    questions = desk.questions(person)
    if not questions.red_flags:
        return False
    asked = [flag for flag in questions.red_flags if flag.id not in flags]
    if asked:
        say(_RED_FLAGS_FIRST if questions.first else _RED_FLAGS_AGAIN)
    answers: dict[str, bool | None] = {}
    for number, flag in enumerate(sorted(questions.red_flags, key=lambda one: one.urgency != "emergency"), start=1):
        question = f"{number}/{len(questions.red_flags)}  {flag.question}"
        answers[flag.id] = ask_yes_no(question, flags.get(flag.id), option=f"--red-flag {flag.id}=yes or =no")
        if answers[flag.id] and flag.urgency == "emergency":
            answers |= flags
            break
    return desk.answer_red_flags(person, answers).action in STOPS


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
