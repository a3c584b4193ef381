"""How much the live server takes on: sets at once, frames, waiting messages, silence."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LiveLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLimits:
    """Bounds of the live server; the defaults serve one clinic from one core.

    Parameters
    ----------
    sets
        Live sets held at once; a further one is asked to wait.
    sets_each
        Of one person, ended ones of the last minute included: nobody takes the places of all others.
    tick_s
        Frames that come within this time of each other are read together.
    step_frames
        Frames of one set that are read in one tick, so that a set that catches up does not hold up the others.
    waiting_frames
        Frames of one set that may wait to be read; beyond it nothing more is taken from its connection.
    unsaved_frames
        Frames of one set that may wait to be written (a minute's, for when the disk is slow).
    frames_hz, burst_frames
        Frames a second taken from one connection in the long run, and how many beyond it at once (what a phone
        kept while it was offline).
    set_frames
        Frames of a whole set (20 minutes at 30 a second); then it is ended.
    set_commands
        Commands of a whole set, of which a few dozen are given; then it can only be ended.
    meter_hz
        Meter messages a second at most.
    waiting_messages
        Messages that may wait for a slow phone; a further one ends the connection, not the set.
    write_s
        Everything new is written so often, and acknowledged.
    silent_s
        A connection without a sign of life for so long is ended.
    look_s
        Whether whoever is connected is still let in is looked at so often.
    gone_s
        A set without a connection for so long is ended.
    stale_cue_s
        A cue that could not be sent for so long is no longer sent: said late it would confuse.
    """

    sets: int = 100
    sets_each: int = 8
    tick_s: float = 0.025
    step_frames: int = 16
    waiting_frames: int = 128
    unsaved_frames: int = 1800
    frames_hz: float = 65.0
    burst_frames: int = 1800
    set_frames: int = 36_000
    set_commands: int = 500
    meter_hz: float = 15.0
    waiting_messages: int = 256
    write_s: float = 1.0
    silent_s: float = 45.0
    look_s: float = 5.0
    gone_s: float = 600.0
    stale_cue_s: float = 4.0
