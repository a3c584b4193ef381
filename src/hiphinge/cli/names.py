"""Pages that a command writes: whole or not at all, and nothing that is no page is replaced."""

from __future__ import annotations

from pathlib import Path

from hiphinge.errors import OutputError, UsageError

__all__ = ["PAGE_ENDINGS", "PDF_ENDINGS", "check_page", "write_page"]

PAGE_ENDINGS, PDF_ENDINGS = (".html", ".htm"), (".pdf",)
#: How a page, and a PDF, begin.
_BEGINNINGS = {".html": b"<", ".htm": b"<", ".pdf": b"%PDF"}


def check_page(path: Path | None, endings: tuple[str, ...], *, store: str | None = None) -> None:
    """Refuse a name that would replace something that is no page; None is fine.

    Parameters
    ----------
    path
        Where to write.
    endings
        What its name may end in.
    store
        The store's address, which is never written over.

    Raises
    ------
    UsageError
        The name ends otherwise, or is the store's own.
    OutputError
        There is a file that is no such page.
    """
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise UsageError(
            f"{str(path)!r} does not end in {endings[0]}.", expected=f"a name such as page{endings[0]}",
            next_step="Give another name.",
        )  # fmt: skip
    if _is_store(path, store):
        raise UsageError(
            f"{str(path)!r} is the store itself.", expected=f"a name such as page{endings[0]}",
            next_step="Give another name.",
        )  # fmt: skip
    if path.is_file() and path.stat().st_size and not _begins(path):
        raise OutputError(
            f"{str(path)!r} is there already, and is no page.",
            expected="a new name, or a page to replace",
            next_step="Give another name.",
        )


def write_page(path: Path, data: bytes) -> Path:
    """Write a page, whole or not at all, and return its path."""
    from hiphinge.validation.store import write_bytes

    write_bytes(path, data)
    return path


def _begins(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_BEGINNINGS[path.suffix.lower()])


def _is_store(path: Path, store: str | None) -> bool:
    from hiphinge.store.opening import find_place

    if store is None:
        return False
    place = find_place(store or None).path
    return place is not None and place.resolve() == path.resolve()
