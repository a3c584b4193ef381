"""``hiphinge program``: look at the program of drills, check an edited copy, write a copy to edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hiphinge.cli.guard import guarded, write_out
from hiphinge.errors import OutputError

if TYPE_CHECKING:
    from hiphinge.program import Drill, Program

__all__ = ["check", "describe_drill", "describe_program", "export", "program_app", "show"]

program_app = typer.Typer(
    name="program",
    help="The program of drills, from a first toe-touch to a deadlift: look at it, check a copy, write one to edit.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
ProgramFile = Annotated[
    Path | None,
    typer.Option("--program", metavar="FILE.toml", help="A program of your own. Default: the one built in."),
]


@program_app.command(epilog="Example: hiphinge program show wall_hinge")
def show(
    drill: Annotated[
        str | None, typer.Argument(metavar="DRILL", help="One drill, whole. Default: all, a line each.")
    ] = None,
    program: ProgramFile = None,
) -> None:
    """Show the steps of the program, or everything about one drill."""
    with guarded():
        from hiphinge.program import load_program
        from hiphinge.service.lookup import find_drill

        loaded = load_program(program)
        lines = describe_program(loaded) if drill is None else describe_drill(loaded, find_drill(loaded, drill))
        write_out("\n".join(lines))


@program_app.command(epilog="Example: hiphinge program check my-program.toml")
def check(file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The edited copy.")]) -> None:
    """Check a program file: every key, name and limit."""
    with guarded():
        from hiphinge.program import load_program
        from hiphinge.program.read import find_cautions

        found = load_program(file)
        counts = f"{len(found.drills)} drills in {len(found.stages)} steps, {len(found.red_flags)} red-flag questions"
        write_out(f"{file} can be used: {found.title!r}, {counts}.")
        for caution in find_cautions(found):
            write_out(f"Looser than the one built in: {caution}")


@program_app.command(epilog="Example: hiphinge program export my-program.toml")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Where to write it; must not exist.")],
) -> None:
    """Write a copy of the built-in program, to edit."""
    with guarded():
        from hiphinge.program import shipped_text
        from hiphinge.validation.store import write_bytes

        if file.exists():
            raise OutputError(
                f"{str(file)!r} exists already.",
                expected="a file that does not exist yet, so that nothing is lost",
                next_step="Give another name.",
            )
        write_bytes(file, shipped_text().encode())
        write_out(f"Written: {file}. After editing: hiphinge program check {file}")


def describe_program(program: Program) -> Iterator[str]:
    """Say the red-flag questions, what to do about pain, and the steps, a line for each drill."""
    from hiphinge.program.words import FLAG_ROUTES

    yield program.title
    yield program.summary
    yield ""
    yield "Before the first use, and whenever something is new or worse, go through these questions."
    for urgency, title in FLAG_ROUTES.items():
        yield from _section(title, tuple(flag.question for flag in program.red_flags if flag.urgency == urgency))
    yield from _section("If it hurts", program.pain)
    for number, stage in enumerate(program.stages):
        yield ""
        choice = " (a choice: both are fine)" if len(stage.drills) > 1 and number else ""
        yield f"Step {number}{choice}"
        for name in stage.drills:
            drill = program.drill(name)
            yield f"  {drill.id:16s}{drill.name}: {drill.purpose}"
    yield from _notice()


def describe_drill(program: Program, drill: Drill) -> Iterator[str]:
    """Say everything about one drill, and what to do about pain."""
    from hiphinge.program.words import describe_gate, dose_text

    yield drill.name
    yield drill.purpose
    for title, lines in (("Set up", drill.setup), ("Hands", (drill.hands,)), ("Feet", drill.feet)):
        yield from _section(title, lines)
    yield from _section("With", tuple(f"{one.name}: {' '.join(one.setup)}" for one in drill.equipment))
    yield from _section("The camera looks at", drill.checks)
    yield from _section("Only you can tell", tuple(tick.text for tick in drill.ticks))
    yield from _section("Cues", drill.cues)
    for direction in ("easier", "harder"):
        found = tuple(f"{v.name}: {' '.join(v.setup)}" for v in drill.variants if v.direction == direction)
        yield from _section(direction.capitalize(), found)
    yield from _section("How much", tuple(line for line in (dose_text(drill.dose), drill.dose.note) if line))
    yield from _section("If it hurts", program.pain)
    yield from _section("To move on", tuple(describe_gate(drill.gate)))
    yield from _notice()


def _notice() -> Iterator[str]:
    from hiphinge.verdict.headlines import NOTICE

    yield ""
    yield NOTICE


def _section(title: str, lines: tuple[str, ...]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)
