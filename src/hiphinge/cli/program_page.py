"""``hiphinge program page``: the program as a printed booklet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hiphinge.cli.guard import guarded, write_out
from hiphinge.cli.names import PAGE_ENDINGS, PDF_ENDINGS, check_page, write_page
from hiphinge.cli.program import ProgramFile
from hiphinge.errors import UsageError

__all__ = ["page"]


def page(
    html: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write it as a page for the browser.")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE.pdf", help="Write it as a PDF, to print.")] = None,
    program: ProgramFile = None,
) -> None:
    """Write a booklet to print: every drill with its picture, set-up, cues, dose and what moves you on."""
    with guarded():
        if html is None and pdf is None:
            raise UsageError(
                "Nothing to write.", expected="--html FILE.html, --pdf FILE.pdf, or both", next_step="Give one of them."
            )
        check_page(html, PAGE_ENDINGS)
        check_page(pdf, PDF_ENDINGS)
        from hiphinge.program import load_program
        from hiphinge.report.program import render_booklet_html, render_booklet_pdf

        loaded = load_program(program)
        if html is not None:
            write_out(f"Written: {write_page(html, render_booklet_html(loaded).encode())}")
        if pdf is not None:
            write_out(f"Written: {write_page(pdf, render_booklet_pdf(loaded))}")
