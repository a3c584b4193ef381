"""The program and its criteria: read, edited, checked, previewed for everybody, saved as a new version."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hiphinge.errors import ConfigError
from hiphinge.program import Program, read_program, shipped_text
from hiphinge.program.next_step import next_step
from hiphinge.program.read import find_cautions
from hiphinge.program.words import name_step
from hiphinge.service.desk import Desk
from hiphinge.service.words import mask_addresses
from hiphinge.web.access import ContextDep, DeskDep, StoreDep, Who, WhoDep, allow
from hiphinge.web.context import Context
from hiphinge.web.errors import NotFound
from hiphinge.web.pages import page
from hiphinge.web.patient.answers import NO_ANSWERS, Answers, FormDep
from hiphinge.web.translate import _

__all__ = ["Checked", "router"]

router = APIRouter(include_in_schema=False)
_NAME = "program.toml"
_LONGEST = 400_000
_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class Checked:
    """A program's text, read: the program and its cautions, or what does not fit and in which line."""

    program: Program | None
    cautions: tuple[str, ...] = ()
    error: ConfigError | None = None
    line: int | None = None


@router.get("/desk/program", dependencies=[allow("desk.view")])
def show_program(request: Request, who: WhoDep, desk: DeskDep, context: ContextDep, version: str = "") -> Response:
    """Show the program in force in an editor, or another version of it."""
    text = _version_text(context, version) if version else _text(context)
    return _show(request, who, desk, context, text, NO_ANSWERS, version=version)


@router.post("/desk/program", dependencies=[allow("desk.act")])
def change_program(
    request: Request, who: WhoDep, desk: DeskDep, store: StoreDep, context: ContextDep, form: FormDep
) -> Response:
    """Check an edited program and show what it would change, or save it as a new version."""
    answers = Answers(form)
    text = (answers.said("toml") or ("",))[-1].replace("\r\n", "\n")
    if len(text) > _LONGEST:
        answers.errors["toml"] = _("The program is longer than {most} characters.").format(most=_LONGEST)
    checked = _check(text)
    if answers.text("do") != "save" or checked.program is None or answers.errors:
        return _show(request, who, desk, context, text, answers, checked=checked)
    note = answers.text("note", longest=400, needed=_("Please say in a few words what you changed, and why."))
    if context.settings.program is not None:
        answers.errors["note"] = _("This server takes its program from a file, so nothing is saved here.")
    if answers.text("base") not in ("", context.program()[1]):
        answers.errors["toml"] = _(
            "Somebody saved another version meanwhile: it stands first below. Save again to put yours in its place."
        )
    if answers.errors:
        return _show(request, who, desk, context, text, answers, checked=checked)
    store.save_program(text, hashlib.sha256(text.encode()).hexdigest(), note)
    return RedirectResponse("/desk/program?said=saved", status_code=303)


def _text(context: Context) -> str:
    """Return the text of the program in force."""
    if context.settings.program is not None:
        return context.settings.program.read_text(encoding="utf-8")
    saved = context.store.current_program()
    return shipped_text() if saved is None else saved.toml


def _version_text(context: Context, version: str) -> str:
    if version == "shipped":
        return shipped_text()
    found = next((one for one in context.store.programs() if str(one.id) == version), None)
    if found is None:
        raise NotFound(_("There is no such version."))
    return found.toml


def _check(text: str) -> Checked:
    try:
        program = read_program(text, name=_NAME)
    except ConfigError as error:
        line = _LINE.search(error.what)
        return Checked(None, error=error, line=int(line[1]) if line else None)
    return Checked(program, find_cautions(program))


def _changes(desk: Desk, program: Program) -> list[dict[str, Any]]:
    """Return for whom another program decides otherwise."""
    found = []
    for person in desk.store.people():
        history = desk.history(person)
        before, after = next_step(history, desk.program), next_step(history, program)
        if (before.action, before.step, before.drill, before.variant, before.reason) != (
            after.action, after.step, after.drill, after.variant, after.reason,
        ):  # fmt: skip
            found.append(
                {
                    "id": person.id, "name": person.name, "before": before.reason, "after": after.reason,
                    "moved": name_step(desk.program, before.step) != name_step(program, after.step),
                }
            )  # fmt: skip
    return found


def _show(
    request: Request, who: Who, desk: Desk, context: Context, text: str, answers: Answers, *,
    checked: Checked | None = None, version: str = "",
) -> Response:  # fmt: skip
    versions = [
        {"id": one.id, "at": one.at, "who": mask_addresses(one.who), "note": mask_addresses(one.note)}
        for one in reversed(context.store.programs())
    ]
    program = None if checked is None else checked.program
    bad = bool(answers.errors) or (checked is not None and program is None)
    return page(
        request, who, "desk/program.html", status=422 if bad else 200, text=text, checked=checked, answers=answers,
        changes=None if program is None else _changes(desk, program), people=len(desk.store.people()),
        versions=versions, version=version, fixed=context.settings.program is not None, name=_NAME,
        title=desk.program.title, base=context.program()[1], said=request.query_params.get("said", ""),
    )  # fmt: skip
