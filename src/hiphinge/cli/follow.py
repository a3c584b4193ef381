"""``hiphinge progress``, ``note``, ``override``, ``outcome``: following a person over the weeks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hiphinge.cli.arguments import Json
from hiphinge.cli.desk import PersonName, ProgramFile, StoreUrl, decision_document, opened, say_decision
from hiphinge.cli.guard import say, write_out
from hiphinge.cli.names import PAGE_ENDINGS, PDF_ENDINGS, check_page
from hiphinge.errors import UsageError
from hiphinge.service.commandline import day_text

__all__ = ["note", "outcome", "override", "progress"]


def progress(
    context: typer.Context,
    person: PersonName,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the page as HTML.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the page as PDF.")] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
    as_json: Json = False,
) -> None:
    """Show how a person is getting on: the ladder, and each measure with the change that can be told from error."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.pages import progress_document, say_progress, write_progress

        check_page(html, PAGE_ENDINGS, store=store or "")
        check_page(pdf, PDF_ENDINGS, store=store or "")
        found = desk.find(person)
        document = desk.progress(found)
        written = write_progress(document, html=html, pdf=pdf)
        if as_json:
            import json

            shown = decision_document(found, document.decision) | progress_document(document)
            write_out(json.dumps(shown, indent=2, ensure_ascii=False))
            return
        say_progress(document)
        for path in written:
            write_out(f"Written: {path}")


def note(
    context: typer.Context,
    person: PersonName,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The note. Without it the notes are shown.")
    ] = None,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who writes.")] = None,
    session: Annotated[
        str | None, typer.Option(metavar="KEY", help="The session it is about. Default: the one that is open, if any.")
    ] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Leave a note between person and clinician, or show the notes."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import ask_text

        found = desk.find(person)
        if text is None and author is None:
            notes = desk.notes(found)
            for one in notes:
                write_out(f"{day_text(one.at, clock=True)}  {one.author}: {one.text}")
            if not notes:
                write_out(f"No notes on {found.name} yet.")
            return
        said = ask_text("The note", text, option="TEXT")
        who = ask_text("Who writes?", author, option="--author")
        desk.add_note(found, said, author=who, session=session)
        write_out("The note is kept.")
        from hiphinge.service.words import mask_addresses

        if mask_addresses(said) != said:
            say("The e-mail address in it is never shown; please leave the address out next time.")


def override(
    context: typer.Context,
    person: PersonName,
    clinician: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")] = None,
    step: Annotated[str | None, typer.Option(metavar="STEP", help="The step to go on at.")] = None,
    drill: Annotated[str | None, typer.Option(metavar="DRILL", help="The drill to go on with.")] = None,
    variant: Annotated[str | None, typer.Option(metavar="NAME", help="The form of the drill.")] = None,
    clears_stop: Annotated[
        bool, typer.Option("--clears-stop", help="The person may go on after a stop: you have seen them.")
    ] = False,
    release: Annotated[bool, typer.Option("--release", help="Hand the decision back to the program.")] = False,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Record a clinician's decision; it wins over the program's, and is kept with name, time and reason."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import ask_choice, ask_text, is_interactive

        found = desk.find(person)
        who = ask_text("Who decides (clinician's name)?", clinician, option="--clinician")
        why = ask_text("Why?", reason, option="--reason")
        if release and (step or drill or clears_stop):
            other = "--clears-stop" if clears_stop else "a step"
            raise UsageError(
                f"--release and {other} contradict each other.", expected="one of the two",
                next_step="Leave one of them out.",
            )  # fmt: skip
        if not (release or step or drill or clears_stop):
            if not is_interactive():
                raise UsageError(
                    "It is not said what is decided.", expected="--step, --drill, --clears-stop or --release",
                    next_step="Give one of them.",
                )  # fmt: skip
            from hiphinge.program.words import name_step

            steps = {stage.id: name_step(desk.program, stage.id) for stage in desk.program.stages}
            picked = ask_choice(
                "Go on at which step?", None, option="--step",
                choices=steps | {"": "hand the decision back to the program"},
            )  # fmt: skip
            step = picked or None
        decision = desk.override(
            found, clinician=who, reason=why, step=step, drill=drill, variant=variant or "", clears_stop=clears_stop
        )
        write_out(f"Kept: {who} decided, and it counts from now on.")
        say_decision(decision)


def outcome(
    context: typer.Context,
    person: PersonName,
    nprs: Annotated[float | None, typer.Option(metavar="0-10", help="Pain, usual over the last days.")] = None,
    psfs: Annotated[
        float | None, typer.Option(metavar="0-10", help="Patient-specific function: mean of the items.")
    ] = None,
    rmdq: Annotated[float | None, typer.Option(metavar="0-24", help="Roland-Morris: number of items ticked.")] = None,
    ftf_cm: Annotated[float | None, typer.Option(metavar="CM", help="Fingertips to floor, measured by hand.")] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Enter scores of questionnaires filled in on paper, and say what changed since the first ones."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import ask_choice, ask_number
        from hiphinge.program.outcomes import OUTCOMES, find_outcome

        found = desk.find(person)
        given = {"nprs": nprs, "psfs": psfs, "rmdq": rmdq, "ftf_cm": ftf_cm}
        scores = {name: value for name, value in given.items() if value is not None}
        if not scores:
            options = "--nprs, --psfs, --rmdq or --ftf-cm"
            name = ask_choice("Which score?", None, option=options, choices={one.id: one.name for one in OUTCOMES})
            one = find_outcome(name)
            scores[name] = ask_number(
                one.name, None, option=f"--{name.replace('_', '-')}", low=one.low, high=one.high, whole=one.whole
            )
        desk.score(found, scores)
        for name, value in scores.items():
            change = desk.score_change(found, name)
            said = "first score" if change is None else f"{change.words} (first {change.before:g}). {change.detail}"
            write_out(f"{find_outcome(name).name}: {value:g}, {said}")
