"""What the user gives beside the video: criteria files (TOML in, checked criteria out), the place of the wall."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from hiphinge.errors import ConfigError, UsageError
from hiphinge.model import VideoInfo, Wall
from hiphinge.verdict import Criteria, check_limits, criteria_for

__all__ = ["load_criteria", "place_wall"]


def load_criteria(drill: str, path: str | None) -> Criteria:
    """Return the criteria of a drill, with the limits of a TOML file where one is given.

    Parameters
    ----------
    drill
        The drill.
    path
        TOML file, for example::

            [rules.4]        # back flat
            pass_hi = 25     # degrees
            fail_hi = 40

            [outcome]
            hinge_hip_share_min = 55

    Raises
    ------
    ConfigError
        When the file cannot be read, is not TOML, or names a rule or a limit that this drill does not have, or
        when its limits contradict each other.
    """
    if path is None:
        return criteria_for(drill)
    flat = _flatten(_read(Path(path)), path)
    known = criteria_for(drill).as_mapping()
    sides = ("pass_lo", "pass_hi", "fail_lo", "fail_hi", "tolerance")
    rules = sorted({name.rpartition(".")[0] for name in known if "." in name})
    names = [*(f"{rule}.{side}" for rule in rules for side in sides), *(n for n in known if "." not in n)]
    for name, value in flat.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise ConfigError(
                f"{path} sets {name!r}, which the drill {drill!r} does not have.",
                expected=f"one of the rules {', '.join(rules)} with {', '.join(sides)}",
                next_step=f"Did you mean {near[0]!r}?" if near else "See docs/rules.md for the rules of each drill.",
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{path} sets {name!r} to {value!r}.", expected="a number")
    criteria = criteria_for(drill, {name: float(value) for name, value in flat.items()})
    found = check_limits(criteria)
    if found is not None:
        raise ConfigError(
            f"{path}: {found[1]}.",
            expected="limits that agree: fail_lo ≤ pass_lo ≤ pass_hi ≤ fail_hi, and a tolerance of 0 or more",
            next_step=f"Mend {found[0]}, or the limit beside it.",
        )
    return criteria


def place_wall(given: float | None, video: VideoInfo) -> Wall | None:
    """Turn the option ``wall`` (share of the width, or pixels above 1) into a place; None where none is given.

    Raises
    ------
    UsageError
        The place is not in the picture.
    """
    if given is None:
        return None
    if not 0 <= given <= video.width_px:
        raise UsageError(
            f"--wall is {given:g}, and the picture is {video.width_px} pixels wide.",
            expected=f"0 to 1 of the width, or 2 to {video.width_px} pixels",
            next_step="Measure where the wall meets the floor, level with the nearer heel, in the still stand.",
        )
    return Wall(given if given <= 1 else given / video.width_px)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no criteria file {path}.", expected="a TOML file", next_step="Check the path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The criteria file {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"The criteria file {path} is not valid TOML: {error}.", expected="lines such as pass_hi = 25"
        ) from None


def _flatten(raw: dict[str, Any], path: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in raw.items():
        if key == "rules" and isinstance(value, dict):
            for rule, limits in value.items():
                if not isinstance(limits, dict):
                    raise ConfigError(f"{path}: [rules] {rule} is {limits!r}.", expected=f"a table [rules.{rule}]")
                flat.update({f"{rule}.{side}": number for side, number in limits.items()})
        elif key == "outcome" and isinstance(value, dict):
            flat.update(value)
        else:
            raise ConfigError(f"{path} has an unknown part {key!r}.", expected="the tables [rules.…] and [outcome]")
    return flat
