"""The websocket of a live set: frames and commands in, what the coach says out."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from hiphinge.errors import HiphingeError, UsageError
from hiphinge.live.wire import MAX_MESSAGE_BYTES, decode_frames
from hiphinge.web.access import allow
from hiphinge.web.context import context_of
from hiphinge.web.live.hub import LiveHub, error_message
from hiphinge.web.live.life import LiveParts, parts_of
from hiphinge.web.live.pictures import PictureReader, is_picture, split_picture
from hiphinge.web.live.seat import Command, Gap, Line, Seat
from hiphinge.web.staying import wait_until_out

__all__ = ["router"]

router = APIRouter()
_log = logging.getLogger(__name__)
_MAX_TEXT = 4096
#: What a command says beside its name: nothing, a number, or answers by name. Never lists in lists: what nests as deep
#: as can just be read may be too deep to be written, and what one set cannot write would hold up all others.
_Plain = None | bool | int | float | str
_Value = _Plain | dict[str, _Plain]
#: Why a connection is closed: the page knows that trying again is of no use; that it is later; what it sent is odd.
_OVER, _BUSY, _ODD = 4000, 1013, 1008
#: As where somebody is not let in from the start, see ``hiphinge.web.errors``.
_SIGNED_OUT = 4401


@router.websocket("/ws/live/{live}", dependencies=[allow("person.act")])
async def live_socket(websocket: WebSocket, live: str) -> None:
    """Coach one live set."""
    await websocket.accept()
    parts = parts_of(context_of(websocket))
    line = Line(parts.hub.now())
    try:
        seat = await parts.hub.join(live, line)
    except Exception as error:
        # What cannot be made again will not be at the next try either; a server that is full may be.
        code = _BUSY if isinstance(error, HiphingeError) else _OVER
        _log.warning("live: a set could not be gone on with: %s", type(error).__name__)
        await websocket.send_text(_json(error_message(error, fatal=True)))
        await websocket.close(code)
        return
    await websocket.send_text(_json(parts.hub.welcome(seat)))
    await _serve(websocket, parts, seat, line)


async def _serve(websocket: WebSocket, parts: LiveParts, seat: Seat, line: Line) -> None:
    """Send and receive until the connection ends, or the hub ends it."""
    jobs: set[asyncio.Task[Any]] = {
        asyncio.create_task(_receive(websocket, parts, seat, line)),
        asyncio.create_task(_send(websocket, seat)),
        asyncio.create_task(_watch(websocket, parts, line)),
        asyncio.create_task(line.closed.wait()),
    }
    try:
        await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    finally:
        seat.detach(line)
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
    for job in jobs:
        error = None if job.cancelled() else job.exception()
        if error is not None and not isinstance(error, WebSocketDisconnect | RuntimeError):
            _log.error("live: a connection ended: %s", type(error).__name__)
    if line.closed.is_set():
        with suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(line.code, line.reason)


async def _watch(websocket: WebSocket, parts: LiveParts, line: Line) -> None:
    """End the connection once whoever it is signed out, or is let in no longer; what was filmed so far stays."""
    await wait_until_out(websocket, every_s=parts.hub.limits.look_s)
    line.close(_SIGNED_OUT, "signed out")


async def _send(websocket: WebSocket, seat: Seat) -> None:
    while True:
        waiting = await seat.outbox.take()
        for k, text in enumerate(waiting):
            try:
                await websocket.send_text(text)
            except BaseException:
                seat.outbox.put_back(waiting[k:])
                raise


async def _receive(websocket: WebSocket, parts: LiveParts, seat: Seat, line: Line) -> None:
    reader: PictureReader | None = None
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        line.heard_at = parts.hub.now()
        try:
            data = message.get("bytes")
            if data is None:
                await _take_text(parts.hub, seat, message.get("text") or "")
            elif is_picture(data):
                reader = reader or parts.picture_reader()
                await _take_picture(parts, seat, reader, data)
            else:
                await _take_frames(parts.hub, seat, data)
            line.gapped = False
        except Gap as error:
            # Everything that was on its way comes too early as well: it is answered once.
            if not line.gapped:
                line.gapped = True
                seat.outbox.put(error_message(error, fatal=False))
                seat.outbox.put(parts.hub.welcome(seat))
        except HiphingeError as error:
            seat.outbox.put(error_message(error, fatal=False))
            if line.is_odd_again():
                line.close(_ODD, "too much that cannot be used")
                return


async def _take_frames(hub: LiveHub, seat: Seat, data: bytes) -> None:
    if len(data) > MAX_MESSAGE_BYTES:
        raise _too_long(len(data))
    first, rows = decode_frames(data)
    await seat.wait_for_room(len(rows))
    hub.add_frames(seat, first, rows)


async def _take_picture(parts: LiveParts, seat: Seat, reader: PictureReader, data: bytes) -> None:
    seq, time_s, flags, jpeg = split_picture(data)
    if seq < seat.next_seq:
        return
    await seat.wait_for_room(1)
    rows = await parts.pictures.read(reader, seq, time_s, flags, jpeg)
    parts.hub.add_frames(seat, seq, rows)


async def _take_text(hub: LiveHub, seat: Seat, text: str) -> None:
    if len(text) > _MAX_TEXT:
        raise _too_long(len(text))
    try:
        found = msgspec.json.decode(text)
        kind = found["type"]
        if kind == "ping":
            seat.outbox.put({"type": "pong", "t": float(found["t"])})
            return
        number, name, value = found["number"], found["name"], msgspec.convert(found.get("value"), _Value)
        if kind != "command" or type(number) is not int or number < 0 or not isinstance(name, str):
            raise ValueError(kind)
    except (msgspec.DecodeError, UnicodeError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise UsageError(
            "A message cannot be used.", expected="a command or a ping", next_step="Load the page again."
        ) from None
    # Counted as a frame: it is read, written and acknowledged like one.
    await seat.wait_for_room(1)
    hub.add_command(seat, Command(number, name, value))


def _too_long(n_bytes: int) -> UsageError:
    return UsageError(
        f"A message has {n_bytes} bytes.",
        expected=f"at most {MAX_MESSAGE_BYTES}",
        next_step="Send fewer frames at once.",
    )


def _json(message: Any) -> str:
    return msgspec.json.encode(message).decode()
