"""``hiphinge serve``: the web app."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hiphinge.cli.guard import guarded, say, write_out
from hiphinge.web.settings import SETTINGS, Setting, read_settings

if TYPE_CHECKING:
    from hiphinge.store import Store
    from hiphinge.web.serving import Plan

__all__ = ["serve"]

#: What typer reads of a setting's kind.
_TYPES: dict[str, Any] = {"flag": bool | None, "number": int | None, "path": Path | None}
_PANEL = "Settings"


def _option(one: Setting) -> inspect.Parameter:
    """Return a setting as an option of the command line."""
    shown = "" if one.default in ("", None, ()) else f"default: {str(one.default).lower()}; "
    dashed = one.name.replace("_", "-")
    names = f"--{dashed}/--no-{dashed}" if one.kind == "flag" else f"--{dashed}"
    words = f"{one.help} ({shown}${one.variable})"
    told = typer.Option(names, help=words, show_default=False, rich_help_panel=_PANEL)
    kind: Any = _TYPES.get(one.kind, str | None)
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, told])


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every setting of the table."""
    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "given"]
    options = [_option(one) for one in SETTINGS]
    command.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in (*own, *options)}
    return command


@_with_settings
def serve(
    *,
    clinic: Annotated[
        bool, typer.Option("--clinic", help="A clinic with accounts: the same as --mode clinic.")
    ] = False,
    phone: Annotated[
        bool, typer.Option("--phone", help="At home: let phones in the same network in; shows a code to scan.")
    ] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the first page in a browser.")] = False,
    **given: Any,
) -> None:
    """Serve the web app: live coaching, films, the program, the clinician's desk.

    At home it listens on this computer alone and needs no account. In a clinic (--clinic) the first start prints a link
    that makes the administrator's account.
    """
    with guarded():
        # The live coach multiplies many small matrices: several threads for each cost more than they bring.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        if clinic:
            given["mode"] = "clinic"
        _serve(read_settings(**given), phone=phone, open_browser=open_browser)


def _serve(settings: Any, *, phone: bool, open_browser: bool) -> None:
    """Listen, say where, and serve until told to stop."""
    from hiphinge.store import open_store
    from hiphinge.web.assets import find_missing_vendor
    from hiphinge.web.serving import bind, build, make_plan, run_servers

    plan = make_plan(settings, phone=phone)
    with ExitStack() as stack:
        sockets = [stack.enter_context(bind(one)) for one in plan.listeners]
        store = stack.enter_context(open_store(settings.store or None))
        app = build(plan, store) if settings.processes == 1 else None
        if find_missing_vendor():
            say("The browser's own files are missing, so live coaching will not start: run pip install -e . once.")
        _say_where(plan, store)
        # Where the output goes to a file or to a service manager, it is read while the server runs.
        sys.stdout.flush()
        if open_browser:
            import webbrowser

            webbrowser.open(plan.url)
        if app is not None:
            run_servers(app, plan, sockets)
        else:
            from hiphinge.web.processes import Processes

            # Each process opens the store for itself.
            store.close()
            Processes(plan, sockets).run()
    say("Stopped.")


def _say_where(plan: Plan, store: Store) -> None:
    """Say where the app is, and how the first one gets in."""
    from hiphinge.web.serving import invite_first, invite_phone, terminal_qr

    write_out(f"hiphinge is at {plan.url}   (Ctrl-C ends it)")
    write_out(f"Its people are kept in {store.where()}")
    base = plan.url.rstrip("/")
    if plan.fingerprint and not plan.phone_url:
        write_out(f"Its certificate's SHA-256 fingerprint: {plan.fingerprint}")
    if not plan.settings.home:
        link = invite_first(store, base)
        if link is not None:
            write_out(f"Make the administrator's account, once, within 24 hours: {link}")
    elif plan.phone_url:
        link = invite_phone(store, plan.phone_url)
        write_out(f"\nA phone in the same Wi-Fi, once, within an hour: {link}\n")
        write_out(terminal_qr(link))
        write_out("The phone will say that the connection is not private: this computer made its own certificate.")
        write_out(f"Going on is fine where the SHA-256 fingerprint is {plan.fingerprint}")
        write_out(f"Help with that: {plan.url}phone")
    elif plan.addresses or plan.settings.behind_proxy:
        write_out(f"Whoever is not at this computer gets in, once, within an hour, by {invite_phone(store, base)}")
