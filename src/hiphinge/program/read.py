"""Reading a program from TOML: every key checked, every complaint with its line, the value seen and what is allowed."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from hiphinge.errors import ConfigError
from hiphinge.program.history import EFFORT_PLACES
from hiphinge.program.model import Drill, Program
from hiphinge.program.pain import LESS, RISE
from hiphinge.verdict import criteria

__all__ = ["PROGRAM_RULES", "SHIPPED", "find_cautions", "load_program", "read_program", "shipped_text"]

#: Name of the program that ships.
SHIPPED = "hip-hinge"
#: TOML says one of several as ``[[drill]]``.
_TABLE_NAMES = {"drills": "drill", "stages": "stage", "red_flags": "red_flag", "ticks": "tick", "variants": "variant"}
#: Rules that the program itself judges, beside those of the criteria: wall distance, stance width.
PROGRAM_RULES = ("11", "12")
_Path = tuple[str | int, ...]
_Type = TypeVar("_Type")


def shipped_text() -> str:
    """Return the text of the program that ships."""
    return files("hiphinge.program").joinpath("data", f"{SHIPPED}.toml").read_text(encoding="utf-8")


def load_program(path: Path | None = None) -> Program:
    """Read a program file; None reads the one that ships.

    Raises
    ------
    ConfigError
        The file cannot be read, or is no program; the message names line and key.
    """
    if path is None:
        return read_program(shipped_text(), name=f"{SHIPPED}.toml")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The program file {str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}.",
            expected="a TOML file such as hiphinge program export writes",
            next_step="Check the path.",
        ) from None
    return read_program(text, name=str(path))


def read_program(text: str, *, name: str) -> Program:
    """Read a program from the text of a TOML file.

    Parameters
    ----------
    text
        The file's text.
    name
        What errors call it.

    Raises
    ------
    ConfigError
        Broken TOML, an unknown or missing key, a value of another type or outside what is allowed, a name that does
        not exist.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers too long and tables too deep to be read
        raise ConfigError(
            f"{name} is not TOML: {error}.",
            expected='lines such as name = "Wall hinge"',
            next_step="Mend that line.",
        ) from None
    reader = _Reader(name, dict(_find_lines(text)))
    program = reader.build(Program, document, ())
    _check(program, reader)
    return program


class _Reader:
    """Turns tables into the frozen types of ``model``, and says where something does not fit."""

    def __init__(self, name: str, lines: Mapping[_Path, int]) -> None:
        self._name, self._lines = name, lines

    def refuse(self, path: _Path, what: str, *, expected: str, next_step: str = "") -> NoReturn:
        """Raise for the entry at ``path``, or for the table that it should be in."""
        line = next((self._lines[path[:k]] for k in range(len(path), 0, -1) if path[:k] in self._lines), None)
        place = f"{self._name}, line {line}" if line else self._name
        raise ConfigError(f"{place}: {what}", expected=expected, next_step=next_step or "Mend that line.")

    def build(self, kind: type[_Type], table: Any, path: _Path) -> _Type:
        """Build one frozen type from a table."""
        if not isinstance(table, dict):
            self.refuse(path, f"{_show(path)} is {table!r}.", expected="a table")
        types = get_type_hints(kind)
        names = {_key(f.name, types[f.name]): f for f in fields(kind)}  # type: ignore[arg-type]
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
                self.refuse(
                    (*path, key), f"unknown key {key!r} in {_show(path)}.", expected=", ".join(names),
                    next_step=f"Did you mean {near[0]!r}?" if near else "Remove it.",
                )  # fmt: skip
        given = {}
        for key, one in names.items():
            if key in table:
                given[one.name] = self.convert(types[one.name], table[key], (*path, key))
            elif one.default is MISSING and one.default_factory is MISSING:
                self.refuse(path, f"{_show(path)} has no {key!r}.", expected=f"a line {key} = ...", next_step="Add it.")
        return kind(**given)

    def convert(self, kind: Any, value: Any, path: _Path) -> Any:
        """Check one value against its type, going into tables and lists."""
        origin, inside = get_origin(kind), get_args(kind)
        if is_dataclass(kind):
            return self.build(kind, value, path)  # type: ignore[arg-type]
        if origin is UnionType:
            return self.convert(next(one for one in inside if one is not NoneType), value, path)
        if origin is Literal:
            if value not in inside:
                self.refuse(path, f"{_show(path)} is {value!r}.", expected=" or ".join(map(repr, inside)))
            return value
        if origin is tuple:
            self._need(isinstance(value, list), value, path, "a list [...]")
            kinds = (inside[0],) * len(value) if inside[-1] is Ellipsis else inside
            self._need(len(value) == len(kinds), value, path, f"a list of {len(kinds)}")
            return tuple(self.convert(k, v, (*path, n)) for n, (k, v) in enumerate(zip(kinds, value, strict=True)))
        if origin is not None:  # Mapping[str, ...]
            self._need(isinstance(value, dict), value, path, "a table")
            return {key: self.convert(inside[1], one, (*path, key)) for key, one in value.items()}
        return self._plain(kind, value, path)

    def _plain(self, kind: type, value: Any, path: _Path) -> Any:
        if kind is bool:
            self._need(isinstance(value, bool), value, path, "true or false")
            return value
        allowed = (int, float) if kind is float else (kind,)
        words = {str: "a text in quotes", int: "a whole number", float: "a number"}
        self._need(isinstance(value, allowed) and not isinstance(value, bool), value, path, words[kind])
        if kind is str:
            self._need(bool(value.strip()), value, path, "a text that is not empty")
        elif kind is int:
            self._need(0 <= value < 10_000, value, path, "a number from 0 to 10000")
        else:
            self._need(-10_000 < value < 10_000, value, path, "a number from -10000 to 10000")
        return kind(value)

    def _need(self, holds: bool, value: Any, path: _Path, expected: str) -> None:
        if not holds:
            self.refuse(path, f"{_show(path)} is {value!r}.", expected=expected)


