"""Write the pages under ``docs/`` that follow from the code: command line, exit codes, JSON Schema, README figures.

``python tools/make_docs.py`` writes them; ``--check`` only says which ones differ, and exits 1 if any does, or if the
spine model that is shipped is not named under "Scientific changes" in the changelog.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from typer.main import get_command

from hiphinge import errors
from hiphinge.cli import app, desk, guard, validate
from hiphinge.program import load_program
from hiphinge.program.figures import find_figure
from hiphinge.report.schema import schema_text
from hiphinge.validation.stills import estimator_version
from hiphinge.verdict import wall
from hiphinge.verdict.criteria import DRILL_RULES, RULES, criteria_for
from hiphinge.verdict.labels import MEASURE_LABELS
from hiphinge.web.access import ACTIONS, action_of
from hiphinge.web.routes import ROUTERS
from hiphinge.web.settings import SETTINGS

DOCS = Path(__file__).resolve().parent.parent / "docs"
_HEAD = "<!-- Written by tools/make_docs.py; do not edit. -->\n\n"


#: Where the drawn people lie, seen from the README.
_PICTURES = "src/hiphinge/program/pictures"


def cli_text() -> str:
    """Return ``docs/cli.md``: what ``--help`` says of every command."""
    root = get_command(app)
    commands = getattr(root, "commands", {})
    parts = [_HEAD, "# Command line\n\n", f"{root.help}\n\n", _SETTINGS]
    functions = {
        info.name or info.callback.__name__: info.callback for info in app.registered_commands if info.callback
    }
    for name, command in commands.items():
        inside = getattr(command, "commands", None)
        if inside is None:
            parts.append(_command_text(name, command, functions[name]))
            continue
        parts.append(f"## `hiphinge {name}`\n\n{inspect.cleandoc(command.help)}\n\n")
        group = next(one.typer_instance for one in app.registered_groups if one.typer_instance.info.name == name)
        own = {info.name or info.callback.__name__: info.callback for info in group.registered_commands}
        parts += [_command_text(f"{name} {sub}", one, own[sub]) for sub, one in inside.items()]
    parts.append("## `hiphinge`\n\n" + _option_table(root.params, {}))
    return "".join(parts).rstrip() + "\n"


def _command_text(name: str, command: Any, function: Callable[..., None]) -> str:
    """Return the section of one command."""
    arguments = " ".join(f"{param.metavar}..." for param in command.params if _is_argument(param))
    usage = f"hiphinge {name} {arguments}".strip() + " [OPTIONS]"
    return (
        f"## `hiphinge {name}`\n\n{inspect.cleandoc(command.help)}\n\n```text\n{usage}\n```\n\n"
        f"{_option_table(command.params, get_type_hints(function))}\n{command.epilog}\n\n"
    )


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _option_table(params: list[Any], types: Mapping[str, Any]) -> str:
    """Return the table of arguments and options."""
    lines = ["| option | meaning |", "|---|---|"]
    for param in params:
        if param.name == "help":
            continue
        names = [param.metavar] if _is_argument(param) else [*param.opts, *param.secondary_opts]
        choices = _choices(types.get(param.name))
        value = " \\| ".join(choices) if choices else "" if _is_argument(param) else param.metavar or ""
        default = param.default if isinstance(param.default, str) else None
        meaning = f"{param.help} Default: {default}." if default else param.help
        lines.append(f"| `{' / '.join(names)}` {value} | {meaning} |")
    return "\n".join(lines) + "\n"


def _choices(kind: Any) -> list[str]:
    """Return the values of a ``Literal``, also inside a union."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [value for part in get_args(kind) for value in _choices(part)]


_SETTINGS = """Results go to stdout, progress and messages to stderr. [Exit codes](exit-codes.md).

Every option of `assess` is also a keyword of `hiphinge.assess()` and a key of a settings file (`--config`);
what the command line gives wins:

```toml
[assess]
out = "results"
model = "heavy"
drill = "deadlift"
from_s = 2.0
still_s = [0.5, 2.5]
video = false
```

With `--json`, stdout is one JSON document: a list with an entry per video, either
`{"video", "folder", "assessment"}` (see `assessment.schema.json`) or
`{"video", "error": {"kind", "what", "expected", "next_step", "exit_code"}}`.

"""


