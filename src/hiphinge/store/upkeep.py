"""The folder of kept files and the rows that name them, brought together again after something was cut off.

Rows decide: a file that no row names is removed, one that was set aside and is still named is given back. A file is
set aside by a rename before the commit, so that whoever comes next can tell what was meant.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, select, text

from hiphinge.store.files import remove_tree
from hiphinge.store.log import in_parts
from hiphinge.store.tables import assessments, people, revisions

__all__ = [
    "ASIDE",
    "REMOVING",
    "find_astray",
    "find_unnamed",
    "find_unowned",
    "finish",
    "hold_files",
    "left_of",
    "remove_file",
    "remove_files_of",
    "set_file_aside",
    "set_files_aside",
]

#: What a folder of files is called while its person is being erased: this, the person, a dash and a number.
ASIDE = ".erasing-"
#: What a file is called while it is being removed: this, the person, the assessment and its name, with dashes.
REMOVING = ".removing-"
#: What a person's id looks like.
_PERSON = re.compile(r"[0-9a-z]{1,16}")
#: Held while files lie there whose rows are not yet committed.
_LOCK = 0x68697066


def set_files_aside(root: Path, person: str) -> None:
    """Rename a person's folder, so that an erasure that is cut off can be told from one that was finished."""
    if (root / person).is_dir():
        (root / person).rename(root / f"{ASIDE}{person}-{secrets.token_hex(4)}")


def set_file_aside(root: Path, path: str) -> Path:
    """Rename one kept file (PERSON/ASSESSMENT/NAME), so that its removal can be finished or undone; return where to."""
    aside = root / f"{REMOVING}{path.replace('/', '-', 2)}"
    if (root / path).is_file():
        (root / path).replace(aside)
    return aside


def hold_files(connection: Connection, *, wait: bool) -> bool:
    """Let nobody else remove files until the transaction ends; False where somebody else holds them.

    SQLite's writers take turns anyhow.
    """
    if connection.dialect.name != "postgresql":
        return True
    if wait:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return True
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar_one())


def remove_files_of(root: Path, person: str) -> tuple[int, int]:
    """Remove all files of somebody who was erased; return how many are gone, and how many could not be removed."""
    removed = sum(remove_tree(folder) for folder in _folders_of(root, person))
    for path in root.glob(f"{REMOVING}{person}-*"):
        removed += remove_file(path)
    return removed, left_of(root, person)


def left_of(root: Path, person: str) -> int:
    """Return how many of a person's files lie here; a folder that cannot be looked into counts as one."""
    left = len(list(root.glob(f"{REMOVING}{person}-*")))
    for folder in _folders_of(root, person):
        left += max(1, sum(1 for path in folder.rglob("*") if not path.is_dir()))
    return left


def _folders_of(root: Path, person: str) -> Iterator[Path]:
    """Yield the folders that hold a person's files."""
    for folder in (root / person, root / f"{ASIDE}{person}", *sorted(root.glob(f"{ASIDE}{person}-*"))):
        if folder.is_dir():
            yield folder


def find_astray(root: Path) -> set[str]:
    """Return the people of whom something was set aside."""
    names = [path.name for path in root.glob(".*")]
    cut = [name.removeprefix(prefix) for prefix in (ASIDE, REMOVING) for name in names if name.startswith(prefix)]
    return {name.partition("-")[0] for name in cut}


def find_unowned(connection: Connection, root: Path) -> set[str]:
    """Return the ids of folders whose person is not in the store: erased, perhaps from another computer."""
    here = sorted(path.name for path in root.glob("[!.]*") if path.is_dir())
    known: set[str] = set()
    for part in in_parts(here):
        known.update(connection.execute(select(people.c.id).where(people.c.id.in_(part))).scalars())
    return set(here) - known


def find_unnamed(connection: Connection, root: Path) -> set[str]:
    """Return the people in whose folder something lies that no row names; looks at every file."""
    found: set[str] = set()
    for part in in_parts(sorted(path.name for path in root.glob("[!.]*"))):
        named = _named(connection, part)
        found.update(name for name in part if any(True for _ in _unnamed(root / name, named[name])))
    return found


def finish(connection: Connection, root: Path, person: str, *, all_files: bool = False, gone: bool = True) -> None:
    """Finish or undo what was cut off with a person's files. The transaction is one that writes.

    Nothing is done where somebody else is writing to the person's record. ``all_files`` removes what no row names as
    well, ``gone`` the files of somebody who is not in the store.
    """
    # Not every folder is ours, and an empty name would be that of all files.
    if not _PERSON.fullmatch(person):
        return
    if not _is_known(connection, person):
        if gone:
            remove_files_of(root, person)
        return
    # SQLite's writers take turns; there FOR UPDATE is left out.
    held = select(people.c.id).where(people.c.id == person).with_for_update(skip_locked=True)
    if connection.execute(held).one_or_none() is None:
        return
    for aside in (root / f"{ASIDE}{person}", *root.glob(f"{ASIDE}{person}-*")):
        if aside.is_dir():
            _give_back(aside, root / person)
    named = _named(connection, [person])[person]
    for path in root.glob(f"{REMOVING}{person}-*"):
        number, _, name = path.name.removeprefix(f"{REMOVING}{person}-").partition("-")
        target = root / person / number / name
        if name in named.get(number, ()) and not target.exists():
            path.replace(target)
        else:
            remove_file(path)
    if all_files:
        _remove_unnamed(root / person, named)


def _remove_unnamed(folder: Path, named: Mapping[str, set[str]]) -> None:
    """Remove what lies in a person's folder and that no row names."""
    for path in list(_unnamed(folder, named)):
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            remove_file(path)


def _is_known(connection: Connection, person: str) -> bool:
    """Whether the person is in the store."""
    return connection.execute(select(people.c.id).where(people.c.id == person)).one_or_none() is not None


def _give_back(aside: Path, folder: Path) -> None:
    """Give a person's files back; nothing that is there now is lost."""
    if not folder.exists():
        aside.rename(folder)
        return
    for path in aside.iterdir():
        if not (folder / path.name).exists():
            path.rename(folder / path.name)
    if not any(aside.iterdir()):
        aside.rmdir()


def _named(connection: Connection, persons: Sequence[str]) -> Mapping[str, Mapping[str, set[str]]]:
    """Return what the rows of some people name: person → assessment or correction → names of files."""
    named: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for c in (assessments.c, revisions.c):
        query = select(c.person, c.id, c.files).where(c.person.in_(persons), c.files != "[]")
        for owner, number, names in connection.execute(query):
            named[owner][number] = set(json.loads(names))
    return named


def _unnamed(folder: Path, named: Mapping[str, set[str]]) -> Iterator[Path]:
    """Yield what lies in a person's folder and that no row names."""
    for below in folder.iterdir() if folder.is_dir() else ():
        if below.name not in named or not below.is_dir():
            yield below
        else:
            yield from (path for path in below.iterdir() if path.name not in named[below.name])


def remove_file(path: Path) -> bool:
    """Remove a file, if it is there; False where that cannot be done."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
