"""From the program's documents to HTML (Jinja2) and PDF (typst): the same view fills both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from hiphinge.program.model import Program
from hiphinge.program.progress import Progress
from hiphinge.program.summary import SessionSummary
from hiphinge.report.program.figures import Key, Still, as_jpeg, find_stills
from hiphinge.report.program.pdf import compile_pdf
from hiphinge.report.program.views import View, booklet_view, progress_view, session_view

__all__ = [
    "render_booklet_html",
    "render_booklet_pdf",
    "render_progress_html",
    "render_progress_pdf",
    "render_session_html",
    "render_session_pdf",
]

_JPEG = b"\xff\xd8"
_Stills = Mapping[Key, Still]


def render_session_html(summary: SessionSummary, *, zone: tzinfo | None = None) -> str:
    """Return the summary of a session as one self-contained page, without scripts.

    Parameters
    ----------
    summary
        What ``summarise_session`` gave.
    zone
        Of the dates; None: that of this computer.
    """
    return _html(session_view(summary, zone=zone))


def render_session_pdf(summary: SessionSummary, *, zone: tzinfo | None = None) -> bytes:
    """Return the summary of a session as a tagged PDF, from the same texts as the HTML."""
    return _pdf(session_view(summary, zone=zone), summary.began)


def render_progress_html(progress: Progress, *, zone: tzinfo | None = None) -> str:
    """Return a person's progress as one self-contained page, without scripts."""
    return _html(progress_view(progress, zone=zone))


def render_progress_pdf(progress: Progress, *, zone: tzinfo | None = None) -> bytes:
    """Return a person's progress as a tagged PDF, from the same texts as the HTML."""
    return _pdf(progress_view(progress, zone=zone), progress.now)


def render_booklet_html(program: Program) -> str:
    """Return the booklet of a program, a page for each drill, as one self-contained page."""
    return _html(booklet_view(program))


def render_booklet_pdf(program: Program) -> bytes:
    """Return the booklet of a program as a tagged PDF."""
    return _pdf(booklet_view(program), None)


def _html(view: View) -> str:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=ChoiceLoader([PackageLoader("hiphinge.report.program"), PackageLoader("hiphinge.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_svg"] = Markup  # charts escape every word that they take
    stills = find_stills(_wanted(view))
    shown = {"next": _next_still(view, stills)} if "next" in view else {}
    return environment.get_template(f"{view['kind']}.html").render(
        v=view, pictures={**{"/".join(key): still for key, still in stills.items()}, **shown}
    )


def _pdf(view: View, at: datetime | None) -> bytes:
    stills = find_stills(_wanted(view))
    shown = {"next": _next_still(view, stills)} if "next" in view else {}
    pictures: dict[str, dict[str, Any]] = {}
    files: dict[str, bytes] = {}
    for key, still in {**{"/".join(key): one for key, one in stills.items()}, **shown}.items():
        if still is not None:
            content = as_jpeg(still.content)
            name = f"{still.name}.{'jpg' if content.startswith(_JPEG) else 'webp'}"
            files[name] = content
            pictures[key] = {"file": f"/{name}", "alt": still.alt, "caption": still.caption}
    return compile_pdf({**view, "pictures": pictures}, files=files, at=at)


def _wanted(view: View) -> list[Key]:
    """Return what the page can show a picture of: in the booklet every drill, its loads and its easier ways."""
    if view["kind"] != "booklet":
        return [(view["next"]["figure"], variant, "") for variant in dict.fromkeys((view["next"]["variant"], ""))]
    keys: list[Key] = []
    for drill in view["drills"]:
        keys.append((drill["id"], "", ""))
        keys += [(drill["id"], "", one["id"]) for one in drill["equipment"]]
        keys += [(drill["id"], one["id"], "") for one in drill["easier"]]
    return keys


def _next_still(view: View, stills: _Stills) -> Still | None:
    """Return the picture of what comes next: its variant's, else the drill's as it stands; none for a stop."""
    if view["next"]["tone"] == "stop":
        return None
    return next((stills[key] for key in _wanted(view) if key in stills), None)
