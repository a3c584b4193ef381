"""Who needs a look: each reason from the log that gives it, and the order of the roster."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hiphinge.program.history import History
from hiphinge.service.roster import KINDS, Facts, find_reasons, roster_row, sort_rows
from tests.program.scripted import PROGRAM, Person


def kinds(person: Person, **facts) -> list[str]:
    return [one.kind for one in find_reasons(person.history, PROGRAM, facts=Facts(**facts))]


def text(person: Person, kind: str) -> str:
    return next(one.text for one in find_reasons(person.history, PROGRAM) if one.kind == kind)


def test_somebody_who_never_began() -> None:
    assert kinds(Person()) == ["new"]


def test_somebody_who_does_well_needs_no_look() -> None:
    person = Person().at_free()
    person.tell(1)
    person.later(days=8)
    assert kinds(person) == []


def test_a_passed_step_is_good_news_for_a_week() -> None:
    person = Person().at_free()
    person.tell(1)
    reason = find_reasons(person.history, PROGRAM)[0]
    assert (reason.kind, reason.tone) == ("gate", "good")
    assert "free hinge" in reason.text.lower()


def test_a_stop_comes_first_and_says_why() -> None:
    person = Person().at_wall()
    person.answer(bladder=True)
    found = find_reasons(person.history, PROGRAM, facts=Facts(failed=1, waiting_note=person.now))
    assert (found[0].kind, found[0].tone) == ("stop", "stop")
    assert found[0].text.startswith("Sent to an emergency department. Yes to: Is it newly hard")
    assert {"failed", "note"} <= {one.kind for one in found}


def test_the_clinician_is_told_what_was_answered_and_not_what_the_person_is_to_do() -> None:
    person = Person().at_wall()
    person.answer(cancer=True)
    assert text(person, "stop") == "Yes to: Have you ever had cancer?"


def test_a_sore_morning_and_a_stopped_set() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "ppppp")
    person.feel("wall_hinge", pain=6)
    person.set("wall_hinge", "ppppp")
    person.feel("wall_hinge", pain=6)
    assert "pain_stop" in kinds(person)
    person.close()
    person.tell(1)
    calm = Person().at_free()
    calm.day("free_hinge", morning=5)
    assert "sore" in kinds(calm)


def test_pain_that_rises_from_session_to_session() -> None:
    person = Person().at_free()
    person.tell(1)
    person.day("free_hinge", "pmpmpmpmpm", resting=0)
    person.day("free_hinge", "pmpmpmpmpm", resting=3)
    assert "pain_rising" in kinds(person)
    assert text(person, "pain_rising") == "Pain at rest 3 of 10, after 0.5 before."


def test_a_film_that_failed_and_a_note_that_waits() -> None:
    person = Person().at_free()
    person.tell(1)
    person.later(days=8)
    assert kinds(person, failed=2) == ["failed"]
    assert kinds(person, waiting_note=person.now) == ["note"]
    assert find_reasons(person.history, PROGRAM, facts=Facts(failed=2))[0].text == "2 films could not be looked at."


def test_open_questions_and_a_morning_that_was_not_answered() -> None:
    person = Person()
    person.answer(cancer=None)
    person.intake()
    person.open()
    assert "flags" in kinds(person)
    done = Person().at_free()
    done.later(hours=14)
    assert "morning" in kinds(done)


def test_many_sessions_of_one_step() -> None:
    person = Person().at_free()
    person.tell(1)
    for _ in range(4):
        person.day("free_hinge", "pmpmpmpmpm")
    assert "stuck" not in kinds(person)
    person.day("free_hinge", "pmpmpmpmpm")
    assert text(person, "stuck").startswith("5 sessions of free hinge")


def test_a_set_that_the_camera_could_not_tell() -> None:
    person = Person().at_wall()
    person.set("wall_hinge", "cccc")
    assert "camera" in kinds(person)


@pytest.mark.parametrize(("days", "words"), [(25, "No session for 24 days."), (15, "No session in two weeks")])
def test_sessions_that_were_missed(days: int, words: str) -> None:
    person = Person().at_free()
    person.tell(1)
    person.later(hours=24 * days - 12)
    assert text(person, "missed").startswith(words)


def test_a_decision_that_cannot_be_followed() -> None:
    person = Person().at_wall()
    person.override("no such step")
    assert "refused" in kinds(person)


def test_the_end() -> None:
    person = Person().at_wall()
    person.override("deadlift_floor")
    for _ in range(3):
        person.day("deadlift_floor", "pppppppp")
    assert find_reasons(person.history, PROGRAM)[-1].kind in KINDS


def test_the_roster_puts_the_most_urgent_first() -> None:
    stopped, new, calm = Person().at_wall(), Person(), Person().at_free()
    stopped.answer(bladder=True)
    calm.tell(1)
    calm.later(days=8)
    rows = [
        roster_row(one.history, PROGRAM, person=str(number), name=name)
        for number, (name, one) in enumerate({"Zoe": calm, "Bo": new, "Ann": stopped, "Al": new}.items())
    ]
    assert [one.name for one in sort_rows(rows)] == ["Ann", "Al", "Bo", "Zoe"]
    assert [one.tone for one in sort_rows(rows)] == ["stop", "quiet", "quiet", "good"]
    assert rows[0].last_seen == calm.events[-1].at
    assert rows[1].last_seen is None


def test_nothing_depends_on_anything_but_the_log_and_the_time() -> None:
    person = Person().at_free()
    later = History(person.history.events, person.now + timedelta(days=40))
    assert find_reasons(later, PROGRAM) == find_reasons(later, PROGRAM)
