"""hiphinge: sees from one side-view video whether the hips or the lumbar spine do the bending.

``hiphinge.assess(path, ...)`` is the whole of it; everything else is there for those who want the parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Assessment", "HiphingeError", "__version__", "assess", "stance"]

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hiphinge.api import assess, stance
    from hiphinge.errors import HiphingeError
    from hiphinge.model import Assessment

_HOMES = {
    "assess": "hiphinge.api",
    "stance": "hiphinge.api",
    "Assessment": "hiphinge.model",
    "HiphingeError": "hiphinge.errors",
}


def __getattr__(name: str) -> object:
    """Import the public names on first use, so that ``import hiphinge`` costs nothing."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
