"""Starting, looking at and stopping a live set by HTTP; who may, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from anyio import to_thread
from fastapi import FastAPI
from fastapi.testclient import TestClient

from hiphinge.program import load_program
from hiphinge.service.desk import Desk
from hiphinge.store import Person, Store
from hiphinge.web.app import create_app
from hiphinge.web.live import api
from hiphinge.web.live.life import LIMITS, parts_of
from hiphinge.web.live.limits import LiveLimits
from hiphinge.web.settings import Settings
from tests.web.live.fakes import run
from tests.web.live.people import Visitor, begin_session, let_in


@pytest.fixture
def ana(store: Store) -> Person:
    return begin_session(store)


@pytest.fixture
def clinic(store: Store) -> FastAPI:
    return create_app(Settings(mode="clinic"), store=store)


@pytest.fixture
def web(clinic: FastAPI) -> Iterator[TestClient]:
    with TestClient(clinic, base_url="http://127.0.0.1:8765") as found:
        yield found


def begin(web: TestClient, who: Visitor, person: Person, **wanted: Any) -> Any:
    body = {"drill": "free_hinge", **wanted}
    return web.post(f"/api/p/{person.id}/live", json=body, headers=who.headers)


def test_a_set_is_begun_with_everything_that_its_coach_needs(web: TestClient, store: Store, ana: Person) -> None:
    answer = begin(web, let_in(store, "patient", ana.id), ana, variant="wider", load_kg=4.0)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["socket"] == f"/ws/live/{told['live']}"
    live = store.live(told["live"])
    assert (live.person, live.drill, live.variant, live.state) == (ana.id, "free_hinge", "wider", "open")
    assert live.options["load_kg"] == 4.0
    assert live.options["plan"]["drill"]["id"] == "free_hinge"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"drill": "handstand"}, 422),
        ({"variant": "upside_down"}, 422),
        ({"load_kg": -1}, 422),
        ({"load_kg": 900}, 422),
        ({"wall": 1.5}, 422),
        ({"label": "other"}, 422),
        ({"reps": 0}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_what_there_is_not_is_refused(
    web: TestClient, store: Store, ana: Person, wanted: dict[str, Any], status: int
) -> None:
    answer = begin(web, let_in(store, "patient", ana.id), ana, **wanted)
    assert answer.status_code == status
    assert answer.json()["what"]
    assert not store.lives(ana.id)


def test_without_a_session_or_under_a_stop_nothing_begins(web: TestClient, store: Store, ana: Person) -> None:
    who = let_in(store, "clinician")
    desk = Desk(store, load_program(None))
    desk.answer_red_flags(ana, {"bladder": True})
    stopped = begin(web, who, ana)
    assert stopped.status_code == 409
    ben = store.add_person("Ben")
    assert begin(web, who, ben).status_code == 409
    assert not store.lives()


def test_a_set_that_was_still_open_is_ended_by_the_next(web: TestClient, store: Store, ana: Person) -> None:
    who = let_in(store, "patient", ana.id)
    first = begin(web, who, ana).json()
    second = begin(web, who, ana).json()
    told = web.post(f"{first['url']}/stop", json={}, headers=who.headers).json()
    assert (told["stored"], told["url"]) == (False, "")
    assert store.live(first["live"]).state == "abandoned"
    assert store.live(second["live"]).state == "open"


def test_nothing_done_stores_nothing_and_says_so(web: TestClient, store: Store, ana: Person) -> None:
    who = let_in(store, "patient", ana.id)
    live = begin(web, who, ana).json()
    before = store.history(ana.id).events
    answers = [web.post(live["stop"], json={"touched": True}, headers=who.headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["note"] == "No rep was seen, so nothing is kept."
    assert store.history(ana.id).events == before
    state = web.get(live["url"], headers=who.headers).json()
    assert (state["state"], state["summary"]["stored"]) == ("abandoned", False)


def test_sets_that_are_judged_for_long_take_no_thread_from_others(
    store: Store, ana: Person, clinic: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops, judged = 8, asyncio.Event()
    waiting: list[str] = []

    async def judge_slowly(live: str, value: Any = None) -> dict[str, Any]:
        waiting.append(live)
        await judged.wait()
        return {"stored": False}

    async def work() -> None:
        async with clinic.router.lifespan_context(clinic):
            monkeypatch.setattr(parts_of(clinic.state.hiphinge).hub, "end", judge_slowly)
            to_thread.current_default_thread_limiter().total_tokens = 2
            headers = let_in(store, "patient", ana.id).headers
            transport = httpx2.ASGITransport(clinic)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8765", headers=headers
            ) as web:
                live = (await web.post(f"/api/p/{ana.id}/live", json={"drill": "free_hinge"})).json()
                asked = [asyncio.create_task(web.post(live["stop"], json={})) for _ in range(stops)]
                while len(waiting) < stops:
                    await asyncio.sleep(0.01)
                assert (await web.get(live["url"])).json()["state"] == "open"
                judged.set()
                assert [one.status_code for one in await asyncio.gather(*asked)] == [200] * stops

    run(work)


def test_a_set_that_is_judged_for_too_long_asks_to_ask_again(
    web: TestClient, store: Store, ana: Person, clinic: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def judge_for_ever(live: str, value: Any = None) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(api, "_JUDGE_S", 0.01)
    monkeypatch.setattr(parts_of(clinic.state.hiphinge).hub, "end", judge_for_ever)
    who = let_in(store, "patient", ana.id)
    live = begin(web, who, ana).json()
    answer = web.post(live["stop"], json={}, headers=who.headers)
    assert answer.status_code == 503
    assert "nothing is lost" in answer.json()["next_step"]


def test_nobody_sees_or_stops_what_is_anothers(web: TestClient, store: Store, ana: Person) -> None:
    live = begin(web, let_in(store, "patient", ana.id), ana).json()
    ben = begin_session(store, "Ben")
    other = let_in(store, "patient", ben.id)
    assert web.get(live["url"], headers=other.headers).status_code == 404
    assert web.post(live["stop"], json={}, headers=other.headers).status_code == 404
    assert begin(web, other, ana).status_code == 404
    own = live["url"].replace(ana.id, ben.id)
    assert web.get(own, headers=other.headers).status_code == 404
    assert web.post(f"{own}/stop", json={}, headers=other.headers).status_code == 404
    assert web.get(live["url"], headers={"accept": "application/json"}).status_code == 401
    guest = let_in(store, "visitor", ana.id)
    assert web.get(live["url"], headers=guest.headers).status_code == 200
    assert web.get(live["url"], headers=let_in(store, "clinician").headers).status_code == 200
    assert web.get(live["url"][:-1] + "Z", headers=guest.headers).status_code in (404, 422)
    gone = live["url"].replace(live["live"], "0" * 32)
    assert web.get(gone, headers=guest.headers).status_code == 404


def test_a_change_without_its_token_is_refused(web: TestClient, store: Store, ana: Person) -> None:
    who = let_in(store, "patient", ana.id)
    headers = {name: value for name, value in who.headers.items() if name != "x-csrf-token"}
    answer = web.post(f"/api/p/{ana.id}/live", json={"drill": "free_hinge"}, headers=headers)
    assert answer.status_code == 403


def test_a_server_with_enough_sets_asks_to_wait(store: Store, ana: Person, clinic: FastAPI) -> None:
    clinic.state.hiphinge.extras[LIMITS] = LiveLimits(sets=0)
    with TestClient(clinic, base_url="http://127.0.0.1:8765") as web:
        answer = begin(web, let_in(store, "patient", ana.id), ana)
    assert answer.status_code == 409
    assert "Try again" in answer.json()["next_step"]


def test_the_coach_page_shows_the_drill_that_is_due_or_the_one_asked_for(
    web: TestClient, store: Store, ana: Person
) -> None:
    headers = {**let_in(store, "patient", ana.id).headers, "accept": "text/html"}
    due = web.get(f"/p/{ana.id}/coach", headers=headers)
    assert due.status_code == 200
    assert "Toe touch" in due.text
    asked = web.get(f"/p/{ana.id}/coach?drill=wall_hinge&variant=half", headers=headers)
    assert f"/api/p/{ana.id}/live" in asked.text
    assert web.get(f"/p/{ana.id}/coach?drill=wall_hinge&variant=x", headers=headers).status_code == 422
    assert web.get(f"/p/{ana.id}/coach?drill=handstand", headers=headers).status_code == 422
    assert web.get("/p/nobody/coach", headers=headers).status_code == 404


def test_the_coach_page_says_why_nothing_is_done_under_a_stop(web: TestClient, store: Store, ana: Person) -> None:
    Desk(store, load_program(None)).answer_red_flags(ana, {"bladder": True})
    headers = {**let_in(store, "patient", ana.id).headers, "accept": "text/html"}
    assert "Please rest for now" in web.get(f"/p/{ana.id}/coach", headers=headers).text