def exit_codes_text() -> str:
    """Return ``docs/exit-codes.md``, from the error tree."""
    rows = [("0", "–", "Every video has a result. *Cannot tell* is a result.")]
    rows += sorted(_error_rows(), key=lambda row: int(row[0]))
    rows += [
        (
            str(validate.WORSE),
            "–",
            "`hiphinge validate --quick --check`: a figure is worse than on record by more than its interval.",
        ),
        (
            str(guard.LACKING),
            "–",
            "`hiphinge batch --strict`: the batch came to its end, and at least one clip has no result.",
        ),
        (
            str(desk.STOPPED),
            "–",
            "A stop is in force that only a clinician lifts (`session start`, `log`, `symptom`, `morning`, `next`); "
            "what was entered is kept.",
        ),
        (
            str(guard.UNFORESEEN),
            "–",
            f"An error that was not foreseen; `{guard.DEBUG_VARIABLE}=1` shows more.",
        ),
        (str(guard.INTERRUPTED), "–", "Stopped with Ctrl-C; nothing half-written is left."),
        (str(guard.TERMINATED), "–", "Ended by a signal (SIGTERM); nothing half-written is left."),
    ]
    lines = ["| code | error | meaning |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    return (
        f"{_HEAD}# Exit codes\n\nWith several videos the others go on after a failure; the exit code is "
        "that of the first video without a result.\n"
        "An archive always holds files that are no films: `hiphinge batch` exits 0 when it came to its end, whatever was "
        "refused, unless `--strict` is given.\n"
        "`hiphinge doctor` exits 9 where something asks for attention.\n\n" + "\n".join(lines) + "\n"
    )


def _error_rows() -> Iterator[tuple[str, str, str]]:
    """Yield exit code, name and meaning of every error that has a code of its own."""
    for name in errors.__all__:
        kind = getattr(errors, name)
        if "exit_code" in vars(kind):
            meaning = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
            yield str(kind.exit_code), f"`{name}`", meaning


_RULES_HEAD = """# Rules

A rule is *not met* only when the whole 90 % interval lies past its line, *caution* needs the value past it, and an
interval that reaches from where the rule passes to where it does not is *cannot tell*. A grade changes from one rep
to the next only when the value lies the tolerance past the line. Rules never add up to one score.

Tags: MODEL computed with a static balance model, DESIGN proposed by us and not validated; the rest names its source.
Thresholds are conventions for learning the hinge, not limits of safety: rounding is not dangerous in itself.

Replace limits with a TOML file, `--criteria FILE.toml`:

```toml
[rules.4]            # back flat
pass_hi = 25         # degrees
fail_hi = 40

[outcome]
hinge_hip_share_min = 55
```

Of a bend that is cut off, at which the pictures end or begin while the person is well on the way (more than 15° a second
and 0.6 of the way's greatest speed, DESIGN), only what holds however the rest would have been is told: a lumbar flexion
past the line of rule 4, or who went first in a toe-touch that has passed 60° of lean. Otherwise it does not count.

The outcome *mixed* is a bend that is no hinge for one of several reasons, and each is called by its name: the hips led,
but not far back, or down as well; hips and back shared; a small bend with the back within its limit; reps that differ;
an interval that leaves two neighbouring answers. Where nothing can be told there is no cue on moving: the one thing to
try is what would help the film, and the reason names what was not seen, or not told and why.

Numbers that contradict each other (a pass beyond its own *not met*) are refused, with the name of the one to mend; so
are those of a program file.

"""
_RULES_TAIL = """
## The wall (rule 11)

`--wall X` says where the wall behind the person meets the floor, level with the heel nearer to the camera: x in the
upright picture of the still stand, 0 to 1 of its width or in pixels. It is never guessed: without it the touch is
*cannot tell*, and the person's own tick stands for it. The place is stored with the result (`wall`) and drawn in the
overlay, and it holds for a camera that stands; where the camera moved nothing is told. In an oblique picture the wall's
far corner and its near end are *not* the place: follow the foot of the wall along the floor.

Looking for the wall in the picture was tried and left out. The strongest upright edge behind the person is most often
the wall's far corner or near end: of 20 rendered walls 18 gave such an edge, 2 of them within 0.12 foot lengths of the
place, the others up to 0.94 off; and 2 of 17 real clips, none with a wall behind the person, gave one too
(`tools/measure_wall.py --edges`).

`wall_gap` is the least distance from the seat's rearmost edge to the wall in the deep part of a rep, `wall_touch_time`
when the seat is first within 0.12 foot lengths of it, `heel_to_wall` the heels' distance in the still stand. The rule
speaks of the touch alone; whether the back kept its shape is rule 4, whose cue comes first. A touch that was there
before the bend says nothing. Where the touch is told, the outcome *hinge* asks for it, or for hips as far back as rule 1
asks; where it is not told, for rule 2.

{wall}

## Stance width (rule 12)

`hiphinge stance PHOTO` reads one photograph of the front (or the back): ankle spacing ÷ shoulder spacing. 0.9 to 1.3 is
under the shoulders, 1.3 to 1.6 the wider stance that is easier for some. It is advice, never a gate, and told only of
somebody who stands upright, at most 35° from facing the camera. On 40 rendered people that nothing was fitted on, 37
were told and the 90 % interval held 33 of them.

## Comfortable rounding

Rounding on purpose is a screen of its own: nothing about the back is judged. Its outcome is *reference taken* where the
lumbar spine flexes by more than 10° for sure (the whole interval) in at least one rep; the largest of these is the
personal scale of later bends (rule 4b).

## Fingertips

Reach is shown in foot lengths and never judged. With `--foot-length CM`, the shoe's, it is also given in centimetres:
an estimate, ±0.15 foot lengths.
"""


