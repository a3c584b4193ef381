"""The command line: ``hiphinge demo``, ``hiphinge assess``, ``hiphinge doctor``, ``hiphinge validate``."""

from hiphinge.cli.commands import app, main

__all__ = ["app", "main"]
