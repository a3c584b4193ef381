"""The one door to the optional packages behind ``hiphinge[synth]``."""

from __future__ import annotations

import importlib
from typing import Any

from hiphinge.errors import MissingDependency

__all__ = ["load_extra"]


def load_extra(module: str) -> Any:
    """Import an optional package, or say how to get it.

    Parameters
    ----------
    module
        Name of the package to import.

    Returns
    -------
    Any
        The imported package.

    Raises
    ------
    MissingDependency
        If the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"rendering people needs the package {module!r}, which is not installed.",
            expected="the optional extra 'synth'.",
            next_step="pip install 'hiphinge[synth]'",
        ) from error