def rules_text() -> str:
    """Return ``docs/rules.md``: every rule, and which drill judges it with which limits."""
    lines = ["## Every rule (free hinge)", "", "| rule | what | measure | limits | tolerance | source | cue |"]
    lines.append("|---|---|---|---|---|---|---|")
    for spec in RULES:
        label, unit = MEASURE_LABELS[spec.measure]
        limits = spec.limits.describe(unit)
        cue = f"{spec.cue} Above: {spec.cue_high}" if spec.cue_high else spec.cue
        lines.append(
            f"| {spec.rule} | {spec.label} | {label} | {limits} | {spec.tolerance:g} {unit} | {spec.source} | {cue} |"
        )
    lines += [
        "",
        "## Which drill judges what",
        "",
        "| rule | " + " | ".join(d.replace("_", " ") for d in DRILL_RULES) + " |",
    ]
    lines.append("|---" * (len(DRILL_RULES) + 1) + "|")
    for spec in RULES:
        cells = [_drill_cell(spec.rule, drill) for drill in DRILL_RULES]
        lines.append(f"| {spec.rule} {spec.label} | " + " | ".join(cells) + " |")
    return f"{_HEAD}{_RULES_HEAD}" + "\n".join(lines) + "\n" + _RULES_TAIL.format(wall=_wall_text())


def _wall_text() -> str:
    """Say how exactly the wall's measures are told."""
    return (
        f"On 78 rendered people the pose model's heel lies {wall.HEEL_BEFORE_RATIO:g} ± {wall.HEEL_HALF_RATIO:g} foot "
        "lengths before the true one (taken off), the foot's\n"
        f"length is told within {100 * wall.FOOT_HALF_SHARE:.0f} % and the seat's edge within 0.015 foot lengths; the "
        f"gap's interval takes {wall.EDGE_HALF_RATIO:g} for all but the foot\n"
        "(`tools/measure_wall.py`). On 20 rendered clips with a wall (`tools/make_wall_clips.py`), the place given as it truly is,\n"
        "all gaps and heel distances lay in their intervals (the gap's width was set on five of them), and 18 of 20 touches\n"
        "were told as they were; the other two, gaps of 0.08, got a caution. No real clip with a wall was there to try."
    )


def _drill_cell(rule: str, drill: str) -> str:
    """Say whether a drill judges a rule, with its limits where they are its own."""
    table = DRILL_RULES[drill]
    if rule not in (*table.judged, *table.reported):
        return "–"
    word = "judged" if rule in table.judged else "reported"
    if rule in table.limits and rule in table.judged:
        spec = criteria_for(drill).rule(rule)
        return f"judged: {spec.limits.describe(MEASURE_LABELS[spec.measure][1])}"
    return word


#: Rows of the README's table: label, and the path to its figures in ``docs/validation.json``.
_README_ROWS = (
    ("hip flexion, clips, frame by frame", ("clips", "frames", "hip_flexion")),
    ("lumbar flexion, clips, frame by frame", ("clips", "frames", "lumbar_flexion")),
    ("lumbar flexion, clips, at the bottom", ("clips", "bottoms", "lumbar_flexion")),
    ("hip flexion, hard stills", ("stills", "still", "hip_flexion")),
    ("lumbar flexion, hard stills", ("stills", "still", "lumbar_flexion")),
    ("lumbar flexion, hard stills, no still stand", ("stills", "none", "lumbar_flexion")),
    ("shoulder–hip–knee angle as hip flexion, same stills", ("baselines", "shoulder–hip–knee angle")),
    ("two bare tangents as lumbar flexion, same stills", ("baselines", "two tangents, lumbar")),
)


def readme_text() -> str:
    """Return ``README.md`` with its accuracy table as ``docs/validation.json`` has it, and the pictures of the drills."""
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    numbers = json.loads((DOCS / "validation.json").read_text(encoding="utf-8"))
    rows = ["| | mean abs. error (95 %) | 95 % within | the 90 % interval covers |", "|---|---|---|---|"]
    for label, path in _README_ROWS:
        t = reduce(getitem, path, numbers)
        low, high = t["mae_interval"]
        covers = "–" if t["coverage_pct"] is None else f"{t['coverage_pct']:.0f} %"
        rows.append(f"| {label} | {t['mae']:.1f}° ({low:.1f}–{high:.1f}) | {t['p95']:.1f}° | {covers} |")
    return _fill(_fill(text, "accuracy", rows), "ladder", _ladder_rows())


