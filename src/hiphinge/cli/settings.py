"""From the command line and a TOML file to ``AssessOptions``; the command line wins."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from hiphinge.cli.arguments import DEFAULT_OUT
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import ConfigError, UsageError

__all__ = ["build_options", "check_options", "read_settings"]

_KEYS = tuple(field.name for field in fields(AssessOptions))


def build_options(given: Mapping[str, Any], *, config: Path | None = None) -> AssessOptions:
    """Combine built-in values, the settings file and what the command line gave.

    Parameters
    ----------
    given
        Option name to value; None means not given.
    config
        TOML file with a table ``[assess]``.

    Raises
    ------
    ConfigError
        The settings file cannot be used.
    UsageError
        A value of the command line cannot be used.
    """
    chosen: dict[str, Any] = {"out": DEFAULT_OUT}
    if config is not None:
        chosen |= read_settings(config)
    chosen |= {name: value for name, value in given.items() if value is not None}
    options = AssessOptions(**chosen)
    check_options(options)
    return options


def read_settings(path: Path) -> dict[str, Any]:
    """Read the table ``[assess]`` of a TOML file: the keyword names of ``hiphinge.assess``.

    Raises
    ------
    ConfigError
        The file cannot be read, is no TOML, has an unknown key, or a value of another type.
    """
    import msgspec

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The settings file {path} cannot be read: {error.strerror or error}.",
            expected="a TOML file with a table [assess]",
            next_step="Check the path given with --config.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The settings file {path} is not TOML: {error}.",
            expected='lines such as model = "heavy" under [assess]',
            next_step="Mend that line.",
        ) from None
    _refuse_unknown(document, ("assess",), f"table in {path}")
    table = document.get("assess", {})
    if not isinstance(table, dict):
        raise ConfigError(f"In {path}, assess is not a table.", expected="[assess]")
    _refuse_unknown(table, _KEYS, f"key in [assess] of {path}")
    try:
        options = msgspec.convert(table, AssessOptions)
        check_options(options)
    except (msgspec.ValidationError, UsageError) as error:
        raise ConfigError(
            f"A value in [assess] of {path} cannot be used: {error}",
            next_step="hiphinge assess --help lists the values of every option.",
        ) from None
    return {name: getattr(options, name) for name in table}


def check_options(options: AssessOptions) -> None:
    """Refuse values that no video could fit.

    Raises
    ------
    UsageError
        A time before the start, an empty part of the video, an empty still stand, a negative person.
    """
    start, end = options.from_s, options.to_s
    for name, seconds in (("--from", start), ("--to", end)):
        if seconds is not None and not (math.isfinite(seconds) and seconds >= 0):
            raise UsageError(
                f"{name} is {seconds:g} s.",
                expected="seconds from the start of the video, 0 or more",
                next_step=f"Give {name} a time in the video.",
            )
    if end is not None and end <= (start or 0.0):
        raise UsageError(
            f"--to is {end:g} s and --from is {start or 0.0:g} s: nothing lies between them.",
            expected="--to later than --from",
            next_step="Swap or mend the two times.",
        )
    if options.still_s is not None and not 0 <= options.still_s[0] < options.still_s[1] < math.inf:
        first, last = options.still_s
        raise UsageError(
            f"--still is {first:g} to {last:g} s.",
            expected="the start and the end of a still stand, in seconds, start first",
            next_step="Give two times such as --still 0.5 2.5.",
        )
    if options.wall is not None and not (math.isfinite(options.wall) and options.wall >= 0):
        raise UsageError(
            f"--wall is {options.wall:g}.",
            expected="an x in the picture: 0 to 1 of its width, or pixels",
            next_step="Measure where the wall meets the floor level with the nearer heel, for example --wall 0.12.",
        )
    if options.foot_length_cm is not None and not 15 <= options.foot_length_cm <= 45:
        raise UsageError(
            f"--foot-length is {options.foot_length_cm:g} cm.",
            expected="the length of the shoe, heel to toe, 15 to 45 cm",
            next_step="Measure the shoe's sole, or leave it out.",
        )
    if options.person is not None and options.person < 0:
        raise UsageError(
            f"--person is {options.person}.",
            expected="0 for the person furthest to the left, 1 for the next, and so on",
            next_step="Leave it out to let hiphinge choose.",
        )


def _refuse_unknown(found: Iterable[str], known: tuple[str, ...], what: str) -> None:
    """Raise for the first name that is not known, naming the nearest known one."""
    for name in found:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4) or [key for key in known if key.startswith(name)]
        guess = f"Did you mean {near[0]!r}?" if near else "Remove it."
        raise ConfigError(f"Unknown {what}: {name!r}.", expected=", ".join(known), next_step=guess)
