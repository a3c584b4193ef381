"""What a person says with a film that is to be looked at later: checked before, kept as plain values meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from hiphinge.clip.options import AssessOptions
from hiphinge.errors import RecordConflict, UsageError
from hiphinge.program import Drill
from hiphinge.program.history import EFFORT_PLACES, PAIN_PLACES
from hiphinge.service.commandline import day_text
from hiphinge.service.grading import needs_contact
from hiphinge.service.interview import Feel, asks_leg, refuse_stopped
from hiphinge.service.lookup import check_step

if TYPE_CHECKING:
    from hiphinge.service.desk import Desk
    from hiphinge.store import Person

__all__ = [
    "WALL_TICK", "ClipOrder", "asks_touch", "check_order", "clip_options", "is_set", "is_urgent", "missing_answers",
    "missing_feel", "order_payload", "read_order", "with_ticks",
]  # fmt: skip

Label = Literal["", "usual", "coached"]
#: The tick that says what the camera cannot always tell: the seat reached the wall.
WALL_TICK = "wall_touched"
#: Options of an assessment that a person may give with a film.
_OPTIONS = ("facing", "model", "from_s", "to_s", "person", "wall", "foot_length_cm")
_TOUCH = "Please say whether your seat touched the wall each time."
_MAX_LOAD_KG = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOrder:
    """A film to be looked at, and what the camera cannot see in it; as ``Clip``, with how it felt and the ticks.

    ``film`` names the upload, ``suffix`` is the kind of file that it was found to be; ``options`` are those of
    ``AssessOptions`` that were given.
    """

    film: str
    drill: str
    suffix: str = ".mp4"
    variant: str = ""
    label: Label = ""
    keep: bool = False
    feel: Feel = field(default_factory=Feel)
    ticks: Mapping[str, bool] = field(default_factory=dict)
    load_kg: float | None = None
    back_reps: int | None = None
    touched: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def is_set(drill: Drill, label: str) -> bool:
    """Say whether a film shows a set, whose feeling is kept by itself: no screen, and no side of a before and after."""
    return drill.kind != "screen" and not label


def is_urgent(feel: Feel) -> bool:
    """Say whether an answer is kept at once, whatever becomes of the film: it can stop everything."""
    return bool(feel.new_numbness) or feel.leg == "further"


def missing_feel(feel: Feel, *, effort: bool) -> dict[str, str]:
    """Return what is not answered yet, field → what to do; ``effort``: that is asked too."""
    missing = {}
    if effort and not feel.effort:
        missing["effort"] = "Please mark where you felt the effort, or “nothing much”."
    if feel.pain is None:
        missing["pain"] = "Please pick a number from 0 to 10."
    if feel.pain and not feel.places:
        missing["places"] = "Please mark where it hurt."
    if feel.pain and asks_leg(feel.places) and feel.leg is None:
        missing["leg"] = "Please say how the pain in the leg or buttock moved."
    if feel.new_numbness is None:
        missing["numbness"] = "Please answer yes or no."
    return missing


def missing_answers(drill: Drill, order: ClipOrder) -> dict[str, str]:
    """Return what has to be answered before the film is looked at, field → what to do.

    How a set felt may be told afterwards; what is begun is to be told whole.
    """
    missing: dict[str, str] = {}
    if not is_set(drill, order.label):
        return missing_feel(order.feel, effort=False)
    if order.touched is None and asks_touch(drill, order):
        missing["touched"] = _TOUCH
    if order.feel != Feel():
        missing |= missing_feel(order.feel, effort=True)
    return missing


def asks_touch(drill: Drill, order: ClipOrder) -> bool:
    """Say whether only the person can tell that the seat reached the wall."""
    return is_set(drill, order.label) and needs_contact(drill, order.variant) and order.options.get("wall") is None


def check_order(desk: Desk, person: Person, order: ClipOrder, *, sha256: str = "") -> Drill:
    """Refuse a film that could not be logged now, before it is looked at: that takes a while. Return its drill.

    Raises
    ------
    RecordConflict
        No session of today is open, a stop is in force, or the film was logged before.
    UsageError
        The drill, its variant, a tick or an option does not exist.
    """
    drill = desk.drill(order.drill)
    check_step(desk.program, None, order.drill, order.variant)
    look = desk.look(person)
    desk.need_fresh(person, look)
    refuse_stopped(look.decision, person.name)
    clip_options(order.options)
    _check_values(drill, order)
    found = desk.store.find_film(person.id, sha256) if sha256 else None
    if found is not None:
        raise RecordConflict(
            "This film was already logged for another person."
            if not found.own
            else f"This film was already logged, on {day_text(found.at, clock=True)}.",
            expected="each film once",
            next_step="Choose another film." if found.own else "Check whose film it is.",
        )
    return drill


def _check_values(drill: Drill, order: ClipOrder) -> None:
    known = [tick.id for tick in drill.ticks]
    for name in order.ticks:
        if name not in known:
            raise UsageError(f"{drill.name} has no tick {name!r}.", expected=", ".join(known) or "no ticks at all")
    if order.load_kg is not None and not 0 <= order.load_kg <= _MAX_LOAD_KG:
        raise UsageError(f"The weight is {order.load_kg:g} kg.", expected=f"0 to {_MAX_LOAD_KG:g} kg")
    if order.back_reps is not None and order.back_reps < 1:
        raise UsageError(f"{order.back_reps} reps show the back.", expected="1 or more, or nothing")


def with_ticks(order: ClipOrder, drill: Drill) -> ClipOrder:
    """Return the order with the touch of the wall among the ticks, and the other way round."""
    touched = order.touched if order.touched is not None else order.ticks.get(WALL_TICK)
    if touched is None or not needs_contact(drill, order.variant):
        return order
    known = WALL_TICK in [tick.id for tick in drill.ticks]
    ticks = {**order.ticks, WALL_TICK: touched} if known else order.ticks
    return replace(order, touched=touched, ticks=ticks)


def clip_options(given: Mapping[str, Any]) -> AssessOptions:
    """Return the options of an assessment; what is not given keeps its default, and no video is drawn.

    Raises
    ------
    UsageError
        An option that cannot be given with a film, or whose value is of another kind.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _OPTIONS:
            raise UsageError(f"{name!r} cannot be given with a film.", expected=", ".join(_OPTIONS))
        if value is None:
            continue
        text = name in ("facing", "model")
        if isinstance(value, bool) or not isinstance(value, str if text else int | float):
            raise UsageError(f"{name} is {value!r}.", expected="a word" if text else "a number")
        values[name] = int(value) if name == "person" else value
    return AssessOptions(**values, video=False)


