"""A disk that refuses, told as an error of the batch's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hiphinge.errors import OutputError

__all__ = ["writing_to"]


@contextmanager
def writing_to(dest: Path) -> Iterator[None]:
    """Write to a batch's folder in the block.

    Raises
    ------
    OutputError
        The system says that it cannot.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"The batch's folder {str(dest)!r} cannot be written ({error.strerror or error}).",
            expected="a folder that can be written, with room for the results",
            next_step="Free some space or change its permissions, and run the same command again.",
        ) from error