def _key(field: str, kind: Any) -> str:
    """Name a field as the file does: tables that there may be several of stand in the singular."""
    of_tables = get_origin(kind) is tuple and is_dataclass(get_args(kind)[0])
    return _TABLE_NAMES.get(field, field) if of_tables else field


def _show(path: _Path) -> str:
    """Name an entry as a reader would: ``drill 3, gate passed``."""
    parts: list[str] = []
    for one in path:
        if isinstance(one, int):
            parts.append(f"{parts.pop() if parts else 'entry'} {one + 1},")
        else:
            parts.append(one)
    return " ".join(parts).rstrip(",") or "the file"


def _find_lines(text: str) -> Iterator[tuple[_Path, int]]:
    """Give the line (from 1) of every table and key of a TOML text."""
    count: dict[_Path, int] = {}
    table: _Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\-\"]+)\s*\]", line):
            parts = header[2].replace('"', "").split(".")
            path: _Path = ()
            for k, part in enumerate(parts):
                path = (*path, part)
                if k == len(parts) - 1 and header[1] == "[[":
                    count[path] = count.get(path, -1) + 1
                if path in count:
                    path = (*path, count[path])
            table = path
            yield table, number
        elif key := re.match(r"\s*\"?([\w.\-]+)\"?\s*=", line):
            yield (*table, key[1]), number


def _check(program: Program, reader: _Reader) -> None:
    """Check what types cannot say: names that must exist, that must be unique, numbers that must fit."""
    _check_unique(program, reader)
    for k, flag in enumerate(program.red_flags):
        if flag.source not in program.sources:
            reader.refuse(
                ("red_flag", k, "source"), f"there is no source {flag.source!r}.", expected=", ".join(program.sources)
            )
    if not any(flag.urgency == "emergency" for flag in program.red_flags):
        reader.refuse(("red_flag",), "no red flag is an emergency.", expected='at least one with urgency = "emergency"')
    _check_stages(program, reader)
    placed = {drill for stage in program.stages for drill in stage.drills}
    for k, one in enumerate(program.drills):
        if one.id not in placed:
            reader.refuse(
                ("drill", k, "id"), f"the drill {one.id!r} is in no stage.", expected="a stage that names it",
                next_step="Add it to a stage, or remove the drill.",
            )  # fmt: skip
        _check_drill(one, ("drill", k), reader)


def _check_stages(program: Program, reader: _Reader) -> None:
    """Check the steps: each drill once, and a way up from the questions."""
    if all(drill.gate is None for drill in program.drills):
        reader.refuse(
            ("stage",), "no step has a drill with a gate.", expected="one step at least that is more than a question"
        )
    known = [drill.id for drill in program.drills]
    for k, stage in enumerate(program.stages):
        others = {name for one in program.stages[:k] for name in one.drills}
        if not stage.drills or len(set(stage.drills)) < len(stage.drills) or others & set(stage.drills):
            reader.refuse(
                ("stage", k, "drills"), f"drills is {list(stage.drills)!r}.",
                expected="one drill or more, each once in all stages",
            )  # fmt: skip
        for drill in stage.drills:
            if drill not in known:
                reader.refuse(("stage", k, "drills"), f"there is no drill {drill!r}.", expected=", ".join(known))
        if len({program.drill(drill).gate is None for drill in stage.drills}) > 1:
            reader.refuse(
                ("stage", k, "drills"), f"drills is {list(stage.drills)!r}: a question beside a drill with a gate.",
                expected="drills of a kind: all with a gate, or none",
            )  # fmt: skip