def order_payload(order: ClipOrder) -> dict[str, Any]:
    """Return an order as texts, numbers, lists and tables only."""
    plain = {one.name: getattr(order, one.name) for one in fields(order) if one.name != "feel"}
    feel = {one.name: getattr(order.feel, one.name) for one in fields(Feel)}
    for name in ("places", "effort"):
        feel[name] = None if feel[name] is None else list(feel[name])
    return {**plain, "ticks": dict(order.ticks), "options": dict(order.options), "feel": feel}


def read_order(payload: Mapping[str, Any]) -> ClipOrder:
    """Return the order that was kept as plain values.

    Raises
    ------
    UsageError
        It is none.
    """
    try:
        order = ClipOrder(**{**payload, "feel": _read_feel(payload.get("feel") or {})})
        ticks = {str(name): _flag(value) for name, value in dict(order.ticks).items()}
        texts = [order.film, order.drill, order.suffix, order.variant, order.label]
        if not all(isinstance(one, str) for one in texts) or order.label not in ("", "usual", "coached"):
            raise ValueError
        return replace(
            order, ticks={name: told for name, told in ticks.items() if told is not None}, keep=bool(order.keep),
            touched=_flag(order.touched), back_reps=_number(order.back_reps, whole=True),
            load_kg=_number(order.load_kg), options=dict(order.options),
        )  # fmt: skip
    except (TypeError, ValueError, AttributeError):
        raise UsageError("What was said with this film cannot be read.", next_step="Send the film again.") from None


def _read_feel(given: Mapping[str, Any]) -> Feel:
    effort, leg, pain = given.get("effort"), given.get("leg"), _number(given.get("pain"), whole=True)
    if leg not in (None, "same", "further", "back") or (pain is not None and not 0 <= pain <= 10):
        raise ValueError
    return Feel(
        pain=pain,
        places=_places(given.get("places") or (), PAIN_PLACES),
        leg=leg,
        new_numbness=_flag(given.get("new_numbness")),
        effort=None if effort is None else _places(effort, EFFORT_PLACES),
    )


def _flag(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError
    return value


def _number(value: Any, *, whole: bool = False) -> Any:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or (whole and value != int(value)):
        raise ValueError
    return int(value) if whole else float(value)


def _places(given: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(str(one) for one in given)
    for one in found:
        if one not in known:
            raise UsageError(f"There is no place {one!r}.", expected=", ".join(known))
    return found
