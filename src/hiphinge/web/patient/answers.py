"""Reading a form: every answer with its kind, and for each one that does not fit, what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request

from hiphinge.errors import HiphingeError
from hiphinge.service.interview import Feel, asks_leg
from hiphinge.service.orders import missing_feel
from hiphinge.service.words import EFFORT_WORDS, LEG_WORDS, PAIN_WORDS
from hiphinge.web.spool import read_form
from hiphinge.web.translate import _

__all__ = ["NO_ANSWERS", "Answers", "FormDep", "for_pages", "read_feel"]

_LONGEST = 2000


async def _read_form(request: Request) -> AsyncIterator[FormData]:
    form = await read_form(request)
    try:
        yield form
    finally:
        await form.close()


#: What a form sent.
FormDep = Annotated[FormData, Depends(_read_form)]


@dataclass(slots=True)
class Answers:
    """What was sent, read answer by answer; ``errors``: field → what to do."""

    given: FormData
    errors: dict[str, str] = field(default_factory=dict)

    def said(self, name: str) -> tuple[str, ...]:
        """Return the texts that were sent under a name, to show them again."""
        return tuple(one for one in self.given.getlist(name) if isinstance(one, str))

    def text(self, name: str, *, longest: int = _LONGEST, needed: str = "") -> str:
        """Return a text without space around it; ``needed`` is what to say where there is none."""
        found = (self.said(name) or ("",))[-1].strip()
        if len(found) > longest:
            self.errors[name] = _("Please be shorter: at most {number} characters.").format(number=longest)
        if needed and not found:
            self.errors[name] = needed
        return found

    def number(
        self, name: str, *, low: float = 0, high: float = 10, whole: bool = True, needed: str = ""
    ) -> float | None:
        """Return a number within its range, None where there is none."""
        raw = self.text(name, needed=needed).replace(",", ".")
        if not raw:
            return None
        try:
            value = float(raw)
        except ValueError:
            value = low - 1
        if not low <= value <= high or (whole and value != int(value)):
            kind = _("Please give a whole number") if whole else _("Please give a number")
            self.errors[name] = _("{kind} from {low} to {high}.").format(kind=kind, low=f"{low:g}", high=f"{high:g}")
            return None
        return value

    def whole(self, name: str, *, low: int = 0, high: int = 10, needed: str = "") -> int | None:
        """Return a whole number within its range, None where there is none."""
        found = self.number(name, low=low, high=high, needed=needed)
        return None if found is None else int(found)

    def flag(self, name: str, *, needed: str = "") -> bool | None:
        """Return yes or no, None where neither was sent."""
        found = (self.said(name) or ("",))[-1]
        if found not in ("yes", "no"):
            if needed:
                self.errors[name] = needed
            return None
        return found == "yes"

    def pick(self, name: str, known: Collection[str], *, needed: str = "") -> str | None:
        """Return one of those that are known, None where none of them was sent."""
        found = (self.said(name) or ("",))[-1]
        if found in known:
            return found
        if needed:
            self.errors[name] = needed
        return None

    def picks(self, name: str, known: Collection[str]) -> tuple[str, ...]:
        """Return those that were sent and are known, in the known order."""
        found = self.said(name)
        return tuple(one for one in known if one in found)


#: A form that nobody has sent yet.
NO_ANSWERS = Answers(FormData())


def read_feel(answers: Answers, *, effort: bool, needed: bool = True) -> Feel:
    """Read how something felt; ``effort``: that is asked too. ``needed``: what is missing is asked for again."""
    places = answers.picks("places", PAIN_WORDS)
    feel = Feel(
        pain=answers.whole("pain"),
        places=places,
        leg=cast("None", answers.pick("leg", LEG_WORDS)) if asks_leg(places) else None,
        new_numbness=answers.flag("numbness"),
        effort=_read_effort(answers) if effort else None,
    )
    if not feel.pain:
        feel = Feel(pain=feel.pain, new_numbness=feel.new_numbness, effort=feel.effort)
    if needed:
        answers.errors.update({name: _(text) for name, text in missing_feel(feel, effort=effort).items()})
    return feel


def _read_effort(answers: Answers) -> tuple[str, ...] | None:
    """Return where the effort was felt; beside a place, "nothing much" says nothing."""
    found = answers.picks("effort", EFFORT_WORDS)
    return tuple(one for one in found if one != "nothing" or len(found) == 1) or None


@contextmanager
def for_pages() -> Iterator[None]:
    """Say on a page what to do next where an error names a command."""
    try:
        yield
    except HiphingeError as error:
        if "hiphinge " in error.next_step:
            error.next_step = _("Go to today's page: it says what comes first.")
        raise
