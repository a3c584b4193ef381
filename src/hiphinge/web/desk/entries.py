"""The entry that stands for a clip: as it is read now, in words, and the person's other ones."""

from __future__ import annotations

from typing import Any

from hiphinge.program.history import ClipSeen, SetDone
from hiphinge.program.words import name_drill, name_variant
from hiphinge.service.corrections import SeenClip
from hiphinge.service.desk import Desk
from hiphinge.service.questions import live_events
from hiphinge.store import Person
from hiphinge.web.translate import _

__all__ = ["as_read", "clip_title", "other_clips"]


def as_read(desk: Desk, person: Person, clip: SeenClip) -> SetDone | ClipSeen | None:
    """Return the entry of a clip as it is read now: corrected."""
    if clip.entry is None:
        return None
    found = next((one for one in live_events(desk.history(person)) if one.key == clip.entry.key), None)
    return found if isinstance(found, SetDone | ClipSeen) else None


def clip_title(desk: Desk, entry: SetDone | ClipSeen | None) -> str:
    """Return what a clip shows, in words: drill, form, side of a before and after."""
    if entry is None:
        return _("A clip that no longer counts")
    name = name_drill(desk.program, entry.drill)
    extra = (
        name_variant(desk.program, entry.drill, entry.variant) if isinstance(entry, SetDone) and entry.variant else ""
    )
    label = {"usual": _("usual bend"), "coached": _("coached")}.get(getattr(entry, "label", ""), "")
    return ", ".join(part for part in (name, extra.lower(), label) if part)


def other_clips(desk: Desk, person: Person, assessment: str) -> list[dict[str, Any]]:
    """Return the person's other clips that count, the newest first."""
    return [
        {"assessment": one.assessment, "at": one.at, "name": clip_title(desk, one)}
        for one in reversed(live_events(desk.history(person)))
        if isinstance(one, SetDone | ClipSeen) and one.assessment and one.assessment != assessment
    ]
