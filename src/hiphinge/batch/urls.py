"""Where a clip lies: a path of this machine, or a URL that fsspec opens."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from hiphinge.errors import MissingDependency

__all__ = ["is_remote", "is_url", "local_path", "missing_storage", "name_of"]


def is_url(text: str) -> bool:
    """Tell a URL from a path."""
    return "://" in text


def is_remote(url: str) -> bool:
    """Tell whether a clip has to be fetched."""
    return is_url(url) and not url.startswith("file://")


def local_path(url: str) -> Path:
    """Return the path of a clip that has not to be fetched."""
    return Path(unquote(urlsplit(url).path)) if url.startswith("file://") else Path(url)


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
