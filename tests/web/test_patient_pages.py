"""History, notes and data: what is kept, taken along and erased."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest

from hiphinge.errors import PersonNotFound
from hiphinge.program.history import SetDone
from tests.web.clients import Browser
from tests.web.patients import House, open_house

SET = {"effort": "hamstrings", "pain": "1", "places": "knee", "numbness": "no", "touched": "yes"}


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        yield found


def practise(house: House, sessions: int = 2, **more: str) -> None:
    for number in range(sessions):
        if number:
            house.post("begin", resting_pain="1", new_symptoms="no", morning_pain="0")
        else:
            house.begin(resting_pain="1")
            house.skip_screens()
        house.send(drill="wall_hinge", **{**SET, **more})
        house.work()
        house.post("finish")
        house.sleep(30)


def test_history_shows_steps_charts_with_tables_and_no_clear_change(house) -> None:
    practise(house)
    text = house.get("history")
    assert "no clear change" in text
    charts = json.loads(re.search(r'id="chart-data">(.*?)</script>', text, re.DOTALL)[1])
    lumbar = next(one for one in charts if one["label"] == "Lumbar flexion")
    assert lumbar["band"][0] < lumbar["value"][0] < lumbar["band"][1]
    assert len(lumbar["lo"]) == len(lumbar["at_s"]) == 2
    assert text.count("As a table") == len(charts)
    assert "Shaded: no clear change. From 2 points on, a change is clear." in text
    assert re.search(r"Shaded: the first value ± \d+°. Inside it there is no clear change.", text)
    for one in charts:
        assert f'data-chart="{one["name"]}"' in text
    assert house.browser.get(f"{house.base}/progress.pdf").content.startswith(b"%PDF")


def test_history_before_anything_was_done(house) -> None:
    assert "No session yet" in house.get("history")
    assert "No note yet" in house.get("notes")
    house.get("data")
    assert "Nothing was entered yet" in house.get("undo")


def test_notes_go_back_and_forth_without_addresses(house) -> None:
    house.post("notes", 422, text="  ")
    text = house.follow(house.post("notes", text="Write to ana@example.org\n<b>please</b>"))
    assert "ana@example.org" not in text
    assert "&lt;b&gt;please" in text
    assert "addresses in it are never shown" in text
    assert house.store.notes(house.person.id)[0].author == "Ana"


def test_everything_is_taken_along_as_one_file(house, tmp_path, monkeypatch) -> None:
    practise(house, 1, keep="yes")
    # Nothing of a person lies in the system's temporary folder, where it would stay when the server is killed.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    answer = house.browser.get(f"{house.base}/data/export.zip")
    assert answer.headers["content-disposition"].endswith('filename="hiphinge-ana.zip"')
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "person.json" in names
    assert any(name.endswith(".mp4") for name in names)
    assert list(house.store.upload_folder().iterdir()) == []


def test_a_kept_film_is_listed_and_deleted_and_its_numbers_stay(house) -> None:
    practise(house, 1, keep="yes")
    text = house.get("data")
    assert "wall-hinge.mp4" in text
    film = house.store.clips(house.person.id)[0]
    house.post(f"data/films/{film.id}/delete")
    assert "No film is kept" in house.get("data")
    assert any(isinstance(one, SetDone) and one.assessment for one in house.events())
    house.post("data/films/nothing/delete", 404)


def test_erasing_asks_for_the_name_and_leaves_nothing(house) -> None:
    house.begin()
    house.skip_screens()
    house.send(**SET)
    text = house.post("data/erase", 422, name="Anna").text
    assert "Please type Ana" in text
    house.store.add_person("Ben")
    text = house.follow(house.post("data/erase", name=" ana "))
    assert "Everything of this person is erased" in text
    assert "Everything of this person is erased" not in house.browser.get("/?said=else").text
    with pytest.raises(PersonNotFound):
        house.store.find_person(house.person.id)
    assert list(house.store.upload_folder().iterdir()) == []
    assert house.work() == 0


def test_the_last_who_is_erased_leads_to_the_start_which_says_so(house) -> None:
    house.get("data")
    assert "Everything of this person is erased" in house.follow(house.post("data/erase", name="Ana"))
    assert "is erased" not in house.browser.get("/start").text


def test_pages_of_another_persons_film_session_and_job_are_not_found(house) -> None:
    practise(house, 1)
    other = house.store.add_person("Ben")
    done = next(one for one in house.events() if isinstance(one, SetDone))
    job = house.store.jobs(house.person.id)[0]
    clip, session = f"clips/{done.assessment}", f"sessions/{done.session}"
    pages = [clip, f"{clip}/report", session, f"{session}.pdf", f"jobs/{job.id}", "clips/nothing", "jobs/nothing"]
    for page in pages:
        assert house.browser.get(f"/p/{other.id}/{page}").status_code == 404
    assert house.browser.get(f"/api/p/{other.id}/jobs/{job.id}/events").status_code == 404


def test_a_change_without_the_pages_token_is_refused(house) -> None:
    house.get("notes")
    answer = house.browser.post(f"{house.base}/notes", data={"text": "x"}, headers={"x-csrf-token": "wrong"})
    assert answer.status_code == 403
    assert house.store.notes(house.person.id) == ()


def test_every_page_holds_together_without_inline_code(house) -> None:
    practise(house, 2)
    house.post("begin", resting_pain="1", new_symptoms="no")
    done = [one for one in house.events() if isinstance(one, SetDone)]
    pages = ["today", "questions", "feel", "morning", "finish", "undo", "history", "notes", "data", "upload", "cannot",
             f"clips/{done[0].assessment}", f"sessions/{done[0].session}"]  # fmt: skip
    for page in pages:
        text = house.get(page)
        assert text.count("<h1") == 1, page
        assert " style=" not in text, page
        assert not re.search(r"\son[a-z]+=", text.split("<main")[1]), page
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), page
        assert "hiphinge session" not in text, page


def test_somebody_else_sees_nothing(house) -> None:
    stranger = Browser(house.app, address="10.0.0.9")
    assert stranger.get(f"{house.base}/today").status_code in (303, 401, 403, 404)
