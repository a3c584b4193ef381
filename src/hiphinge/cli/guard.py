"""What the command line says when something goes amiss: one kind message, an exit code, no traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from hiphinge.errors import HiphingeError

__all__ = [
    "INTERRUPTED",
    "LACKING",
    "TERMINATED",
    "UNFORESEEN",
    "describe_error",
    "drop_output",
    "guarded",
    "say",
    "write_out",
]

#: Exit code of a strict batch in which a clip has no result.
LACKING = 16
#: Exit code after Ctrl-C.
INTERRUPTED = 130
#: Exit code after a polite kill (SIGTERM).
TERMINATED = 143
#: Exit code of an error that hiphinge did not foresee.
UNFORESEEN = 70
#: Set to see the traceback of an unforeseen error.
DEBUG_VARIABLE = "HIPHINGE_DEBUG"


@contextmanager
def guarded() -> Iterator[None]:
    """Run a command; turn every error into a message on stderr and an exit code.

    Raises
    ------
    typer.Exit
        With the error's exit code, 130 after Ctrl-C, 70 for what was not foreseen.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        say("Stopped. Nothing half-written was left behind.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        raise typer.Exit(describe_error(error)) from None


def describe_error(error: Exception, *, about: str = "") -> int:
    """Say on stderr what went amiss, and return the exit code.

    Parameters
    ----------
    error
        What was raised.
    about
        Named first, for example the video.
    """
    start = f"{about}: " if about else ""
    if isinstance(error, HiphingeError):
        say(f"{start}{error}")
        return error.exit_code
    say(f"{start}hiphinge met an error that it did not foresee: {type(error).__name__}: {_first_line(error)}")
    if os.environ.get(DEBUG_VARIABLE):
        say("".join(traceback.format_exception(error)).rstrip())
    else:
        say(f"Next: run it again with {DEBUG_VARIABLE}=1 and report what it prints, without the video.")
    return UNFORESEEN


def say(text: str) -> None:
    """Write a line for people to stderr."""
    _write(sys.stderr, text)


def write_out(text: str) -> None:
    """Write a line to stdout; a reader who went away (``| head``) is no error."""
    _write(sys.stdout, text)


def _write(stream: object, text: str) -> None:
    """Print and flush; after a broken pipe everything further goes nowhere."""
    try:
        print(text, file=stream, flush=True)  # type: ignore[call-overload]
    except BrokenPipeError:
        drop_output(stream)


def drop_output(stream: object) -> None:
    """Send what is still to come to nowhere, so that Python's own flush at exit stays silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]
    os.close(nowhere)


def _first_line(error: Exception) -> str:
    """Return the first line of the error's text."""
    return (str(error).splitlines() or [""])[0]
