"""Static files: addresses that carry a hash of all files, so that browsers keep them and never mix versions."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from hiphinge.web.access import allow
from hiphinge.web.errors import NotFound

__all__ = ["STATIC", "asset", "missing_vendor_files", "router", "static_version"]

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


def missing_vendor_files() -> bool:
    """Whether the files of others that pages need were never fetched: a checkout that was not installed."""
    return not (STATIC / "vendor" / "htmx.min.js").is_file()


@router.get("/static/{version}/{path:path}", dependencies=[allow("public")], include_in_schema=False)
def static(version: str, path: str) -> FileResponse:
    """Send a static file; nothing outside the folder, no listing, nothing hidden."""
    found = (STATIC / path).resolve() if "\0" not in path else STATIC
    hidden = any(part.startswith(".") for part in Path(path).parts)
    if hidden or not found.is_relative_to(STATIC.resolve()) or found.suffix not in _TYPES or not found.is_file():
        raise NotFound()
    keep = _FOREVER if version == static_version() else "no-cache"
    return FileResponse(found, media_type=_TYPES[found.suffix], headers={"Cache-Control": keep})
