"""Pages of the program, to read and to print: a session's summary, a person's progress, the booklet of drills."""

from hiphinge.report.program.render import (
    render_booklet_html,
    render_booklet_pdf,
    render_progress_html,
    render_progress_pdf,
    render_session_html,
    render_session_pdf,
)

__all__ = [
    "render_booklet_html",
    "render_booklet_pdf",
    "render_progress_html",
    "render_progress_pdf",
    "render_session_html",
    "render_session_pdf",
]
