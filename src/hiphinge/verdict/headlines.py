"""What a verdict says, in plain and honest words."""

from __future__ import annotations

from collections.abc import Mapping

from hiphinge.model import Outcome

__all__ = [
    "BACK_OPEN",
    "BACK_UNTOLD",
    "HEADLINES",
    "LED_BUT_DOWN",
    "LED_BY_HIPS",
    "LED_FAR",
    "LED_OR_SHARED",
    "MIXED_BADGES",
    "NOTICE",
    "OPEN",
    "OPEN_LED",
    "PRAISE",
    "REPS_DIFFER",
    "SHARED_SMALL",
    "SHORT",
    "SHORT_ALONE",
    "SHORT_OF_BACK",
    "SHORT_OF_WALL",
    "WALL_UNTOLD",
]

#: Stands on every report.
NOTICE = (
    "Research and education software; not CE marked or FDA cleared; not for diagnosis, treatment or monitoring; "
    "decisions stay with the clinician."
)

#: One plain sentence per outcome.
HEADLINES: Mapping[str, str] = {
    "hinge": "A hinge: the hips did most of the moving.",
    "spine": "The back did much of the bending here.",
    "mixed": "A bit of both: hips and back shared the bending.",
    "squat": "More up and down than back and forth: this was a squat.",
    "no_bend": "No forward bend was seen in this clip.",
    "cannot_tell": "This clip does not let us tell.",
    "hips_first": "Toe-touch: the hips went first.",
    "typical": "Toe-touch: hips and back moved together.",
    "back_first": "Toe-touch: the back went first.",
    "pelvis_tilts": "The pelvis tilts back and the lumbar spine follows.",
    "no_tilt": "The pelvis hardly tilted in this clip.",
    "reference_taken": "Your own comfortable rounding is on record: later bends are shown as a share of it.",
}

#: Instead of "a bit of both" where the hips did most of the bending and only the drill's own target was missing
#: (not met, or not told), or where they went down as well.
SHORT_OF_WALL = "The hips led, but the seat did not reach the wall."
SHORT_OF_BACK = "The hips led, but they did not go far back."
BACK_UNTOLD = "The hips led; how far back they went could not be told."
WALL_UNTOLD = "The hips led; whether the seat reached the wall was not seen."
LED_BUT_DOWN = "The hips led, but they went down as well as back."
LED_BY_HIPS = frozenset({SHORT_OF_WALL, SHORT_OF_BACK, BACK_UNTOLD, WALL_UNTOLD, LED_BUT_DOWN})
#: Where the back shared in it, but stayed within the limit of a flat back.
SHARED_SMALL = "A small bend, which hips and back shared; the back stayed within its limit."
#: Where the interval leaves two neighbouring answers.
LED_OR_SHARED = "The hips led, or hips and back shared it: the estimate is too wide to say which."
LED_FAR = "The hips did most of it; the back bent too near its limit to say on which side."
BACK_OPEN = "The back did a good part of the bending; the estimate is too wide to say how much."
#: Where no answer holds for more than half of the reps.
REPS_DIFFER = "The reps differ: no one answer holds for most of them."
#: What a badge says in these cases.
MIXED_BADGES: Mapping[str, str] = {
    **dict.fromkeys(LED_BY_HIPS, "The hips led"),
    SHARED_SMALL: "A small, shared bend",
    LED_OR_SHARED: "Hips led or shared",
    LED_FAR: "Hips most, back far",
    BACK_OPEN: "The back did its part",
    REPS_DIFFER: "The reps differ",
}

#: Said when no rule asks for a cue.
PRAISE: Mapping[str, str] = {
    "hinge": "Lovely: your hips did the moving, and no rounding stands out. Keep this.",
    "mixed": "Steady work. Keep the same pace and try the next rep a touch slower.",
    "hips_first": "Your hips led the way down.",
    "typical": "A common way to bend. Now see how it feels when the hips lead.",
    "pelvis_tilts": "You can tilt your pelvis: that control helps you find the hinge.",
    "reference_taken": "Thank you. That is all this one is for.",
}

#: The same for one rep, inside a sentence.
SHORT: Mapping[str, str] = {
    "hinge": "the hips did most of the bending",
    "spine": "the back did much of the bending",
    "mixed": "hips and back shared the bending",
    "squat": "up and down, a squat",
    "no_bend": "no bend",
    "cannot_tell": "cannot tell",
    "hips_first": "hips first",
    "typical": "hips and back together",
    "back_first": "back first",
    "pelvis_tilts": "the pelvis tilts back",
    "no_tilt": "the pelvis hardly tilts",
    "reference_taken": "rounding, taken as the reference",
}

#: The same where nothing but the outcome is known: what a mixed one lacks is not.
SHORT_ALONE: Mapping[str, str] = {**SHORT, "mixed": "not quite a hinge"}

#: Answers that an estimate may leave open, from the hips to the back, after "it may be that".
OPEN: Mapping[Outcome, str] = {
    "hinge": "the hips did most of the bending",
    "mixed": "hips and back shared it",
    "spine": "the back did much of it",
    "hips_first": "the hips went first",
    "typical": "hips and back moved together",
    "back_first": "the back went first",
}
#: For "mixed", where the hips were in the lead and something else is missing for a hinge.
OPEN_LED = "the hips led, though not as far back as a hinge goes"
