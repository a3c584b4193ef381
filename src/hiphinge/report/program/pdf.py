"""A view as a tagged PDF (PDF/UA-1), by typst: texts go in as data, never as markup; nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from hiphinge.errors import MissingDependency, OutputError
from hiphinge.report.program.charts import for_print

__all__ = ["FONT", "compile_pdf", "pdf_data", "source_of"]

#: Built into typst, so that no font of the system is needed.
FONT = "Libertinus Serif"
#: The first that works: our own font; the system's where a name needs other letters; without the standard, that
#: refuses letters which no font has.
_WAYS: tuple[tuple[bool, Literal["ua-1"] | None], ...] = ((True, "ua-1"), (False, "ua-1"), (False, None))


def compile_pdf(view: Mapping[str, Any], *, files: Mapping[str, bytes], at: datetime | None = None) -> bytes:
    """Return a view as a PDF: tagged, with title, language and words for every figure.

    Parameters
    ----------
    view
        Of ``views``, and ``pictures``: where each picture is.
    files
        Pictures by file name.
    at
        The time that the PDF says it was made at; None: no time.

    Raises
    ------
    MissingDependency
        typst is not installed.
    OutputError
        The page cannot be made.
    """
    try:
        with TemporaryDirectory(prefix="hiphinge-") as folder:
            for name, content in files.items():
                Path(folder, Path(name).name).write_bytes(content)
            return _compile(pdf_data(view), source_of(str(view["kind"])), folder, at)
    except OSError as error:
        raise OutputError(
            f"The PDF could not be made: {error.strerror or error}.",
            expected="some room in the folder for temporary files",
            next_step="Free some space, or use the HTML page, which can be printed.",
        ) from None


def pdf_data(view: Mapping[str, Any]) -> dict[str, str]:
    """Return what the typst page reads: the view as JSON, charts with colours and font of their own."""
    return {"data": json.dumps(_prepare(view), ensure_ascii=False)}


def source_of(kind: str) -> bytes:
    """Return the typst source of a page: what all share, then its own."""
    return _read("common.typ") + b"\n" + _read(f"{kind}.typ")


@cache
def _read(name: str) -> bytes:
    return package_files("hiphinge.report.program").joinpath("templates", name).read_bytes()


def _prepare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: for_print(one, FONT) if key == "svg" and isinstance(one, str) else _prepare(one)
            for key, one in value.items()
        }
    return [_prepare(one) for one in value] if isinstance(value, list | tuple) else value


def _compile(data: dict[str, str], source: bytes, folder: str, at: datetime | None) -> bytes:
    try:
        import typst
    except ModuleNotFoundError:
        raise MissingDependency(
            "The PDF needs typst, which is not installed.",
            expected="the Python package typst",
            next_step="Install it with: pip install typst. The HTML page can be printed instead.",
        ) from None
    trouble = ""
    for only_own_fonts, standard in _WAYS:
        compiler = typst.Compiler(source, root=folder, ignore_system_fonts=only_own_fonts, sys_inputs=data)
        try:
            made = compiler.compile(
                format="pdf",
                pdf_standards=standard,
                timestamp=int(at.timestamp()) if at else None,
            )
        except typst.TypstError as error:
            trouble = str(error)
            continue
        return bytes(made)  # type: ignore[arg-type]
    raise OutputError(
        f"The PDF could not be made: {trouble}",
        expected="a page that typst can set",
        next_step="Use the HTML page, which can be printed, and report this, please.",
    )
