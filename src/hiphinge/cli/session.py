"""``hiphinge session``: start, log, finish; the morning after; taking a slip back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hiphinge.cli import arguments
from hiphinge.cli.desk import PersonName, ProgramFile, StoreUrl, leave_if_stopped, opened, say_decision
from hiphinge.cli.guard import say, write_out
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import HiphingeError, UsageError
from hiphinge.service.commandline import command_line, day_text

__all__ = ["finish", "log", "morning", "session_app", "start", "summary", "symptom", "undo"]

session_app = typer.Typer(
    name="session",
    help="One session of the program: start it, log clips and how they felt, finish it with a one-page summary.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_PLACES = "low_back, buttock, leg_above_knee, leg_below_knee, hip, knee, neck, other"
_EFFORTS = "hamstrings, buttocks, low_back, thighs_front, upper_back, neck, other, nothing"
Places = Annotated[
    list[str] | None, typer.Option("--where", metavar="PLACES", help=f"Where it hurts, with commas: {_PLACES}.")
]
Equipment = Annotated[
    list[str] | None,
    typer.Option("--equipment", metavar="NAMES", help="What you have, with commas, such as kettlebell,band."),
]
Minutes = Annotated[int | None, typer.Option("--minutes", metavar="N", help="How much time you have, 1 to 999.")]
Space = Annotated[
    float | None, typer.Option("--space", metavar="M", help="Metres between you and the camera, 0.1 to 100.")
]
RedFlags = Annotated[
    list[str] | None,
    typer.Option(
        "--red-flag",
        metavar="NAME=ANSWER",
        help="Answer to a red-flag question, such as bladder=no; repeat it. A yes is kept at any time.",
    ),
]
NoRedFlags = Annotated[
    bool, typer.Option("--no-red-flags", help="The person has read every red-flag question and says no to all.")
]
SummaryFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder that receives the summary, as a web page and as PDF.")
]


@session_app.command(epilog="Example: hiphinge session start Ana --pain 1 --no-new-symptoms")
def start(
    context: typer.Context,
    person: PersonName,
    pain: Annotated[int | None, typer.Option(metavar="0-10", help="Pain now, at rest.")] = None,
    morning_pain: Annotated[
        int | None, typer.Option(metavar="0-10", help="Pain on the morning after the last session.")
    ] = None,
    new_symptoms: Annotated[
        bool | None,
        typer.Option("--new-symptoms/--no-new-symptoms", help="Whether anything is new or worse since the last time."),
    ] = None,
    red_flag: RedFlags = None,
    no_red_flags: NoRedFlags = False,
    where: Places = None,
    since: Annotated[str | None, typer.Option(metavar="TEXT", help="Since when it hurts.")] = None,
    goal: Annotated[str | None, typer.Option(metavar="TEXT", help="What the person wants to do again.")] = None,
    equipment: Equipment = None,
    minutes: Minutes = None,
    space: Space = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Start a session: some questions, then what to do today. At a terminal, what is not given is asked."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.next import say_next
        from hiphinge.cli.start import StartGiven, run_start

        found = desk.find(person)
        given = StartGiven(
            pain=pain, morning_pain=morning_pain, new_symptoms=new_symptoms, red_flags=red_flag,
            no_red_flags=no_red_flags, places=where, since=since, goal=goal, equipment=equipment, minutes=minutes,
            space_m=space,
        )  # fmt: skip
        run_start(desk, found, given)
        leave_if_stopped(say_next(desk, found))


@session_app.command(epilog="Example: hiphinge session symptom Ana --red-flag bladder=yes")
def symptom(
    context: typer.Context,
    person: PersonName,
    red_flag: RedFlags = None,
    no_red_flags: NoRedFlags = False,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Say at any time that something is new or worse: the red-flag questions once more. A yes closes the session."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.next import say_short
        from hiphinge.cli.start import ask_red_flags, read_red_flags, report_flags

        found = desk.find(person)
        flags = read_red_flags(desk.program.red_flags, red_flag, all_no=no_red_flags)
        if any(flags.values()):
            report_flags(desk, found, flags)
        else:
            ask_red_flags(desk, found, desk.program.red_flags, flags)
        leave_if_stopped(say_short(desk, found))


@session_app.command(epilog="Example: hiphinge session log Ana clip.mp4 --effort hamstrings,buttocks --pain 0")
def log(
    context: typer.Context,
    person: PersonName,
    clip: Annotated[
        Path | None,
        typer.Argument(metavar="CLIP", help="A side-view video of one set, or an assessment.json made of it."),
    ] = None,
    drill: Annotated[
        str | None, typer.Option(metavar="DRILL", help="Which drill. Default: the one that is due.")
    ] = None,
    variant: Annotated[
        str | None, typer.Option(metavar="NAME", help="In which form; none: as the drill stands. Default: what is due.")
    ] = None,
    before: Annotated[bool, typer.Option("--before", help="The usual bend, for a before and after.")] = False,
    after: Annotated[bool, typer.Option("--after", help="The coached hinge, for a before and after.")] = False,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave this screen out, for example if it hurts.")
    ] = False,
    load_kg: Annotated[float | None, typer.Option(metavar="KG", min=0, max=300, help="How heavy.")] = None,
    back_reps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only the last N reps show the back free of hands.")
    ] = None,
    touched: Annotated[
        bool | None, typer.Option("--touched/--not-touched", help="Wall drill: the seat touched the wall each time.")
    ] = None,
    effort: Annotated[
        list[str] | None, typer.Option(metavar="PLACES", help=f"Where the effort was felt, with commas: {_EFFORTS}.")
    ] = None,
    pain: Annotated[int | None, typer.Option(metavar="0-10", help="How much it hurt, at its worst.")] = None,
    where: Places = None,
    leg: Annotated[
        str | None, typer.Option(metavar="HOW", help="Leg pain: same, further (down), back (to the spine).")
    ] = None,
    numbness: Annotated[
        bool | None, typer.Option("--numbness/--no-numbness", help="Whether there is new numbness or weakness.")
    ] = None,
    tick: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=ANSWER", help="What only you can tell, such as feet_active=yes; repeat it."),
    ] = None,
    keep_clip: Annotated[
        bool, typer.Option("--keep-clip", help="Keep a copy of the film too. Default: only its numbers.")
    ] = False,
    by_clinician: Annotated[bool, typer.Option("--by-clinician", help="The ticks are the therapist's.")] = False,
    out: arguments.Out = None,
    facing: arguments.Facing = None,
    model: arguments.Model = None,
    from_s: arguments.From = None,
    to_s: arguments.To = None,
    still_s: arguments.Still = None,
    subject: Annotated[
        int | None, typer.Option("--subject", metavar="N", help="Whom to follow, counted from the left, from 0.")
    ] = None,
    wall: arguments.Wall = None,
    foot_length_cm: arguments.FootLength = None,
    video: arguments.Video = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Log a set: its clip, and how it felt. Without a clip: only how it felt, or ticks."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.feel import FeelGiven
        from hiphinge.cli.log import LogGiven, run_leave_out, run_log
        from hiphinge.cli.next import say_short

        if before and after:
            raise UsageError(
                "--before and --after are both given.", expected="one of the two", next_step="Log two clips."
            )
        found = desk.find(person)
        options = _clip_options(
            out=out, facing=facing, model=model, from_s=from_s, to_s=to_s, still_s=still_s, person=subject,
            wall=wall, foot_length_cm=foot_length_cm, video=video,
        )  # fmt: skip
        given = LogGiven(
            clip=clip, drill=drill, variant=variant, label="usual" if before else "coached" if after else "",
            load_kg=load_kg, back_reps=back_reps, touched=touched, ticks=tick, by_clinician=by_clinician,
            keep=keep_clip, options=options,
            feel=FeelGiven(pain=pain, effort=effort, places=where, leg=leg, numbness=numbness),
        )  # fmt: skip
        logged = (run_leave_out if leave_out else run_log)(desk, found, given)
        leave_if_stopped(say_short(desk, found, screen=logged.kind == "screen"))


def _clip_options(**given: Any) -> AssessOptions:
    """Return the options of the clip; what is not given keeps its default, and results go to the usual folder."""
    from hiphinge.cli.settings import build_options

    return build_options(given, config=None)


@session_app.command(epilog="Example: hiphinge session finish Ana --out results")
def finish(
    context: typer.Context,
    person: PersonName,
    out: SummaryFolder = Path(arguments.DEFAULT_OUT),
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Finish the session and write its one-page summary."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.pages import say_summary, write_summary

        found = desk.find(person)
        session = desk.finish(found)
        page = desk.summary(found, session)
        say_summary(page)
        try:
            written = write_summary(page, out)
        except HiphingeError as error:
            again = command_line("session", "summary", found.name, "--session", session, "--out", "DIR")
            error.next_step = f"The session is finished and kept. To write its page: {again}"
            raise
        for path in written:
            write_out(f"Written: {path}")
        worked = bool(page.work) or page.worst_pain is not None
        if worked and page.decision.action not in ("stop_now", "stop_see"):
            write_out(f"Tomorrow morning: {command_line('session', 'morning', found.name)}")


@session_app.command(epilog="Example: hiphinge session summary Ana --session 1 --out results")
def summary(
    context: typer.Context,
    person: PersonName,
    session: Annotated[
        str | None,
        typer.Option(metavar="N", help="Which session: its number from 1, or its key. Default: the last."),
    ] = None,
    out: SummaryFolder = Path(arguments.DEFAULT_OUT),
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Write the one-page summary of a session once more, with what was answered since, such as the next morning."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.pages import say_summary, write_summary

        page = desk.summary(desk.find(person), session)
        say_summary(page)
        for path in write_summary(page, out):
            write_out(f"Written: {path}")


@session_app.command(epilog="Example: hiphinge session morning Ana --pain 1")
def morning(
    context: typer.Context,
    person: PersonName,
    pain: Annotated[int | None, typer.Option(metavar="0-10", help="Pain on the morning after.")] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Say how much it hurt on the morning after the last session."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import ask_number
        from hiphinge.service.words import SCALE

        found = desk.find(person)
        answer = ask_number("How much did it hurt this morning?", pain, option="--pain", scale=SCALE)
        decision = desk.answer_morning(found, int(answer))
        say_decision(decision)
        leave_if_stopped(decision)


@session_app.command(epilog='Example: hiphinge session undo Ana --reason "other clip"')
def undo(
    context: typer.Context,
    person: PersonName,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it does not count.")] = None,
    entry: Annotated[
        str | None, typer.Option(metavar="KEY", help="Which entry, by its key. Default: the last one.")
    ] = None,
    store: StoreUrl = None,
    program: ProgramFile = None,
) -> None:
    """Take back what was entered last and was a slip: a set goes with how it felt. It stays in the log, uncounted."""
    with opened(context, store, program) as desk:
        from hiphinge.cli.ask import ask_text
        from hiphinge.service.words import name_entry

        found = desk.find(person)
        for one in desk.entries(found, entry):
            named = name_entry(one, desk.program)
            say(f"To be taken back: {named}, entered on {day_text(one.at, clock=True)} ({one.key}).")
        desk.withdraw(found, ask_text("Why does it not count?", reason, option="--reason"), entry)
        write_out("It stays in the log and counts no longer.")
        say_decision(desk.decide(found))
