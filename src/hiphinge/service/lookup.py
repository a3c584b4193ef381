"""Names of drills, steps and variants, looked up in a program; what does not exist is refused kindly."""

from __future__ import annotations

from collections.abc import Iterable

from hiphinge.errors import UsageError
from hiphinge.program import Drill, Program
from hiphinge.program.today import equipment_names

__all__ = ["check_equipment", "check_step", "find_drill"]


def find_drill(program: Program, name: str) -> Drill:
    """Return the drill called so.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    try:
        return program.drill(name)
    except KeyError:
        names = ", ".join(one.id for one in program.drills)
        raise UsageError(
            f"There is no drill {name!r}.", expected=names, next_step="hiphinge program show lists them."
        ) from None


def check_step(program: Program, step: str | None, drill: str | None, variant: str) -> str | None:
    """Return the step that is meant: the one named, else the drill's; None where neither is.

    Raises
    ------
    UsageError
        One of the names does not exist, or they do not belong together.
    """
    if drill is None and variant:
        raise UsageError("A variant was given without its drill.", expected="the drill too", next_step="Add --drill.")
    if drill is None:
        known = [stage.id for stage in program.stages]
        if step is not None and step not in known:
            raise UsageError(f"There is no step {step!r}.", expected=", ".join(known), next_step="Mend --step.")
        return step
    found = find_drill(program, drill)
    home = next(stage.id for stage in program.stages if drill in stage.drills)
    if step is not None and step != home:
        raise UsageError(
            f"The drill {drill!r} is not in step {step!r}.", expected=f"step {home!r}", next_step="Leave --step out."
        )
    names = [one.id for one in found.variants]
    if variant and variant not in names:
        raise UsageError(
            f"{found.name} has no variant {variant!r}.",
            expected=", ".join(names) or "no variant at all",
            next_step="Mend --variant.",
        )
    return home


def check_equipment(program: Program, names: Iterable[str]) -> None:
    """Refuse equipment that the program does not know.

    Raises
    ------
    UsageError
        Naming the first one.
    """
    known = equipment_names(program)
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no equipment {name!r} in this program.",
                expected=", ".join(known),
                next_step="Leave out what is not in the list.",
            )
