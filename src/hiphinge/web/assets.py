"""Static files: addresses that carry a hash of all files, so that browsers keep them and never mix versions."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from hiphinge.web.access import allow
from hiphinge.web.errors import NotFound

__all__ = ["STATIC", "asset", "find_missing_vendor", "router", "static_version"]

STATIC = Path(__file__).parent / "static"
#: A year: the address changes when a file does.
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".task": "application/octet-stream",
    ".woff2": "font/woff2",
    ".map": "application/json",
}

router = APIRouter()


def asset(path: str) -> str:
    """Return the address of a static file. One hash stands for all files, so that imports between them keep working."""
    return f"/static/{static_version()}/{path}"


@lru_cache
def static_version() -> str:
    """Return a hash of the names and contents of all static files."""
    found = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            found.update(path.relative_to(STATIC).as_posix().encode() + b"\0")
            with path.open("rb") as stream:
                found.update(hashlib.file_digest(stream, "sha256").digest())
    return found.hexdigest()[:12]


def find_missing_vendor(folder: Path = STATIC / "vendor") -> list[str]:
    """Return the names of the browser's own files that the build did not bring, or that are not those of the lock."""
    lock = json.loads((STATIC.parent / "vendor.lock.json").read_text(encoding="utf-8"))
    wanted = {name: part["sha256"] for package in lock["packages"] for name, part in package["files"].items()}
    wanted |= {name: part["sha256"] for name, part in lock["tasks"].items()}
    return [name for name, sha256 in wanted.items() if not _is_whole(folder / name, sha256)]


def _is_whole(path: Path, sha256: str) -> bool:
    """Whether a file is there, and is the one that was locked."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


@router.get("/static/{version}/{path:path}", dependencies=[allow("public")], include_in_schema=False)
def static(version: str, path: str) -> FileResponse:
    """Send a static file; nothing outside the folder, no listing, nothing hidden."""
    try:
        found = (STATIC / path).resolve() if "\0" not in path else STATIC
        hidden = any(part.startswith(".") for part in Path(path).parts)
        there = not hidden and found.is_relative_to(STATIC.resolve()) and found.suffix in _TYPES and found.is_file()
    except OSError:  # longer than names are
        there = False
    if not there:
        raise NotFound()
    keep = _FOREVER if version == static_version() else "no-cache"
    return FileResponse(found, media_type=_TYPES[found.suffix], headers={"Cache-Control": keep})
