"""``hiphinge validate``: how exact hiphinge is, measured again on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from hiphinge.cli.guard import guarded, say, write_out
from hiphinge.clip.options import ModelName
from hiphinge.errors import UsageError

__all__ = ["WORSE", "parse_models", "validate"]

#: Exit code of ``--check`` where a figure got worse by more than its recorded interval.
WORSE = 11
DEFAULT_CACHE = "hiphinge-validation"


def validate(
    quick: Annotated[
        bool, typer.Option("--quick", help="Only the small set of the source checkout: no renderer, within a minute.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help=f"With --quick: exit {WORSE} where a figure got worse than on record.")
    ] = False,
    cache: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help=f"Folder of rendered people and of what was seen, gone on with. Default: {DEFAULT_CACHE}.",
            show_default=False,
        ),
    ] = Path(DEFAULT_CACHE),
    people: Annotated[int, typer.Option(metavar="N", help="People as stills. Default: 200.", show_default=False)] = 200,
    clips_count: Annotated[
        int, typer.Option(metavar="N", help="People as clips. Default: 40.", show_default=False)
    ] = 40,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Number of the set of people. Default: 77.", show_default=False)
    ] = 77,
    models: Annotated[
        str, typer.Option(metavar="NAMES", help="Pose models to compare, with commas between.")
    ] = "lite,full,heavy",
    write: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder that receives validation.md and validation.json.")
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(metavar="MANIFEST.csv", help="Instead: hand-labelled real clips, rounded told from flat."),
    ] = None,
    pair: Annotated[
        list[str] | None,
        typer.Option(metavar="ROUNDED:FLAT", help="With --clips: two clips of one person; may be given again."),
    ] = None,
) -> None:
    """Measure how exact hiphinge is: on rendered people with known angles, or on labelled real clips.

    Renders people who are missing from the cache (extra `synth`, hours), reads them with the whole pipeline, and prints
    errors, intervals and targets. It may be stopped and run again.
    """
    with guarded():
        if clips is not None:
            if quick or check:
                raise UsageError("--clips is given with --quick or --check.", expected="one of them.")
            raise typer.Exit(_validate_real(clips, models, pair or [], write))
        if pair:
            raise UsageError("--pair is given without --clips.", expected="--clips MANIFEST.csv with it.")
        if quick:
            raise typer.Exit(_validate_quick(write, check=check))
        if check:
            raise UsageError("--check is given without --quick.", expected="--quick --check.")
        raise typer.Exit(_validate_benchmark(cache, people, clips_count, seed, parse_models(models), write))


def parse_models(text: str) -> tuple[ModelName, ...]:
    """Read the names of pose models with commas between.

    Raises
    ------
    UsageError
        There is no model of a name, or none is named.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in get_args(ModelName):
            raise UsageError(f"There is no model called {name!r}.", expected=", ".join(get_args(ModelName)))
    if not names:
        raise UsageError("--models names no model.", expected=", ".join(get_args(ModelName)))
    return tuple(cast(ModelName, name) for name in dict.fromkeys(names))


def _validate_benchmark(
    cache: Path, people: int, clips: int, seed: int, models: tuple[ModelName, ...], write: Path | None
) -> int:
    from hiphinge.validation.benchmark import Plan
    from hiphinge.validation.run import run_benchmark

    for name, number, least in (("--people", people, 2), ("--clips-count", clips, 2), ("--seed", seed, 0)):
        if number < least:
            raise UsageError(f"{name} is {number}.", expected=f"{least} or more.")
    plan = Plan(cache=cache, people=people, clips=clips, seed=seed, models=models)
    write_out(run_benchmark(plan, write=write, progress=say))
    return 0


def _validate_quick(write: Path | None, *, check: bool) -> int:
    from hiphinge.validation.run import check_quick, run_quick

    page, result = run_quick(write=write, progress=say)
    write_out(page)
    if not check:
        return 0
    worse = check_quick(result)
    for one in worse:
        say(f"Worse than on record by more than its interval: {one}")
    if worse:
        say(
            "Next: find out why. A change that is meant is recorded with hiphinge validate --write docs, and named "
            'under "Scientific changes" in CHANGELOG.md.'
        )
        return WORSE
    say("No guarded band is worse than on record.")
    return 0


def _validate_real(manifest: Path, models: str, pairs: Sequence[str], write: Path | None) -> int:
    from hiphinge.validation.real import parse_pair, to_text, validate_clips
    from hiphinge.validation.run import write_real

    names = parse_models(models)
    model: ModelName = "full" if "full" in names else names[0]

    def told(done: int, total: int, name: str) -> None:
        say(f"clip {done + 1} of {total}: {name}")

    report = validate_clips(manifest, model=model, pairs=[parse_pair(text) for text in pairs], progress=told)
    write_out(to_text(report))
    if write is not None:
        write_real(write, report)
    return 0
