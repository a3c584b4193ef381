"""The ten-minute appointment: begun without an account, stopped by a yes, its page, kept or erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hiphinge.store import Person
from tests.web.desk_people import DeskWorld, opened_world, text_of

FILM = Path(__file__).parents[1] / "data" / "toe_touch.mp4"


@pytest.fixture
def world(tmp_path) -> Iterator[DeskWorld]:
    with opened_world(tmp_path) as found:
        yield found


def begin(world: DeskWorld, **more: object) -> Person:
    where = world.post("/desk/visit", resting_pain="2", asked="yes", **more)
    return world.clinic.store.person(where.rpartition("/")[2])


def filmed(world: DeskWorld, person: Person) -> None:
    world.clinic.film(person, "toe_touch", "round", label="usual", pain=4, n_reps=2)
    world.clinic.film(person, "free_hinge", "good", label="coached", pain=1, n_reps=2)


def test_it_begins_with_a_number_and_the_safety_questions(world: DeskWorld) -> None:
    words = world.words("/desk/visit")
    assert "Is it safe to bend?" in words
    assert "pick a number" in world.refused("/desk/visit", asked="yes")
    assert "ask these questions first" in world.refused("/desk/visit", resting_pain="1")
    assert "not an address" in world.refused("/desk/visit", resting_pain="1", asked="yes", name="kim@example.org")
    guest = begin(world)
    assert (guest.name, guest.guest) == ("Guest", True)
    words = world.words(f"/desk/visit/{guest.id}")
    assert "Film the usual bend" in words
    assert f"/desk/visit/{guest.id}" in world.browser.get("/desk/visit").text
    assert "Guest" not in world.words("/desk")


def test_a_yes_stops_here(world: DeskWorld) -> None:
    where = world.post("/desk/visit", resting_pain="1", yes="bladder", name="Kim")
    words = world.words(where)
    assert "Nothing further is done" in words
    assert "Film the usual bend" not in words


def test_step_by_step_to_the_page(world: DeskWorld) -> None:
    guest, clinic = begin(world, name="Kim"), world.clinic
    here = f"/desk/visit/{guest.id}"
    assert f"/p/{guest.id}/coach?drill=toe_touch&amp;label=usual&amp;back={here}" in world.browser.get(here).text
    clinic.film(guest, "toe_touch", "round", label="usual", pain=2, n_reps=2)
    words = world.words(here)
    assert "the back went first" in words
    assert "A minute of live coaching" in words
    clinic.film(guest, "free_hinge", "good", label="coached", pain=1, n_reps=2)
    assert "Both bends are here" in world.words(here)
    page = world.browser.get(f"{here}/page")
    words = text_of(page.text)
    assert "In the coached hinge the lower back bent 30° less" in words
    assert "Pain while doing it 2 of 10 1 of 10" in words
    assert "Until next time: Wall hinge" in words
    assert page.text.count('<svg class="stick"') == 2
    assert "Research and education software" in words
    pdf = world.browser.get(f"{here}/page.pdf")
    assert (pdf.headers["content-type"], pdf.content[:4]) == ("application/pdf", b"%PDF")


def test_the_page_needs_both_bends(world: DeskWorld) -> None:
    guest = begin(world)
    assert "Both bends are needed" in world.words(f"/desk/visit/{guest.id}/page", 409)
    world.words("/desk/visit/nobody", 404)
    plain = world.clinic.desk.add_person("Ana")
    world.words(f"/desk/visit/{plain.id}", 404)


def test_a_film_can_be_sent_and_is_waited_for(world: DeskWorld) -> None:
    guest = begin(world)
    here = f"/desk/visit/{guest.id}"
    assert "Please choose a film" in world.refused(f"{here}/upload", label="usual")
    with FILM.open("rb") as film:
        answer = world.browser.post(
            f"{here}/upload", data={"label": "usual", "pain": "1"}, files={"film": ("a.mp4", film, "video/mp4")}
        )
    assert answer.status_code == 422
    assert "numbness" in text_of(answer.text)
    with FILM.open("rb") as film:
        answer = world.browser.post(
            f"{here}/upload",
            data={"label": "usual", "pain": "0", "numbness": "no"},
            files={"film": ("a.mp4", film, "video/mp4")},
        )
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    assert "waits for its turn" in world.words(here)
    assert world.clinic.store.jobs(guest.id)[0].payload["label"] == "usual"


def test_a_film_may_be_as_large_as_films_are(world: DeskWorld) -> None:
    guest = begin(world)
    answer = world.browser.post(
        f"/desk/visit/{guest.id}/upload",
        data={"label": "usual", "pain": "0", "numbness": "no"},
        files={"film": ("a.mp4", bytes(3 << 20), "video/mp4")},
    )
    # Looked at, and found to be none: not refused for its size.
    assert answer.status_code == 422
    assert "in no format that holds pictures" in text_of(answer.text)


def test_who_was_here_can_be_kept_with_a_name(world: DeskWorld) -> None:
    guest = begin(world)
    filmed(world, guest)
    world.clinic.desk.add_person("Ana")
    here = f"/desk/visit/{guest.id}"
    assert "give a name" in world.refused(f"{here}/keep", name=" ")
    assert "called that already" in world.refused(f"{here}/keep", name="ana")
    where = world.post(f"{here}/keep", name="Kim Doe")
    words = world.words(where)
    assert "on the roster now" in words
    assert "Kim Doe" in world.words("/desk")
    kept = world.clinic.store.person(guest.id)
    assert world.clinic.desk.session(kept) is None
    assert world.browser.post(f"{here}/erase").status_code == 409


def test_or_erased_at_once(world: DeskWorld) -> None:
    guest = begin(world)
    filmed(world, guest)
    where = world.post(f"/desk/visit/{guest.id}/erase")
    assert "Erased." in world.words(where)
    assert world.browser.get(f"/desk/visit/{guest.id}").status_code == 404
    assert not any(one.guest for one in world.clinic.store.people(guests=True))
