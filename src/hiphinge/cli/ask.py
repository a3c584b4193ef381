"""Questions to the person at the keyboard; every answer may be given as an option instead.

An answer that is given is checked and taken. Otherwise a person at a terminal is asked; a script is told which option
it left out. Nothing is guessed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from hiphinge.errors import UsageError

__all__ = [
    "ask_choice",
    "ask_many",
    "ask_number",
    "ask_number_or_none",
    "ask_text",
    "ask_yes_no",
    "check_number",
    "is_interactive",
    "split_words",
]

_YES = ("y", "yes")
_NO = ("n", "no")


def is_interactive() -> bool:
    """Say whether somebody can answer: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_number(
    question: str,
    given: float | None,
    *,
    option: str,
    high: float = 10,
    low: float = 0,
    whole: bool = True,
    scale: str = "",
) -> float:
    """Return a number from ``low`` to ``high``; ``scale`` says what the two mean.

    Raises
    ------
    UsageError
        The given number does not fit, or there is none and nobody to ask.
    """
    if given is not None:
        return check_number(given, option=option, low=low, high=high, whole=whole)
    _need_person(question, option)
    text = _prompt_text(
        f"{question} ({scale or f'{low:g} to {high:g}'})", lambda raw: _read_number(raw, low, high, whole)
    )
    return float(text.replace(",", "."))


def ask_number_or_none(
    question: str,
    given: float | None,
    *,
    option: str,
    high: float = 10,
    low: float = 0,
    whole: bool = True,
    scale: str = "",
) -> float | None:
    """Return a number that may be left out; a script that does not give it leaves it out.

    Raises
    ------
    UsageError
        The given number does not fit.
    """
    if given is not None:
        return check_number(given, option=option, low=low, high=high, whole=whole)
    if not is_interactive():
        return None
    text = _prompt_text(
        f"{question} ({scale or f'{low:g} to {high:g}'}; Enter leaves it out)",
        lambda raw: not raw.strip() or _read_number(raw, low, high, whole),
    )
    return float(text.replace(",", ".")) if text else None


def check_number(value: float, *, option: str, low: float, high: float, whole: bool = True) -> float:
    """Return the value of an option when it fits.

    Raises
    ------
    UsageError
        It does not.
    """
    if not low <= value <= high or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise UsageError(
            f"{option} is {value:g}.", expected=f"{kind} from {low:g} to {high:g}", next_step=f"Mend {option}."
        )
    return value


def ask_yes_no(question: str, given: bool | None, *, option: str) -> bool:
    """Return yes (True) or no (False). Enter alone is no answer."""
    if given is not None:
        return given
    _need_person(question, option)
    text = _prompt_text(
        f"{question} (y/n)", lambda raw: raw.strip().lower() in (*_YES, *_NO) or "Please answer y for yes or n for no."
    )
    return text.strip().lower() in _YES


def ask_many(
    question: str, given: Sequence[str] | None, *, option: str, choices: Mapping[str, str], least: int = 1
) -> tuple[str, ...]:
    """Return one or more of ``choices`` (name → words shown), in their order.

    Raises
    ------
    UsageError
        A given name is none of them, or there is none and nobody to ask.
    """
    if given is not None:
        return _check_names(split_words(given), option, choices)
    _need_person(question, option)
    import questionary

    shown = [questionary.Choice(words, value=name) for name, words in choices.items()]
    picked = questionary.checkbox(
        question,
        choices=shown,
        instruction="(space marks, Enter goes on)",
        validate=lambda found: len(found) >= least or "Please mark at least one with the space bar.",
    ).unsafe_ask()
    return tuple(name for name in choices if name in picked)


def ask_choice(
    question: str, given: str | None, *, option: str, choices: Mapping[str, str], marked: bool = False
) -> str:
    """Return one of ``choices`` (name → words shown); ``marked``: nothing is preselected, one must be marked.

    Raises
    ------
    UsageError
        The given name is none of them, or there is none and nobody to ask.
    """
    if given is not None:
        return _check_names((given,), option, choices)[0]
    _need_person(question, option)
    import questionary

    shown = [questionary.Choice(words, value=name) for name, words in choices.items()]
    if marked:
        picked = questionary.checkbox(
            question,
            choices=shown,
            instruction="(space marks one, Enter goes on)",
            validate=lambda found: len(found) == 1 or "Please mark one with the space bar.",
        ).unsafe_ask()
        return str(picked[0])
    return str(questionary.select(question, choices=shown, instruction="(arrows, then Enter)").unsafe_ask())


def ask_text(question: str, given: str | None, *, option: str, needed: bool = True) -> str:
    """Return a text; where it is not ``needed`` it may be empty, and a script may leave it out.

    Raises
    ------
    UsageError
        A needed text is empty, or there is none and nobody to ask.
    """
    if given is not None:
        if needed and not given.strip():
            raise UsageError(f"{option} is empty.", expected="a text", next_step=f"Mend {option}.")
        return given.strip()
    if not needed and not is_interactive():
        return ""
    _need_person(question, option)
    hint = "" if needed else " (Enter leaves it out)"
    return _prompt_text(f"{question}{hint}", lambda raw: bool(raw.strip()) or not needed or "Please type something.")


def split_words(given: Sequence[str]) -> tuple[str, ...]:
    """Return the words of an option that may be repeated or hold several with commas between.

    Examples
    --------
    >>> split_words(["hamstrings,buttocks", "neck"])
    ('hamstrings', 'buttocks', 'neck')
    """
    return tuple(dict.fromkeys(word for one in given for part in one.split(",") if (word := part.strip())))


def _check_names(names: Sequence[str], option: str, choices: Mapping[str, str]) -> tuple[str, ...]:
    for name in names or ("",):
        if name not in choices:
            raise UsageError(
                f"{option} is {name!r}.", expected=" or ".join(choices), next_step=f"Give {option} one of these."
            )
    return tuple(name for name in choices if name in names)


def _need_person(question: str, option: str) -> None:
    if not is_interactive():
        raise UsageError(
            f"This was not answered: {question}",
            expected=f"the option {option}, since nobody can be asked here",
            next_step=f"Add {option}.",
        )


def _prompt_text(question: str, check: Callable[[str], bool | str]) -> str:
    import questionary

    return str(questionary.text(question, validate=check).unsafe_ask()).strip()


def _read_number(raw: str, low: float, high: float, whole: bool) -> bool | str:
    """Say True for a number that fits, else what to type."""
    say = f"Please type a {'whole ' if whole else ''}number from {low:g} to {high:g}."
    try:
        value = float(raw.strip().replace(",", "."))
    except ValueError:
        return say
    return (low <= value <= high and (not whole or value == int(value))) or say
