"""The error tree: what went amiss, the value seen, what was expected, what to do next.

::

    HiphingeError                     exit 1
    ├── UsageError                    exit 2   an option or a keyword has a value that cannot be used
    ├── InputError
    │   ├── InputNotFound             exit 3   no such file
    │   ├── NotAVideo                 exit 4   a directory, an empty file, text, audio only
    │   ├── VideoUnreadable           exit 5   damaged so far that no picture can be decoded
    │   └── VideoUnsupported          exit 6   readable, but outside what is supported (0 x 0, beyond 8K)
    ├── OutputError                   exit 7   folder not writable, disk full
    ├── ConfigError                   exit 8   criteria, settings file or manifest cannot be used
    ├── ModelError                    exit 9   a model file is missing, altered, or does not load
    ├── MissingDependency             exit 10  an optional extra is not installed
    ├── StoreError                    exit 12  the store of people and sessions cannot be used
    │   ├── PersonNotFound            exit 13  nobody, or more than one person, goes by that name
    │   └── RecordConflict            exit 14  an entry does not fit what is already recorded
    └── ClusterError                  exit 15  the cluster cannot be reached, does not fit, or was lost
    Interrupted (Ctrl-C)              exit 130

*Cannot tell* is never an error: it is a verdict, and exits 0.
"""

from __future__ import annotations

__all__ = [
    "ClusterError",
    "ConfigError",
    "HiphingeError",
    "InputError",
    "InputNotFound",
    "MissingDependency",
    "ModelError",
    "NotAVideo",
    "OutputError",
    "PersonNotFound",
    "RecordConflict",
    "StoreError",
    "UsageError",
    "VideoUnreadable",
    "VideoUnsupported",
]


class HiphingeError(Exception):
    """Base of every error that hiphinge raises on purpose.

    Parameters
    ----------
    what
        What went amiss, in one sentence, with the value seen.
    expected
        What was expected instead.
    next_step
        What the reader can do now.
    """

    exit_code: int = 1

    def __init__(self, what: str, *, expected: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [self.what]
        if self.expected:
            parts.append(f"Expected: {self.expected}")
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return "\n".join(parts)


class UsageError(HiphingeError):
    """An option or keyword has a value that cannot be used."""

    exit_code = 2


class InputError(HiphingeError):
    """The input cannot be assessed at all."""


class InputNotFound(InputError):
    """There is no file at the given path."""

    exit_code = 3


class NotAVideo(InputError):
    """The path is a directory, an empty file, or holds no pictures."""

    exit_code = 4


class VideoUnreadable(InputError):
    """The file says it is a video, but no picture can be decoded."""

    exit_code = 5


class VideoUnsupported(InputError):
    """The video can be read but lies outside what is supported."""

    exit_code = 6


class OutputError(HiphingeError):
    """A result cannot be written."""

    exit_code = 7


class ConfigError(HiphingeError):
    """A criteria or settings file, or a manifest, cannot be used."""

    exit_code = 8


class ModelError(HiphingeError):
    """A model file is missing, altered, or does not load."""

    exit_code = 9


class MissingDependency(HiphingeError):
    """An optional extra is not installed."""

    exit_code = 10


class StoreError(HiphingeError):
    """The store of people and sessions cannot be opened, read or written."""

    exit_code = 12


class PersonNotFound(StoreError):
    """Nobody, or more than one person, goes by that name."""

    exit_code = 13


class RecordConflict(StoreError):
    """An entry does not fit what is already recorded: another person's, in the future, or entered twice differently."""

    exit_code = 14


class ClusterError(HiphingeError):
    """The cluster cannot be reached, its workers do not fit, or it was lost; what was written stays."""

    exit_code = 15
