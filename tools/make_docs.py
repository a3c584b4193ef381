"""Write the pages under ``docs/`` that follow from the code: command line, exit codes, JSON Schema.

``python tools/make_docs.py`` writes them; ``--check`` only says which ones differ, and exits 1 if any does.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from typer.main import get_command

from hiphinge import errors
from hiphinge.cli import app, guard
from hiphinge.report.schema import schema_text

DOCS = Path(__file__).resolve().parent.parent / "docs"
_HEAD = "<!-- Written by tools/make_docs.py; do not edit. -->\n\n"


def cli_text() -> str:
    """Return ``docs/cli.md``: what ``--help`` says of every command."""
    root = get_command(app)
    commands = getattr(root, "commands", {})
    parts = [_HEAD, "# Command line\n\n", f"{root.help}\n\n", _SETTINGS]
    functions = {info.callback.__name__: info.callback for info in app.registered_commands if info.callback}
    parts += [_command_text(name, command, functions[name]) for name, command in commands.items()]
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
        "`hiphinge doctor` exits 9 where something asks for attention.\n\n" + "\n".join(lines) + "\n"
    )


def _error_rows() -> Iterator[tuple[str, str, str]]:
    """Yield exit code, name and meaning of every error that has a code of its own."""
    for name in errors.__all__:
        kind = getattr(errors, name)
        if "exit_code" in vars(kind):
            meaning = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
            yield str(kind.exit_code), f"`{name}`", meaning


def pages() -> dict[str, str]:
    """Return file name to text of every page that follows from the code."""
    return {
        "cli.md": cli_text(),
        "exit-codes.md": exit_codes_text(),
        "assessment.schema.json": schema_text(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them."""
    stale = []
    for name, text in pages().items():
        path = DOCS / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            DOCS.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"Stale: {', '.join(stale)}. Run python tools/make_docs.py.")
        return 1
    print("Written: " + ", ".join(stale) if stale else "All pages are up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
