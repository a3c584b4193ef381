"""The commands. Everything heavy is imported inside them, so that ``--help`` is quick."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from hiphinge.cli import arguments, program_page
from hiphinge.cli.batch import batch_app
from hiphinge.cli.follow import note, outcome, override, progress
from hiphinge.cli.guard import TERMINATED, guarded, say, write_out
from hiphinge.cli.keep import store_app
from hiphinge.cli.next import next_step
from hiphinge.cli.person import person_app
from hiphinge.cli.program import program_app
from hiphinge.cli.rerun import rerun
from hiphinge.cli.serve import serve
from hiphinge.cli.session import session_app
from hiphinge.cli.settings import build_options
from hiphinge.cli.stance import stance
from hiphinge.cli.validate import validate
from hiphinge.cli.worker import worker
from hiphinge.clip.options import AssessOptions

__all__ = ["app", "main", "watch_signals"]

app = typer.Typer(
    name="hiphinge",
    help="See from one side-view video whether the hips or the lower back do the bending.",
    epilog="Example: hiphinge assess clip.mp4",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line (the entry point ``hiphinge``)."""
    watch_signals()
    app()


def watch_signals() -> None:
    """Let a polite kill (SIGTERM) end the program through the ordinary way out."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Leave so that what was begun is removed."""
    sys.exit(TERMINATED)


def _show_version(wanted: bool) -> None:
    if wanted:
        from hiphinge import __version__

        write_out(f"hiphinge {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: hiphinge assess clip.mp4 bow.mov --drill deadlift --out results")
def assess(
    context: typer.Context,
    videos: arguments.Videos,
    out: arguments.Out = None,
    facing: arguments.Facing = None,
    model: arguments.Model = None,
    drill: arguments.Drill = None,
    from_s: arguments.From = None,
    to_s: arguments.To = None,
    still_s: arguments.Still = None,
    reference: arguments.Reference = None,
    criteria: arguments.Criteria = None,
    person: arguments.Person = None,
    wall: arguments.Wall = None,
    foot_length_cm: arguments.FootLength = None,
    video: arguments.Video = None,
    as_json: arguments.Json = False,
    profile: arguments.Profile = False,
    config: arguments.Config = None,
) -> None:
    """Assess videos: do the hips or the lower back do the bending.

    Each video gets a folder with report.html, overlay.mp4, assessment.json and tables.
    "Cannot tell" is a result too.
    """
    given = {
        "out": out,
        "facing": facing,
        "model": model,
        "drill": drill,
        "from_s": from_s,
        "to_s": to_s,
        "still_s": still_s,
        "reference": reference,
        "criteria": criteria,
        "person": person,
        "wall": wall,
        "foot_length_cm": foot_length_cm,
        "video": video,
    }
    with guarded():
        options = build_options(given, config=config)
        raise typer.Exit(_assess(context, videos, options, as_json=as_json, profile=profile))


def _assess(
    context: typer.Context, videos: list[Path], options: AssessOptions, *, as_json: bool, profile: bool = False
) -> int:
    """Assess, print, and return the exit code."""
    from hiphinge.cli.present import print_outcomes
    from hiphinge.cli.profile import profiled
    from hiphinge.cli.progress import open_progress
    from hiphinge.cli.several import assess_videos, find_runner, first_failure, outcome_document

    runner = find_runner(context.obj)
    with profiled(profile) as seen:
        outcomes = assess_videos(videos, options, runner=runner, open_progress=open_progress)
        seen.n_frames = sum(one.assessment.n_frames for one in outcomes if one.assessment is not None)
    if as_json:
        import json

        document = [outcome_document(outcome) for outcome in outcomes]
        write_out(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print_outcomes(outcomes)
    return first_failure(outcomes)


@app.command(epilog="Example: hiphinge demo --out results")
def demo(
    context: typer.Context,
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder that receives the result.")] = arguments.DEFAULT_OUT,
) -> None:
    """Assess a clip that comes with hiphinge (a rendered person), and say where the report lies."""
    from importlib.resources import as_file, files

    with guarded(), as_file(files("hiphinge") / "data" / "demo.mp4") as clip:
        code = _assess(context, [clip], AssessOptions(out=out), as_json=False)
        if code == 0:
            write_out(f"Annotated video: {Path(out) / 'demo' / 'overlay.mp4'}")
        raise typer.Exit(code)


@app.command(epilog="Example: hiphinge doctor --json")
def doctor(
    context: typer.Context,
    out: arguments.OutTried = arguments.DEFAULT_OUT,
    as_json: arguments.Json = False,
) -> None:
    """Check models, decoder, speed and the output folder, and measure a clip whose answer is known."""
    with guarded():
        from hiphinge.cli.doctor import print_checks, run_checks

        say("Checking; this takes some seconds.")
        checks = run_checks(out=out, runner=context.obj)
        raise typer.Exit(print_checks(checks, as_json=as_json))


app.command(epilog="Example: hiphinge rerun tracks.npz --drill deadlift")(rerun)
app.command(epilog="Example: hiphinge stance front.jpg")(stance)
app.command(epilog="Example: hiphinge validate --quick")(validate)
app.command(epilog="Example: hiphinge serve")(serve)
app.command(epilog="Example: hiphinge worker --store postgresql://hinge@server/clinic")(worker)
app.add_typer(batch_app)
program_app.command("page", epilog="Example: hiphinge program page --pdf program.pdf")(program_page.page)
app.add_typer(program_app)

_FOLLOW = "Follow the program"
app.add_typer(person_app, rich_help_panel=_FOLLOW)
app.add_typer(session_app, rich_help_panel=_FOLLOW)
app.command("next", rich_help_panel=_FOLLOW, epilog="Example: hiphinge next Ana --equipment kettlebell --minutes 15")(
    next_step
)
app.command(rich_help_panel=_FOLLOW, epilog="Example: hiphinge progress Ana --html ana.html")(progress)
app.command(rich_help_panel=_FOLLOW, epilog='Example: hiphinge note Ana "Felt easier today" --author Ana')(note)
app.command(
    rich_help_panel=_FOLLOW,
    epilog='Example: hiphinge override Ana --clinician "Dr Lee" --reason "seen today" --step free',
)(override)
app.command(rich_help_panel=_FOLLOW, epilog="Example: hiphinge outcome Ana --nprs 3 --rmdq 7")(outcome)
app.add_typer(store_app, rich_help_panel=_FOLLOW)