def _fill(text: str, name: str, lines: Iterable[str]) -> str:
    """Put lines between the marks ``<!-- name -->`` and ``<!-- /name -->``."""
    before, rest = text.split(f"<!-- {name} -->")
    after = rest.split(f"<!-- /{name} -->")[1]
    return f"{before}<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- /{name} -->{after}"


def _ladder_rows() -> list[str]:
    """Return a table of the drills that are practised, with the same pictures as the pages and their alt text."""
    rows = ["| | drill | what it is for |", "|---|---|---|"]
    program = load_program()
    for number, stage in enumerate(program.stages):
        for drill in (program.drill(name) for name in stage.drills):
            figure = find_figure(drill.id)
            if drill.kind != "screen" and figure is not None:
                picture = f'<img src="{_PICTURES}/{figure.still}" width="240" alt="{figure.alt}">'
                rows.append(f"| {picture} | {number}. {drill.name} | {drill.purpose} |")
    return rows


def web_text() -> str:
    """Return ``docs/web.md`` with the settings as the code has them."""
    rows = ["| option of `serve` | environment variable | default | meaning |", "|---|---|---|---|"]
    for one in SETTINGS:
        flag = {True: "yes", False: "no"}.get(one.default) if one.kind == "flag" else None
        default = "–" if one.default in (None, "", ()) else flag or one.default
        rows.append(f"| `--{one.name.replace('_', '-')}` | `{one.variable}` | {default} | {one.help} |")
    return _fill((DOCS / "web.md").read_text(encoding="utf-8"), "settings", rows)


_ROUTES = """# Routes of the web app

Every address, what it is for, and who may use it. What is about one person is shown to that person and to those who
work in the clinic; to everybody else it does not exist (404). Programs find the JSON part as OpenAPI at
`/api/openapi.json`, people at `/api-docs`.

| who | visitor | guest on a visit | patient | clinician | owner |
|---|---|---|---|---|---|
"""


def routes_text() -> str:
    """Return ``docs/web-routes.md``: every route, what it does and who may."""
    parts = [_HEAD, _ROUTES]
    for action, roles in ACTIONS.items():
        cells = ("yes" if role in roles else "–" for role in ("visitor", "visit", "patient", "clinician", "owner"))
        parts.append(f"| {action} | {' | '.join(cells)} |\n")
    parts.append("\n| route | who | what it is for |\n|---|---|---|\n")
    rows = set()
    for route in (one for router in ROUTERS for one in iter_route_contexts(router.routes)):
        original = route.original_route
        socket = isinstance(original, APIWebSocketRoute)
        methods = "WebSocket" if socket else ", ".join(sorted(original.methods))
        actions = (action_of(one.call) for one in original.dependant.dependencies)
        action = next((one for one in actions if one is not None), "")
        said = (inspect.getdoc(original.endpoint) or "").partition("\n")[0]
        rows.add((route.path, f"| `{methods} {route.path}` | {action} | {said} |\n"))
    return "".join([*parts, *(text for _path, text in sorted(rows))])


def unnamed_model(changelog: str, version: str) -> bool:
    """Tell whether no list under "Scientific changes" names the spine model that is shipped."""
    sections = changelog.split("### Scientific changes")[1:]
    return not any(version in re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0] for section in sections)


def pages() -> dict[str, str]:
    """Return file name to text of every page that follows from the code."""
    return {
        "cli.md": cli_text(),
        "exit-codes.md": exit_codes_text(),
        "assessment.schema.json": schema_text(),
        "rules.md": rules_text(),
        "web.md": web_text(),
        "web-routes.md": routes_text(),
        "../README.md": readme_text(),
    }


def main(arguments: list[str], *, docs: Path = DOCS) -> int:
    """Write the pages, or with ``--check`` compare them."""
    stale = []
    for name, text in pages().items():
        path = docs / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            docs.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"Stale: {', '.join(stale)}. Run python tools/make_docs.py.")
        return 1
    if "--check" in arguments:
        changelog = (DOCS.parent / "CHANGELOG.md").read_text(encoding="utf-8")
        for version in estimator_version().split("; "):
            if unnamed_model(changelog, version):
                print(
                    f'{version} is shipped, but not named under "Scientific changes" in CHANGELOG.md: say what moved.'
                )
                return 1
    print("Written: " + ", ".join(stale) if stale else "All pages are up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
