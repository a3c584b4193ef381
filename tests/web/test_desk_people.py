"""The roster and a person's pages: who needs a look, timeline, notes, decisions, entries taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hiphinge.program.history import Override, SetDone
from tests.web.desk_people import DeskWorld, opened_world


@pytest.fixture
def world(tmp_path) -> Iterator[DeskWorld]:
    with opened_world(tmp_path) as found:
        yield found


def test_an_empty_roster_says_what_to_do(world: DeskWorld) -> None:
    assert "Nobody is here yet" in world.words("/desk")


def test_the_roster_shows_who_needs_a_look_and_why(world: DeskWorld) -> None:
    clinic = world.clinic
    ana, bob = world.weeks("Ana"), clinic.screened("Bob")
    clinic.desk.add_person("Dana")
    clinic.desk.answer_red_flags(bob, {one.id: one.id == "bladder" for one in clinic.desk.program.red_flags})
    clinic.store.add_note(ana.id, "Better, write to ana@example.org", author="Ana")
    words = world.words("/desk")
    assert words.index("Bob") < words.index("Ana") < words.index("Dana")
    assert "stop in force" in words
    assert "note to answer" in words
    assert "not begun" in words
    assert "Free hinge" in words
    assert "@" not in words
    assert "Dana" not in world.words("/desk?show=stop")
    assert "Bob" not in world.words("/desk?q=an")
    assert "Nobody fits" in world.words("/desk?q=zzz")


def test_a_row_of_the_roster_is_read_again_when_its_log_grew(world: DeskWorld) -> None:
    person = world.clinic.desk.add_person("Ana")
    assert "not begun" in world.words("/desk")
    world.clinic.desk.start(person, resting_pain=0)
    assert "not begun" not in world.words("/desk")


def test_a_failed_film_is_a_reason(world: DeskWorld) -> None:
    person, store = world.weeks(), world.clinic.store
    job = store.add_job("clip", person.id, {"film": "x"}, "clip-x")
    store.claim_job("worker", 60)
    store.fail_job(job.id, "worker", 1, "no person in it", retry=False)
    assert "film failed" in world.words("/desk")
    assert "A film could not be looked at" in world.words(f"/desk/p/{person.id}")


def test_adding_a_person(world: DeskWorld) -> None:
    assert "Name or nickname" in world.words("/desk/people/new")
    where = world.post("/desk/people/new", name="  Ana   Maria ", birth_year="1980")
    assert "Ana Maria" in world.words(where)
    assert "Please give a name" in world.refused("/desk/people/new", name=" ")
    assert "called that already" in world.refused("/desk/people/new", name="ana maria")
    assert "from 1900" in world.refused("/desk/people/new", name="Bo", birth_year="1066")
    assert world.post("/desk/people/new", name="Ana Maria", same="yes")
    assert "capitals only" in world.refused("/desk/people/new", name="ANA MARIA", same="yes")


def test_a_persons_page_begins_with_what_is_looked_for_first(world: DeskWorld) -> None:
    """Why they need a look, the sessions, the notes, two measures; what is looked at seldom is folded away."""
    person = world.weeks()
    page = world.browser.get(f"/desk/p/{person.id}").text
    order = ['id="look"', 'id="sessions"', 'id="notes"', 'data-chart="lumbar_flexion', "More measures:", 'id="ladder"']
    assert [page.find(one) for one in order] == sorted(page.find(one) for one in order)
    assert -1 not in [page.find(one) for one in order]
    folded = page[page.index("More measures:") : page.index('id="ladder"')]
    assert 'data-chart="knee_flexion' in folded
    assert 'data-chart="lumbar_flexion' not in folded
    assert 'data-chart="hip_share' not in folded
    assert page.count('id="g1"') == page.count('id="m1"') == 1


def test_a_decision_of_the_clinicians_is_not_when_somebody_was_seen(world: DeskWorld) -> None:
    person = world.weeks()
    here, seen = f"/desk/p/{person.id}", world.clinic.clock.now
    world.clinic.later(days=9)
    world.clinic.desk.override(person, clinician="Mary", reason="A rest first", step=None)
    told = f"{seen.astimezone().day} {seen.astimezone():%B %Y}"
    assert f"Last seen {told}." in world.words(here)
    assert f"Last seen {told} Sessions" in world.words("/desk")


def test_the_timeline_shows_trends_reasons_pain_and_sessions(world: DeskWorld) -> None:
    person = world.weeks()
    page = world.browser.get(f"/desk/p/{person.id}").text
    words = world.words(f"/desk/p/{person.id}")
    assert "Lumbar flexion" in words
    assert "no clear change" in words
    assert "Safety questions: 17 of 17 answered" in words
    assert "Sessions a week" in words
    assert "Free hinge, 1 set: 4 of 4" in words
    assert 'id="chart-data"' in page
    assert "(4 to 22)" in words
    first = world.clinic.desk.history(person).events[0].session  # type: ignore[attr-defined]
    session = world.words(f"/desk/p/{person.id}/sessions/{first}")
    assert "The session in four points" in session
    assert "Side by side" in session
    world.words(f"/desk/p/{person.id}/sessions/nothing", 404)
    world.words("/desk/p/nobody", 404)


def test_a_note_is_signed_and_addresses_are_masked(world: DeskWorld) -> None:
    person = world.weeks()
    here = f"/desk/p/{person.id}"
    session = world.clinic.desk.history(person).events[0].session  # type: ignore[attr-defined]
    assert "say who you are" in world.refused(f"{here}/notes", text="Well done")
    assert "not an address" in world.refused(f"{here}/notes", text="Well done", signature="lee@example.org")
    assert "write something" in world.refused(f"{here}/notes", text=" ", signature="Dr Lee")
    where = world.post(f"{here}/notes", text="Well done. Mail x@example.org", signature="Dr Lee")
    words = world.words(where)
    assert "Dr Lee" in words
    assert "x@example.org" not in words
    assert "Your note is kept" in words
    where = world.post(
        f"{here}/notes", text="About that day", signature="Dr Lee", session=session, **{"from": "session"}
    )
    assert f"/sessions/{session}" in where
    assert "About that day" in world.words(where)
    assert [one.session for one in world.clinic.desk.notes(person)] == [None, session]


def test_a_decision_is_kept_with_name_and_reason(world: DeskWorld) -> None:
    person = world.weeks()
    here = f"/desk/p/{person.id}/decide"
    assert "Without a decision of yours" in world.words(here)
    assert "Please choose" in world.refused(here, reason="seen", signature="Dr Lee")
    assert "Please say why" in world.refused(here, where="wall", signature="Dr Lee")
    assert "Nothing would change" in world.refused(here, where="stay", reason="seen", signature="Dr Lee")
    assert "say who you are" in world.refused(here, where="wall", reason="seen")
    where = world.post(here, where="wall/wall_hinge/half", reason="Back to half", signature="Dr Lee")
    assert "Dr Lee decided: Back to half" in world.words(where)
    event = world.clinic.desk.history(person).events[-1]
    assert isinstance(event, Override)
    assert (event.step, event.drill, event.variant, event.clears_stop) == ("wall", "wall_hinge", "half", False)
    world.post(here, where="release", reason="the program again", signature="Dr Lee")
    assert world.clinic.desk.history(person).events[-1].step is None  # type: ignore[attr-defined]


def test_a_stop_is_lifted_only_where_it_is_said(world: DeskWorld) -> None:
    person = world.clinic.screened("Ana")
    flags = world.clinic.desk.program.red_flags
    world.clinic.desk.answer_red_flags(person, {one.id: one.id == "night_pain" for one in flags})
    here = f"/desk/p/{person.id}/decide"
    world.post(here, where="wall", reason="seen", signature="Dr Lee")
    assert world.clinic.desk.decide(person).action == "stop_see"
    world.post(here, where="stay", clears_stop="yes", reason="seen and examined", signature="Dr Lee")
    assert world.clinic.desk.decide(person).action != "stop_see"


def test_every_entry_is_shown_with_what_was_decided_and_can_be_taken_back(world: DeskWorld) -> None:
    person = world.weeks()
    here = f"/desk/p/{person.id}"
    words = world.words(f"{here}/log")
    assert "Every entry, and what was decided" in words
    assert "Reps that met the drill: 5 of 5" in words
    assert "All answered no" in words
    done = next(one for one in world.clinic.desk.history(person).events if isinstance(one, SetDone))
    back = f"{here}/entries/{done.key}/take-back"
    asked = world.words(back)
    assert "how it felt: wall hinge" in asked.lower()
    assert "Would come next then" in asked
    assert "few words" in world.refused(back, reason="")
    world.post(back, reason="another person's film")
    words = world.words(f"{here}/log?whole=true")
    assert "Taken back: another person's film" in words
    world.words(back, 404)
    world.words(f"{here}/entries/nothing/take-back", 404)


def test_who_did_what_is_shown(world: DeskWorld) -> None:
    person = world.weeks()
    assert "person added" in world.words(f"/desk/p/{person.id}/audit")
