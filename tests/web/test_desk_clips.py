"""A clip at the desk: replayed, its film sent in parts, corrected, undone, put beside another."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hiphinge.model import Assessment
from hiphinge.program.history import Corrected
from hiphinge.service.evidence import with_evidence
from hiphinge.store import AssessmentRecord, Person, Store
from tests.web.desk_people import DeskWorld, opened_world, text_of


@pytest.fixture
def world(tmp_path) -> Iterator[DeskWorld]:
    with opened_world(tmp_path) as found:
        yield found


@pytest.fixture
def ana(world: DeskWorld) -> Person:
    return world.clinic.screened("Ana")


def film(world: DeskWorld, person: Person, pose: str = "good", **more: Any) -> str:
    return world.clinic.film(person, "wall_hinge", pose, touched=True, **more)


def api(person: Person, clip: str, what: str) -> str:
    return f"/api/p/{person.id}/clips/{clip}/{what}"


def replay(world: DeskWorld, person: Person, clip: str) -> dict[str, Any]:
    found: dict[str, Any] = world.browser.get(api(person, clip, "replay")).json()
    return found


def knees(document: dict[str, Any], by: float = 60.0) -> list[dict[str, Any]]:
    """The knee put forward around the bottom of every rep, in places of the filmed picture."""
    found = []
    for rep in document["reps"]:
        for row in range(rep["bottom_row"] - 3, rep["bottom_row"] + 4):
            x, y = document["joints"]["knee"][row]
            found.append({"row": row, "joint": "knee", "x": x + (by if document["facing"] == "right" else -by), "y": y})
    return found


def test_the_page_of_a_clip_names_reps_numbers_and_rules(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    words = world.words(f"/desk/p/{ana.id}/clips/{clip}")
    assert "Wall hinge" in words
    assert "Rep 3 met the drill" in words
    assert "13° (4 to 22)" in words
    assert "Correct what the camera saw" in words
    world.words(f"/desk/p/{ana.id}/clips/nothing", 404)
    bob = world.clinic.screened("Bob")
    world.words(f"/desk/p/{bob.id}/clips/{clip}", 404)
    assert world.browser.get(api(bob, clip, "replay")).status_code == 404


def test_nothing_is_drawn_for_the_person_where_no_rep_has_a_number(
    world: DeskWorld, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untold(store: Store, record: AssessmentRecord) -> Assessment:
        found = with_evidence(store, record)
        return replace(found, measures=tuple(replace(one, value=None, lo=None, hi=None) for one in found.measures))

    assert "How you bent" in world.words(f"/p/{ana.id}/clips/{film(world, ana)}")
    monkeypatch.setattr("hiphinge.web.patient.clips.with_evidence", untold)
    assert "How you bent" not in world.words(f"/p/{ana.id}/clips/{film(world, ana, 'round')}")


def test_the_replay_is_sent_packed_once_for_each_revision(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    answer = world.browser.get(api(ana, clip, "replay"))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert len(document["time_s"]) == len(document["joints"]["hip"])
    assert document["corrections"] == {"joints": [], "wall_x": None}
    assert "etag" not in answer.headers, "nothing of it is to lie on a computer that others use as well"
    plain = world.browser.get(api(ana, clip, "replay"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == document
    assert len(gzip.compress(json.dumps(document).encode())) < 400_000


def test_a_kept_film_is_sent_in_parts_and_another_is_not_there(world: DeskWorld, ana: Person, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 40)
    kept, bare = film(world, ana, kept=path), film(world, ana)
    whole = world.browser.get(api(ana, kept, "film"))
    assert whole.headers["cache-control"] == "no-store"
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = world.browser.get(api(ana, kept, "film"), headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, path.read_bytes()[10:20])
    assert part.headers["content-range"] == "bytes 10-19/10240"
    assert "data-film" in world.browser.get(f"/desk/p/{ana.id}/clips/{kept}").text
    assert world.browser.get(api(ana, bare, "film")).status_code == 404
    bob = world.clinic.screened("Bob")
    assert world.browser.get(api(bob, kept, "film")).status_code == 404


def test_a_correction_is_tried_and_then_kept(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    document = replay(world, ana, clip)
    wanted = {"revision": 0, "joints": knees(document), "wall_x": None}
    tried = world.browser.post(api(ana, clip, "corrections/preview"), json=wanted)
    assert tried.status_code == 200
    told = tried.json()
    assert told["reps"][0] == {"number": 1, "before": "met the drill", "after": "cannot tell"}
    assert any("knee" in one["label"] for one in told["measures"])
    assert told["replay"]["time_s"] == document["time_s"]
    assert replay(world, ana, clip) == document
    saved = world.browser.post(
        api(ana, clip, "corrections"), json={**wanted, "reason": "the knee is nearer", "by": "Dr Lee"}
    )
    assert saved.json()["revision"] == 1
    event = world.clinic.desk.history(ana).events[-1]
    assert isinstance(event, Corrected)
    assert event.by == "Dr Lee"
    now = replay(world, ana, clip)
    assert now["revision"] == 1
    assert sorted(now["corrections"]["joints"], key=str) == sorted(wanted["joints"], key=str)
    words = world.words(f"/desk/p/{ana.id}/clips/{clip}")
    assert "corrected, revision 1" in words
    assert "the knee is nearer" in words
    assert "Rep 1 cannot tell" in words
    log = world.words(f"/desk/p/{ana.id}/log")
    assert "Correction of dr lee" in log
    assert "corrected since" in log


def test_undoing_and_saving_what_somebody_else_changed(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    where = api(ana, clip, "corrections")
    wanted = {"revision": 0, "joints": knees(replay(world, ana, clip)), "reason": "seen", "by": "Dr Lee"}
    assert world.browser.post(where, json=wanted).status_code == 200
    late = world.browser.post(where, json=wanted)
    assert (late.status_code, late.json()["what"]) == (409, "Somebody else corrected this clip meanwhile.")
    undone = world.browser.post(where, json={"revision": 1, "reason": "I was mistaken", "by": "Dr Lee"})
    assert undone.json()["revision"] == 2
    assert "Rep 1 met the drill" in world.words(f"/desk/p/{ana.id}/clips/{clip}")


def test_a_film_of_somebody_who_faces_left_is_corrected_in_its_own_picture(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana, mirrored=True)
    document = replay(world, ana, clip)
    assert document["facing"] == "left"
    wanted = {"revision": 0, "joints": knees(document)}
    told = world.browser.post(api(ana, clip, "corrections/preview"), json=wanted).json()
    first = wanted["joints"][0]
    assert told["replay"]["joints"]["knee"][first["row"]] == [pytest.approx(first["x"], abs=0.2), first["y"]]


def test_the_wall_is_placed_in_the_picture(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    document = replay(world, ana, clip)
    told = world.browser.post(
        api(ana, clip, "corrections/preview"), json={"revision": 0, "joints": [], "wall_x": 150.0}
    ).json()
    assert told["replay"]["wall_x"] == pytest.approx(150.0, abs=0.2)
    outside = {"revision": 0, "wall_x": document["width_px"] + 5.0}
    assert world.browser.post(api(ana, clip, "corrections/preview"), json=outside).status_code == 422


@pytest.mark.parametrize(
    "wanted",
    [
        {"revision": 0, "joints": [{"row": 1, "joint": "nose", "x": 1, "y": 1}]},
        {"revision": 0, "joints": [{"row": 99999, "joint": "hip", "x": 1, "y": 1}]},
        {"revision": 0, "joints": [{"row": 1, "joint": "hip", "x": "far", "y": 1}]},
        {"revision": 0, "more": 1},
        {},
    ],
)
def test_what_cannot_be_corrected_is_refused_kindly(world: DeskWorld, ana: Person, wanted: dict[str, Any]) -> None:
    clip = film(world, ana)
    answer = world.browser.post(api(ana, clip, "corrections/preview"), json=wanted)
    assert answer.status_code == 422
    assert answer.json()["what"]


def test_a_correction_needs_a_name_and_a_reason(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    wanted = {"revision": 0, "joints": knees(replay(world, ana, clip))}
    where = api(ana, clip, "corrections")
    assert world.browser.post(where, json={**wanted, "reason": "", "by": "Dr Lee"}).status_code == 422
    assert "who corrects" in world.browser.post(where, json={**wanted, "reason": "seen"}).json()["what"]
    assert world.clinic.store.revisions(clip) == ()


def test_a_clip_without_recording_says_so(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana, recorded=False)
    assert "were not kept" in world.words(f"/desk/p/{ana.id}/clips/{clip}")
    assert world.browser.get(api(ana, clip, "replay")).status_code == 422


def test_a_clip_whose_entry_was_taken_back_is_shown_and_not_corrected(world: DeskWorld, ana: Person) -> None:
    clip = film(world, ana)
    entry = next(one for one in world.clinic.desk.history(ana).events if getattr(one, "assessment", "") == clip)
    world.clinic.desk.withdraw(ana, "another film", entry.key)
    words = world.words(f"/desk/p/{ana.id}/clips/{clip}")
    assert "no longer counts" in words
    assert "Correct what the camera saw" not in words
    answer = world.browser.post(api(ana, clip, "corrections/preview"), json={"revision": 0, "wall_x": 100.0})
    assert answer.status_code == 409


def test_two_clips_side_by_side_the_earlier_first(world: DeskWorld, ana: Person) -> None:
    first, second = film(world, ana, "round"), film(world, ana)
    page = world.browser.get(f"/desk/compare?a={second}&b={first}").text
    words = text_of(page)
    assert page.index(f"clips/{first}/replay") < page.index(f"clips/{second}/replay")
    assert "better" in words
    assert "−30°" in words
    bob = world.clinic.screened("Bob")
    other = film(world, bob)
    assert "two people" in world.words(f"/desk/compare?a={first}&b={other}", 400)
    assert "Two clips are needed" in world.words("/desk/compare", 400)
    world.words(f"/desk/compare?a={first}&b=nothing", 404)
