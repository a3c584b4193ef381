"""Erasing what a batch knows of one film: its lines in the journal, its rows, and its result."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hiphinge.batch.dataset import CLIPS, REPS, ClipTable
from hiphinge.batch.faults import writing_to
from hiphinge.batch.journal import JOURNAL_NAME, Journal
from hiphinge.batch.lists import SUMMARY, WITHOUT_RESULT
from hiphinge.batch.start import note_about, note_open, read_about
from hiphinge.batch.urls import name_of
from hiphinge.disk import flush_folder
from hiphinge.errors import InputNotFound, UsageError

__all__ = ["Forgotten", "forget_film"]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased, and what was not.

    Parameters
    ----------
    address
        Of the film, which itself is not touched.
    n_results
        Result folders that were erased.
    shared_with
        Addresses of other films with the same content: their results were the same and carried this film's name. The
        next run makes them again.
    """

    address: str
    n_results: int
    shared_with: tuple[str, ...]


def forget_film(dest: Path, film: str) -> Forgotten:
    """Erase one film from a batch; the folder has to be locked by the caller.

    Parameters
    ----------
    dest
        Folder of the batch.
    film
        Address, path, or name of the film.

    Raises
    ------
    InputNotFound
        The batch knows no such film.
    UsageError
        Several films have the name.
    OutputError
        The folder cannot be written.
    """
    about = read_about(dest)
    address = _find(dest, film)
    folders = {line.folder for _, line in Journal.read(dest / JOURNAL_NAME) if line.folder and line.url == address}
    shared_with = {line.url for _, line in Journal.read(dest / JOURNAL_NAME) if line.folder in folders} - {address}
    erased = [folder for folder in folders if (dest / folder).exists()]
    note_open(dest)
    with writing_to(dest):
        # The result first, the name last: whatever stops this, what is still named can be forgotten again. The data set
        # goes before the journal, by whose places it is told what of it is written.
        for folder in erased:
            _remove(dest / folder)
        for kind in (CLIPS, REPS):
            _remove(dest / kind)
        for name in (SUMMARY, WITHOUT_RESULT):
            (dest / name).unlink(missing_ok=True)
        _rewrite(dest / JOURNAL_NAME, without=address)
    ClipTable(dest).rebuild(about.generation)
    note_about(dest, about)
    return Forgotten(address, len(erased), tuple(sorted(shared_with)))


def _find(dest: Path, film: str) -> str:
    """Return the address of a film that the journal knows by what somebody typed."""
    film = film.removeprefix("'")  # as the lists write a name that a spreadsheet would calculate with
    typed = {film, os.path.abspath(film)}  # noqa: PTH100 - as the source spells it
    by_name: set[str] = set()
    for _, line in Journal.read(dest / JOURNAL_NAME):
        if line.url in typed:
            return line.url
        if name_of(line.url) == film:
            by_name.add(line.url)
    if not by_name:
        raise InputNotFound(
            f"The batch in {str(dest)!r} knows no film {film!r}.",
            expected="a name or an address as summary.csv has it",
            next_step=f"Look into {dest / 'summary.csv'}.",
        )
    if len(by_name) > 1:
        raise UsageError(
            f"{len(by_name)} films are called {film!r}: {_list(by_name)}.",
            expected="the whole address of one",
            next_step="Give it instead of the name.",
        )
    return by_name.pop()


def _list(addresses: Iterable[str], most: int = 5) -> str:
    every = sorted(addresses)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
        flush_folder(folder.parent)


def _rewrite(journal: Path, *, without: str) -> None:
    """Write the journal anew without a film's lines, aside, and put it in the place of the old one."""
    aside = journal.with_name(f".{secrets.token_hex(8)}-{journal.name}")
    try:
        with aside.open("xb") as file:
            for _, line in Journal.read(journal):
                if line.url != without:
                    file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(journal)
        flush_folder(journal.parent)
    finally:
        aside.unlink(missing_ok=True)
