"""``hiphinge person``: add, list, export, erase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.arguments import Json
from hiphinge.cli.desk import PersonName, ProgramFile, StoreUrl, opened
from hiphinge.cli.guard import guarded, say, write_out
from hiphinge.errors import UsageError
from hiphinge.service.commandline import command_line, day_text

if TYPE_CHECKING:
    from hiphinge.store import Erasure

__all__ = ["add", "erase", "export", "person_app", "show_list"]

person_app = typer.Typer(
    name="person",
    help="The people who follow the program: add, list, export everything about one, erase one.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@person_app.command(epilog="Example: hiphinge person add Ana")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the person is called here; a nickname will do.")],
    birth_year: Annotated[int | None, typer.Option(metavar="YEAR", help="Year of birth, if you want to say.")] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Add a person. Nothing leaves this computer."""
    with opened(context, store, program, make=True) as desk:
        person = desk.add_person(name, birth_year=birth_year)
        write_out(f"{person.name} is added (number {person.id}). Everything stays on this computer.")
        write_out(f"Next: {command_line('session', 'start', person.name)}")


@person_app.command("list", epilog="Example: hiphinge person list --json")
def show_list(
    context: typer.Context, store: StoreUrl = None, program: ProgramFile = None, as_json: Json = False
) -> None:
    """List the people."""
    if _say_missing(store, program, as_json=as_json):
        return
    with opened(context, store, program) as desk:
        people = desk.store.people()
        if as_json:
            import json

            rows = [
                {"id": one.id, "name": one.name, "birth_year": one.birth_year, "created": one.created.isoformat()}
                for one in people
            ]
            write_out(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        if not people:
            write_out("Nobody is here yet.")
            write_out(f"Next: {command_line('person', 'add', 'NAME')}")
        for one in people:
            born = f", born {one.birth_year}" if one.birth_year else ""
            write_out(f"{one.id}  {one.name}{born}, since {day_text(one.created)}")


def _say_missing(store: str | None, program: Path | None, *, as_json: bool) -> bool:
    """Say that no store is there, and make none; True where that is so."""
    with guarded():
        from hiphinge.program import load_program
        from hiphinge.service.opening import find_missing

        load_program(program)
        missing = find_missing(store)
        if missing is None:
            return False
        if as_json:
            write_out("[]")
            return True
        write_out(f"Nobody is here yet: there is no store at {missing}.")
        write_out(f"Next: {command_line('person', 'add', 'NAME')}")
        return True


@person_app.command(epilog="Example: hiphinge person export Ana ana-export")
def export(
    context: typer.Context,
    person: PersonName,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write it; must not exist.")],
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Write everything that is kept about one person: one JSON file, and the files that belong to it."""
    with opened(context, store, program) as desk:
        found = desk.find(person)
        desk.store.export_person(found.id, folder)
        write_out(f"Everything about {found.name} is in {folder}. These are health data: keep the folder safe.")


@person_app.command(epilog="Example: hiphinge person erase Ana")
def erase(
    context: typer.Context,
    person: PersonName,
    yes_erase: Annotated[
        str | None,
        typer.Option("--yes-erase", metavar="NAME", help="The name once more, to erase without being asked."),
    ] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Erase one person: all entries, assessments, notes and files. It cannot be undone."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import ask_text

        found = desk.find(person)
        if yes_erase is None:
            say(f"Everything about {found.name} will be gone for good. To keep a copy first:")
            say(f"  {command_line('person', 'export', found.name, 'FOLDER')}")
        typed = ask_text(f"Type {found.name} to erase", yes_erase, option="--yes-erase")
        if typed != found.name:
            raise UsageError(
                f"The name typed is {typed!r}. Nothing was erased.",
                expected=found.name,
                next_step="Type the name as it is written.",
            )
        erased = desk.store.erase_person(found.id)
        write_out(f"{found.name} is erased. Backups and exports made before are files of yours: erase them too.")
        if not erased.complete:
            write_out(_say_traces(erased))


def _say_traces(erased: Erasure) -> str:
    """Say what is not gone yet, and what to do."""
    said = []
    if erased.left:
        files = "1 file" if erased.left == 1 else f"{erased.left} files"
        said.append(f"{files} could not be removed: close what has them open; it is tried again at the next command.")
    if erased.elsewhere:
        files = "1 file lies" if erased.elsewhere == 1 else f"{erased.elsewhere} files lie"
        said.append(f"{files} on another computer: run hiphinge person list there, and they are removed.")
    if not said:
        said.append("Another program is reading the store: traces stay until it has ended.")
    return "Not everything is gone yet. " + " ".join(said)