def find_cautions(program: Program) -> tuple[str, ...]:
    """Say where a program is looser about pain than the one that ships. A clinician may want that; it is told."""
    cautions = []
    for drill in program.drills:
        gate = drill.gate
        if gate is None:
            continue
        if gate.max_pain >= LESS:
            cautions.append(
                f"{drill.name}: the gate lets {gate.max_pain} of 10 pass; from {LESS} on the dose is cut anyway."
            )
        if gate.max_morning_rise is None and drill.kind != "unloaded":
            cautions.append(f"{drill.name}: a load, but no next morning is asked for.")
        elif gate.max_morning_rise is not None and gate.max_morning_rise >= RISE:
            cautions.append(
                f"{drill.name}: the next morning may hurt {gate.max_morning_rise} more; from {RISE} on the person "
                "steps back anyway."
            )
    return tuple(cautions)


def _check_unique(program: Program, reader: _Reader) -> None:
    groups: dict[_Path, tuple[Any, ...]] = {
        ("red_flag",): program.red_flags, ("drill",): program.drills, ("stage",): program.stages,
    }  # fmt: skip
    for k, drill in enumerate(program.drills):
        for name in ("tick", "variant", "equipment"):
            groups["drill", k, name] = getattr(drill, name if name == "equipment" else f"{name}s")
    for path, group in groups.items():
        seen: set[str] = set()
        for k, one in enumerate(group):
            if one.id in seen:
                reader.refuse((*path, k, "id"), f"the id {one.id!r} is used twice.", expected="an id of its own")
            seen.add(one.id)


def _check_drill(drill: Drill, path: _Path, reader: _Reader) -> None:
    if drill.rules not in criteria.DRILL_RULES:
        reader.refuse(
            (*path, "rules"), f"there are no rules {drill.rules!r}.", expected=", ".join(criteria.DRILL_RULES)
        )
    try:
        agreed = criteria.check_limits(criteria.criteria_for(drill.rules, drill.limits))
    except KeyError as error:
        reader.refuse(
            (*path, "limits", str(error.args[0])), f"there is no limit {error.args[0]!r} for {drill.rules!r}.",
            expected='a rule and a side, such as "4.pass_hi"; docs/rules.md lists the rules',
        )  # fmt: skip
    if agreed is not None:
        reader.refuse(
            (*path, "limits", agreed[0]), f"{agreed[1]}.",
            expected="limits that agree: fail_lo ≤ pass_lo ≤ pass_hi ≤ fail_hi, and a tolerance of 0 or more",
        )  # fmt: skip
    rules = {spec.rule for spec in criteria.RULES} | set(PROGRAM_RULES)
    for k, variant in enumerate(drill.variants):
        for rule in variant.helps:
            if rule not in rules:
                reader.refuse((*path, "variant", k, "helps"), f"there is no rule {rule!r}.", expected=", ".join(rules))
    _check_amounts(drill, path, reader)


def _check_amounts(drill: Drill, path: _Path, reader: _Reader) -> None:
    low, high = drill.dose.per_week
    if not (low <= high <= 7 and drill.dose.sets and drill.dose.reps):
        reader.refuse(
            (*path, "dose"), f"the dose is {drill.dose.sets} x {drill.dose.reps}, {low} to {high} days a week.",
            expected="1 or more sets and reps, and two numbers of days up to 7, the smaller first",
        )  # fmt: skip
    gate = drill.gate
    if gate is None:
        if drill.kind != "screen":
            reader.refuse(path, f"the drill {drill.id!r} has no gate.", expected=f"a table [drill.gate] ({drill.kind})")
        return
    for name, holds, expected in (
        ("sessions", gate.sessions >= 1, "1 or more"),
        ("sets", gate.sets >= 1, "1 or more"),
        ("passed", 1 <= gate.passed <= gate.reps, f"1 to {gate.reps}, the reps"),
        ("max_pain", gate.max_pain <= 10, "0 to 10"),
        ("apart_h", gate.sessions == 1 or gate.apart_h > 0, "hours between sessions, above 0"),
        ("effort_any_of", set(gate.effort_any_of) <= set(EFFORT_PLACES), ", ".join(EFFORT_PLACES)),
    ):
        if not holds:
            reader.refuse((*path, "gate", name), f"gate.{name} is {getattr(gate, name)}.", expected=expected)
