"""Where a clip lies: a path of this machine, or a URL that fsspec opens."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from hiphinge.errors import MissingDependency

__all__ = ["is_remote", "is_url", "local_path", "missing_storage", "name_of", "printable", "shown"]


def is_url(text: str) -> bool:
    """Tell a URL from a path."""
    return "://" in text


def is_remote(url: str) -> bool:
    """Tell whether a clip has to be fetched."""
    return is_url(url) and not url.startswith("file://")


def local_path(url: str) -> Path:
    """Return the path of a clip that has not to be fetched."""
    if not url.startswith("file://"):
        return Path(url)
    host, slash, path = url.removeprefix("file://").partition("/")
    return Path(os.fsdecode(unquote_to_bytes(slash + path if slash else host)))


def printable(path: str) -> str:
    r"""Return a path that can be written down: one with bytes that are no UTF-8 as a ``file://`` URL.

    Examples
    --------
    >>> printable("/films/bow.mov"), printable("/films/M\udcfcller.mov")
    ('/films/bow.mov', 'file:///films/M%FCller.mov')
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        return "file://" + quote_from_bytes(os.fsencode(path))
    return path


def shown(url: str) -> str:
    """Return a URL without what signs somebody in: user, password, and what stands behind a question mark.

    Examples
    --------
    >>> shown("sftp://ana:secret@host/films"), shown("https://host/a.mp4?token=1"), shown("/films/a.mp4")
    ('sftp://host/films', 'https://host/a.mp4', '/films/a.mp4')
    """
    if not is_remote(url):
        return url
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def name_of(url: str) -> str:
    """Return the file's name.

    Examples
    --------
    >>> name_of("s3://archive/2026/clip.mp4"), name_of("/films/bow.mov")
    ('clip.mp4', 'bow.mov')
    """
    path = urlsplit(url).path if url.startswith(("http://", "https://")) else url
    return path.rstrip("/").rpartition("/")[2] or "video"


def missing_storage(url: str, error: ImportError) -> MissingDependency:
    """Return what to say where fsspec lacks the package for a kind of storage."""
    return MissingDependency(
        f"{url.partition('://')[0]}:// needs a package that is not installed ({error}).",
        expected="the fsspec package for this kind of storage, here and on every worker",
        next_step="For example: pip install s3fs (S3), gcsfs (Google), adlfs (Azure), aiohttp (http).",
    )
