"""The program's pictures, each with a place of its own that browsers keep."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from hiphinge.program.figures import figures, read_figure
from hiphinge.web.access import allow
from hiphinge.web.errors import NotFound
from hiphinge.web.translate import _

__all__ = ["Picture", "picture", "router"]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a drill: a still, and a short animation where there is one."""

    still: str
    animation: str
    alt: str
    caption: str
    width_px: int
    height_px: int


def picture(drill: str, variant: str = "", equipment: str = "") -> Picture | None:
    """Return the picture of a drill, of one of its variants or with some equipment; None where there is none."""
    try:
        known = [one for one in figures() if one.drill == drill]
    except FileNotFoundError:  # a build without pictures
        return None
    for wanted in ((variant, equipment), (variant, None), ("", equipment), ("", None)):
        for one in known:
            if one.variant == wanted[0] and wanted[1] in (None, one.equipment):
                moving = f"/pictures/{one.animation}" if one.animation else ""
                caption = _("Left: {left}. Right: {right}.").format(left=one.left, right=one.right)
                return Picture(f"/pictures/{one.still}", moving, one.alt, caption, one.width_px, one.height_px)
    return None


@router.get("/pictures/{name}", dependencies=[allow("public")], include_in_schema=False)
def show_picture(name: str) -> Response:
    """Send a picture of the program."""
    names = {one.still for one in figures()} | {one.animation for one in figures() if one.animation}
    if name not in names:
        raise NotFound()
    content = read_figure(name)
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/webp"
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})
