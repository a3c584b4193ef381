"""Where the clips of a batch come from: a folder, a pattern, a manifest, a URL; listed one by one, never all held."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hiphinge.batch.identity import keep_reference
from hiphinge.batch.manifest import Manifest, is_manifest
from hiphinge.batch.urls import is_remote, is_url, local_path, missing_storage, printable, shown
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import InputNotFound, UsageError

__all__ = ["ENDINGS", "Entry", "Source", "list_source"]

#: Endings of the files that are taken from a folder.
ENDINGS = frozenset({
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".3gp", ".3g2", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".gif",
    ".jpg", ".jpeg", ".png", ".heic",
})  # fmt: skip
#: Where a URL begins with a machine, which these do not tell with their names.
_HOSTED = frozenset({"sftp", "ssh", "ftp", "ftps", "smb", "hdfs", "webhdfs"})
#: Characters that make a pattern of a path.
_PATTERN = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip of the source.

    Parameters
    ----------
    url
        Absolute path or URL.
    signature
        Changes when the file does: size and time, or what the store of objects says; "" where it is not known.
    options
        How to assess it.
    nth
        Which appearance of this URL in the source it is, from 0.
    """

    url: str
    signature: str
    options: AssessOptions
    nth: int = 0


#: Gives the URL of a name that a store of objects told.
Place = Callable[[str], str]
#: Gives the entries, from the start, every time it is called.
Source = Callable[[], Iterator[Entry]]


def list_source(
    source: str, options: AssessOptions, *, dest: Path, say: Callable[[str], None] = lambda _: None
) -> Source:
    """Find out what a source is.

    Parameters
    ----------
    source
        As given on the command line.
    options
        Of the run; a manifest may give a clip its own.
    dest
        Folder of the batch, which is not looked into.
    say
        Is told what was left out.

    Raises
    ------
    InputNotFound, UsageError, ConfigError
        There is no such source, it is no source, or a manifest cannot be used.
    """
    if is_manifest(source):
        manifest = Manifest(source, options, say=say)
        manifest.check()
        return lambda: _from_manifest(manifest, dest)
    if is_remote(source):
        return _check_remote(source, options)
    path = local_path(source)
    if path.is_dir():
        return lambda: _from_folder(_absolute(path), options, dest.absolute(), say)
    if path.exists():
        return lambda: iter([_local(printable(str(_absolute(path))), options)])
    if _PATTERN & set(str(path)):
        return lambda: _from_pattern(str(_absolute(path)), options, dest.absolute())
    raise InputNotFound(
        f"There is no {source!r}.",
        expected="a folder, a pattern such as 'films/*.mp4', a manifest (.csv, .parquet), or a URL such as s3://…",
        next_step="Check the path.",
    )


def _absolute(path: Path) -> Path:
    """Return one spelling of a path, however it was typed: the same film is not another one by way of ``..``."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps what goes up


def _from_manifest(manifest: Manifest, dest: Path) -> Iterator[Entry]:
    seen: dict[int, int] = {}
    kept: dict[AssessOptions, AssessOptions] = {}
    for row in manifest.rows():
        if row.options not in kept:
            kept[row.options] = keep_reference(row.options, dest)
        nth = seen.get(hash(row.url), 0)
        seen[hash(row.url)] = nth + 1
        yield replace(_local(row.url, kept[row.options]), nth=nth)


def _local(url: str, options: AssessOptions) -> Entry:
    """Return an entry; where the file lies elsewhere it is not asked after, for that takes a request each."""
    return Entry(url, "" if is_remote(url) else _signature(local_path(url)), options)


def _signature(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _from_folder(folder: Path, options: AssessOptions, dest: Path, say: Callable[[str], None]) -> Iterator[Entry]:
    """Yield the clips under a folder, by name; hidden folders, results of hiphinge and the batch itself left out."""
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        say(f"Left out: the folder {str(folder)!r} cannot be read ({error.strerror or error}).")
        return
    if any(entry.name == "assessment.json" for entry in found):
        return
    for entry in found:
        path = Path(entry.path)
        if entry.name.startswith(".") or path == dest:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _from_folder(path, options, dest, say)
        elif entry.is_dir():
            say(f"Left out: {printable(str(path))!r} is a link to a folder. Name the folder itself.")
        elif path.suffix.lower() in ENDINGS:
            yield Entry(printable(str(path)), _signature(path), options)


def _from_pattern(pattern: str, options: AssessOptions, dest: Path) -> Iterator[Entry]:
    for name in glob.iglob(pattern, recursive=True):  # noqa: PTH207 - the pattern is absolute
        path = Path(name)
        if path.is_file() and not path.is_relative_to(dest):
            yield Entry(printable(name), _signature(path), options)


def _check_remote(source: str, options: AssessOptions) -> Source:
    """Ask once whether a URL can be listed at all."""
    scheme = source.partition("://")[0]
    if "::" in source:
        raise UsageError(
            f"{shown(source)} is one store inside another.",
            expected="the clips as files of their own",
            next_step="Unpack it, and give the folder.",
        )
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(source)
        there = bool(_PATTERN & set(path)) or system.exists(path)
    except ImportError as error:
        raise missing_storage(source, error) from error
    except ValueError as error:
        raise InputNotFound(
            f"{scheme}:// is not known: {error}.",
            expected="s3://, gs://, az://, https://, file://",
            next_step="Check it.",
        ) from error
    except Exception as error:  # every store of objects has errors of its own
        raise InputNotFound(
            f"{shown(source)} cannot be asked ({type(error).__name__}: {error}).",
            expected="a store of objects that this machine may read",
            next_step="Check the address and how this machine signs in there.",
        ) from error
    if not there:
        raise InputNotFound(
            f"There is nothing at {shown(source)}.", expected="a folder of clips", next_step="Check the URL."
        )
    host = source.partition("://")[2].partition("/")[0]

    def place(name: str) -> str:
        if is_url(name):
            return name
        return f"{scheme}://{host}/{name.lstrip('/')}" if scheme in _HOSTED else str(system.unstrip_protocol(name))

    return lambda: _from_remote(system, path, options, place)


def _from_remote(system: Any, path: str, options: AssessOptions, place: Place) -> Iterator[Entry]:
    if _PATTERN & set(path):
        found = system.glob(path, detail=True)
        inside = [(name, about) for name, about in found.items() if about.get("type") == "file"]
    elif system.isfile(path):
        inside = [(path, system.info(path))]
    else:
        yield from _walk_remote(system, path, options, place)
        return
    for name, about in sorted(inside, key=lambda one: one[0]):
        yield _remote(name, about, options, place)


def _walk_remote(system: Any, path: str, options: AssessOptions, place: Place) -> Iterator[Entry]:
    """Go through folders one by one: a listing of millions is never held."""
    for _, folders, files in system.walk(path, detail=True):
        if "assessment.json" in files:
            folders.clear()
            continue
        for name in sorted(files):
            if Path(name).suffix.lower() in ENDINGS and not name.startswith("."):
                yield _remote(files[name]["name"], files[name], options, place)


def _remote(name: str, about: Any, options: AssessOptions, place: Place) -> Entry:
    marks = [about.get(mark) for mark in ("size", "ETag", "etag", "LastModified", "last_modified", "mtime", "created")]
    signature = "-".join(str(mark) for mark in marks if mark is not None)
    return Entry(place(name), signature, options)
