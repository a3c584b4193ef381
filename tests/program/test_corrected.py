"""A clip that a clinician corrected counts as corrected, from then on, whenever its session was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hiphinge.program import next_step, replay
from hiphinge.program.corrected import counting_events, find_corrections
from hiphinge.program.facts import counting
from hiphinge.program.history import ClipSeen, Corrected, History, SetDone, Withdrawn
from hiphinge.program.progress import summarise_progress
from tests.program.scripted import PROGRAM, Person, line, reps
from tests.program.test_properties import QUIET, after, lives


def correct(person: Person, entry: str, grades: str, rules=("4",), **more):
    return person.log(
        Corrected, entry=entry, by="Dr Lee", reason="the hip lay elsewhere", outcome=more.pop("outcome", "hinge"),
        reps=reps(grades, rules), **more,
    )  # fmt: skip


def last_set(person: Person) -> str:
    return next(one.key for one in reversed(person.events) if isinstance(one, SetDone))


def two_sets(grades: str) -> Person:
    person = Person().at_wall()
    for _ in range(2):
        person.set("wall_hinge", grades)
        person.feel("wall_hinge")
    return person


def test_a_gate_counts_the_corrected_grades() -> None:
    person = two_sets("pmppm")
    assert person.decide().step == "wall"
    assert not line(person.decide(), "Reps that pass").holds
    for key in [one.key for one in person.events if isinstance(one, SetDone)]:
        decision = correct(person, key, "ppppp")
    assert decision.step == "free"


def test_a_correction_can_take_a_passed_step_back_and_undoing_it_is_a_further_one() -> None:
    person = Person().at_free()
    assert person.decide().step == "free"
    key, before = last_set(person), next(one for one in person.events if one.key == last_set(person))
    assert correct(person, key, "mmmmm", outcome="spine").step == "wall"
    undone = person.log(
        Corrected, entry=key, by="Dr Lee", reason="undone", outcome=before.outcome, reps=before.reps,
        measures=before.measures,
    )  # fmt: skip
    assert undone.step == "free"


def test_a_corrected_clip_keeps_its_pain_label_and_session() -> None:
    person = Person().at_wall()
    clip = next(one for one in person.events if isinstance(one, ClipSeen) and one.drill == "toe_touch")
    correct(person, clip.key, "", outcome="hips_first", measures={"hip_share": (70.0, 60.0, 80.0)})
    read = next(one for one in counting(person.history) if one.key == clip.key)
    assert isinstance(read, ClipSeen)
    assert (read.outcome, read.pain, read.session) == ("hips_first", clip.pain, clip.session)
    assert read.measures["hip_share"] == (70.0, 60.0, 80.0)
    assert "hips bent first" in " ".join(summarise_progress(person.history, PROGRAM).screen)


def test_what_is_no_clip_or_stands_later_or_is_withdrawn_is_not_corrected() -> None:
    person = two_sets("ppppm")
    feel, done = person.events[-1], person.events[-2]
    fields = {"at": person.now, "by": "Dr Lee", "reason": "seen", "outcome": "hinge"}
    about_feel = Corrected(key="a", entry=feel.key, **fields)
    too_early = Corrected(key="b", entry=done.key, **fields)
    assert counting_events((about_feel, *person.events)) == tuple(person.events)
    assert counting_events((too_early, *person.events)) == tuple(person.events)
    slip = Withdrawn(key="c", at=person.now, entry="b", reason="a slip")
    assert counting_events((*person.events, too_early, slip)) == tuple(person.events)
    gone = Withdrawn(key="d", at=person.now, entry=done.key, reason="a slip")
    assert done.key not in {one.key for one in counting_events((*person.events, too_early, gone))}


def test_the_last_correction_counts() -> None:
    person = two_sets("ppppm")
    key = last_set(person)
    correct(person, key, "mmmmm")
    correct(person, key, "ppppp")
    assert find_corrections(person.events, frozenset())[key].reps == reps("ppppp")


@st.composite
def corrected_lives(draw):
    """A random life with corrections put in at any place after what they correct."""
    events = draw(lives())
    clips = [k for k, one in enumerate(events) if isinstance(one, SetDone | ClipSeen)]
    if not clips:
        return events, events
    mended = list(events)
    for number in range(draw(st.integers(1, 3))):
        entry = events[draw(st.sampled_from(clips))]
        place = draw(st.integers(mended.index(entry) + 1, len(mended)))
        grades = draw(st.sampled_from(["p" * 10, "mmmmm", "ppmcc"])) if isinstance(entry, SetDone) else ""
        mended.insert(
            place,
            Corrected(
                key=f"x{number}", at=mended[place - 1].at, entry=entry.key, by="Dr Lee", reason="seen",
                outcome=draw(st.sampled_from(["typical", "cannot_tell"])), reps=reps(grades),
            ),
        )  # fmt: skip
    return events, tuple(mended)


@QUIET
@given(corrected_lives())
def test_every_prefix_gives_the_decision_of_the_replay_with_corrections_too(both) -> None:
    _, mended = both
    decisions = replay(after(mended), PROGRAM)
    for k, event in enumerate(mended):
        assert decisions[k] == next_step(History(mended[: k + 1], event.at), PROGRAM), k


@QUIET
@given(corrected_lives())
def test_before_the_first_correction_nothing_is_decided_otherwise(both) -> None:
    events, mended = both
    first = next((k for k, one in enumerate(mended) if isinstance(one, Corrected)), len(mended))
    assert replay(after(mended), PROGRAM)[:first] == replay(after(events), PROGRAM)[:first]


@QUIET
@given(corrected_lives())
def test_a_correction_counts_as_if_the_clip_had_been_seen_so_from_the_start(both) -> None:
    _, mended = both
    if not mended:
        return
    read = {one.key: one for one in counting_events(mended)}
    told = tuple(read.get(one.key, one) for one in mended if not isinstance(one, Corrected))
    now = mended[-1].at
    assert next_step(History(mended, now), PROGRAM) == next_step(History(told, now), PROGRAM)
