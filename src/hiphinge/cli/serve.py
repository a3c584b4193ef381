"""``hiphinge serve``: the web app."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from hiphinge.cli.guard import guarded, say
from hiphinge.web.settings import SETTINGS, Setting, read_settings

__all__ = ["serve"]

#: What typer reads of a setting's kind.
_TYPES: dict[str, Any] = {"flag": bool | None, "number": int | None, "path": Path | None}


def _option(one: Setting) -> inspect.Parameter:
    """Return a setting as an option of the command line."""
    shown = "nothing" if one.default in ("", None, ()) else one.default
    words = f"{one.help}  [${one.variable}; default: {shown}]"
    dashed = one.name.replace("_", "-")
    names = f"--{dashed}/--no-{dashed}" if one.kind == "flag" else f"--{dashed}"
    kind = Annotated[_TYPES.get(one.kind, str | None), typer.Option(names, help=words, show_default=False)]
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every setting of the table."""
    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "given"]
    options = [_option(one) for one in SETTINGS]
    command.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in (*own, *options)}
    return command


@_with_settings
def serve(**given: Any) -> None:
    """Serve the web app: live coaching, videos, the program, the clinician's desk.

    At home it listens on this computer alone and needs no account.
    """
    with guarded():
        import uvicorn

        from hiphinge.web.app import create_app

        settings = read_settings(**given)
        say(f"hiphinge is at http://{settings.host}:{settings.port}/  (Ctrl-C ends it)")
        uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False, log_level="warning")
