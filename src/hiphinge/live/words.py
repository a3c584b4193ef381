"""Everything that the coach says: ``say`` for the ear, short, and ``show`` for the eye."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "ADVICE",
    "NOTHING",
    "SHORT_CUES",
    "Words",
    "count_word",
    "words_of",
]


@dataclass(frozen=True, slots=True)
class Words:
    """One thing to say: for the ear, and for the eye."""

    say: str
    show: str


NOTHING = Words("", "")
_NUMBERS = (
    "", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
)  # fmt: skip


def count_word(number: int) -> str:
    """Return a number as it is counted aloud."""
    return _NUMBERS[number] if 0 < number < len(_NUMBERS) else str(number)


#: What stands in the way of a good view → what to change.
ADVICE: Mapping[str, Words] = {
    "nobody": Words(
        "I cannot see you yet. Step into the picture.", "Step into the picture, head to feet, and stand side-on."
    ),
    "head": Words("Step back until I see your head.", "Step back, or tilt the phone up, until your head is in."),
    "feet": Words("Step back until I see your feet.", "Step back, or tilt the phone down, until both feet are in."),
    "side": Words("Move to the middle of the picture.", "Move to the middle: leave room before and behind you."),
    "small": Words("Come a little closer.", "Come a little closer: you are too small in the picture."),
    "dark": Words("It is too dark. More light, please.", "It is too dark to see you well: more light, please."),
    "turned": Words("Turn fully side-on.", "Turn fully side-on to the camera, so that one shoulder hides the other."),
    "facing": Words(
        "I cannot tell which way you face. Turn fully side-on.",
        "I cannot tell which way you face: turn fully side-on, feet pointing to one edge of the picture.",
    ),
    "still": Words("Stand tall and still.", "Stand tall and still, hands off your back."),
    "upright": Words("Stand up tall, please.", "Stand up tall, knees straight, and keep still."),
    "hand": Words(
        "I cannot see your back. Take your hand away.",
        "Something hides your back: cross your arms on the chest while you stand.",
    ),
    "no_stand": Words(
        "I have not seen you stand still. Try again, or go on without.",
        "I have not seen a still stand yet. Stand tall for two seconds, or go on without: angles are then less exact.",
    ),
    "lost": Words("I lost you. Step back in, we go on from there.", "I cannot see you: step back in, and go on."),
    "turned_round": Words(
        "You face the other way now. Hold on.", "You face the other way now: one moment, I look again."
    ),
    "camera": Words("The camera moved. Let us look again.", "The camera was started again: stand side-on once more."),
}

#: What comes with a phase, an end, a pause → what is said. ``{…}`` are filled in.
_TEXTS: Mapping[str, Words] = {
    "look": Words("Stand side-on, whole body in the picture.", "Stand side-on, head to feet in the picture."),
    "side": Words("Good. Hold on, I check which way you face.", "Good. One moment: which way do you face?"),
    "stand": Words("Stand tall and still.", "Stand tall and still."),
    "count": Words("{count}", "Stand tall and still: {seconds}"),
    "ready": Words("Thank you. Begin when you like.", "Ready: begin when you like. {reps} reps, slow."),
    "ready_bare": Words(
        "All right, without it. Begin when you like.",
        "Going on without a still stand: angles are less exact. Begin when you like.",
    ),
    "back": Words("Welcome back. {done}Go on.", "You are back. {done}Go on when you like."),
    "moving": Words("", "Slow and smooth."),
    "done": Words("That is {count}. Well done.", "{Count} {reps} done. Well done."),
    "done_missed": Words("That is {count}. Rest now.", "{Count} {reps} done. Rest now; then one thing at a time."),
    "stopped": Words("Stopped.", "Stopped."),
    "pause": Words("Pause. Stand easy. {cue}", "A short pause. {cue} Begin again when you like{easier}"),
    "missed": Words(
        "Enough for this set. {easier}", "That is enough for this set: two reps in a row were not there yet. {easier}"
    ),
    "tired": Words(
        "Enough for now. Your back begins to join in.",
        "That is enough for this set: your back bends more than at the start, a sign of tiring. Rest first.",
    ),
    "arms": Words("Now cross your arms on your chest.", "Cross your arms on the chest for the last {count} reps."),
    "fetched": Words("", "That one picked something up or put it down: it is not counted."),
    "better": Words("Better. Again like that.", "Better than the one before: again like that. {cue}"),
    "got": Words("That is it.", "That is it: {label}."),
    "untold": Words("I could not tell that one. {advice}", "I could not tell that one. {advice}"),
    "open": Words("", "{label}: too close to call. The same again."),
    "unseen": Words("", "{label}: not seen. {advice}"),
    "untold_back": Words(
        "I could not see your back there. Arms off it, please.",
        "I could not see your back in that one: keep arms and hands off it.",
    ),
}

#: Praise, in turn.
_PRAISE = (
    Words("Good.", "Good: hips back, back long."),
    Words("Lovely.", "Lovely: your hips did the moving."),
    Words("Nice and smooth.", "Nice and smooth. Keep this."),
    Words("Yes, like that.", "Yes, like that."),
)

#: The cue of a rule, once the person has heard it in full.
SHORT_CUES: Mapping[str, str] = {
    "1": "Back pockets to the wall behind you.",
    "1b": "Close the door with your seat.",
    "2": "Back, not down.",
    "3": "A little further.",
    "4": "Long back.",
    "4d": "Ribs down a touch.",
    "6": "Gaze comes down with you.",
    "7": "Soft knees.",
    "7b": "Knees still.",
    "8": "Shins like posts.",
    "9": "Back, not down.",
    "10": "Feet: press all three points.",
    "10p": "Feet: press all three points.",
    "11": "Shuffle closer.",
    "13": "Keep the load in its place.",
}


def words_of(name: str, **values: object) -> Words:
    """Return what is said at ``name``, with its gaps filled; ``praise`` takes ``number``, the rep's."""
    if name == "praise":
        return _PRAISE[int(str(values["number"])) % len(_PRAISE)]
    found = _TEXTS[name]
    say, show = (" ".join(text.format(**values).split()) for text in (found.say, found.show))
    return Words(say, show[:1].upper() + show[1:])
