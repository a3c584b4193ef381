"""``hiphinge store``: back up and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hiphinge.cli.desk import StoreUrl
from hiphinge.cli.guard import guarded, write_out

__all__ = ["backup", "restore", "store_app"]

store_app = typer.Typer(
    name="store",
    help="The store of people and sessions: back it up while it is in use, restore it into an empty one.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@store_app.command(epilog="Example: hiphinge store backup monday.backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the backup; must not exist.")],
    store: StoreUrl = None,
) -> None:
    """Write a backup of the whole store; others may go on working."""
    with guarded():
        from hiphinge.store import open_store

        with open_store(store) as found:
            found.backup(file)
        write_out(f"Backed up to {file}. It holds health data: keep it safe.")


@store_app.command(epilog="Example: hiphinge store restore monday.backup --store new.db")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    store: StoreUrl = None,
) -> None:
    """Restore a backup into an empty store; a store that holds people is left as it is."""
    with guarded():
        from hiphinge.store import open_store

        with open_store(store) as found:
            found.restore(file)
            number = len(found.people())
        write_out(f"Restored from {file}: {number} {'person' if number == 1 else 'people'}.")
