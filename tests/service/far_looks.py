"""What workers of a cluster do in tests, by the path of the film: look in no time, stand still, break."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

from hiphinge.batch.looking import Answer, Order
from tests.web.dying_worker import look

__all__ = ["answer_much", "break_down", "quick", "sign_of", "stand_still_once", "take_bytes"]


def sign_of(uploads: Path) -> Path:
    """The file in which the first worker that stands still writes its number."""
    return uploads / "sign"


def quick(order: Order) -> Answer:
    """Look in no time."""
    return Answer(assessment=look(Path(order.path), order.options), tracks=b"what was seen")


def stand_still_once(order: Order) -> Answer:
    """Stand still for ever where nobody did before."""
    sign = sign_of(Path(order.path).parents[1])
    try:
        with sign.open("x") as file:
            file.write(str(os.getpid()))
            file.flush()
            threading.Event().wait()
    except FileExistsError:
        pass
    return quick(order)


def take_bytes(order: Order) -> Answer:
    """Look at the bytes that came, and say which by the name of the file that is missing here."""
    made = look(Path(__file__), order.options)
    assert order.film is not None
    return Answer(assessment=replace(made, video=replace(made.video, name=order.film.decode())))


def answer_much(order: Order) -> Answer:
    """Answer more than is fetched in a moment."""
    return replace(quick(order), tracks=bytes(64 << 20))


def break_down(order: Order) -> Answer:
    """End with a word that nobody shall read."""
    raise ValueError(f"private detail of {order.path}")
