"""Every route with every role: one table says who gets in, and a route that is in no table fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.websockets import WebSocketDisconnect

from hiphinge.store import open_store
from hiphinge.web.access import ACTIONS, OWNED, action_of
from hiphinge.web.routes import ROUTERS
from tests.store.samples import FILM, document
from tests.web.clients import Browser, clinic_app, clinic_browser, home_app, sign_in

#: Who gets in, by action: written down once more here, so that a change of the code is seen.
TABLE = {
    "public": {"visitor", "guest", "patient", "other patient", "clinician", "owner", "home", "neighbour"},
    "visit": {"guest", "patient", "other patient", "clinician", "owner", "home"},
    "person.view": {"guest", "patient", "other patient", "clinician", "owner", "home"},
    "person.act": {"guest", "patient", "other patient", "clinician", "owner", "home"},
    "account": {"patient", "other patient", "clinician", "owner", "home"},
    "desk.view": {"clinician", "owner", "home"},
    "desk.act": {"clinician", "owner", "home"},
    "admin": {"owner", "home"},
}
#: Those who see anything that is about somebody else than the person that the paths below name.
ABOUT = {"patient", "clinician", "owner", "home"}
ROLES = sorted(TABLE["public"])
#: Parameters of paths that are about nobody, or are looked up within the person that the path names as well.
NEUTRAL = {"token", "version", "path", "name", "drill", "variant"}
WITHIN = {
    "session",
    "note",
    "film",
    "number",
    "clip",
    "event",
    "entry",
    "file",
    "revision",
    "kind",
    "measure",
    "key",
    "part",
}
DESK = {"invitation", "account", "program", "sha", "id"}


@dataclass(frozen=True)
class Place:
    """A route as it is asked for."""

    method: str
    path: str
    action: str
    dependency: Any

    @property
    def names(self) -> set[str]:
        return set(re.findall(r"{(\w+)", self.path))

    @property
    def is_owned(self) -> bool:
        return bool(self.names & {"person", *OWNED})

    def url(self, things: dict[str, str]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: things.get(found[1], "x1"), self.path)


def find_places() -> list[Place]:
    found = []
    for route in (one for router in ROUTERS for one in iter_route_contexts(router.routes)):
        original = route.original_route
        assert isinstance(original, APIRoute | APIWebSocketRoute), f"{route.path} is no route of the app's own kind"
        allowing = [one for one in original.dependant.dependencies if action_of(one.call) is not None]
        assert len(allowing) == 1, f"{route.path} needs exactly one allow(...), and has {len(allowing)}"
        for method in sorted(getattr(original, "methods", None) or {"WEBSOCKET"}):
            found.append(Place(method, str(route.path), str(action_of(allowing[0].call)), allowing[0].call))
    return found


PLACES = find_places()


@dataclass(frozen=True)
class World:
    """A clinic and a home on one store, with browsers of every role, and what belongs to the patient."""

    browsers: dict[str, Browser]
    probes: dict[str, Browser]
    things: dict[str, str]
    other: str


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    with open_store(tmp_path_factory.mktemp("access") / "store.sqlite3") as store:
        ana, ben = store.add_person("Ana"), store.add_person("Ben")
        guest = store.add_person("Guest", guest=True)
        things = {
            "person": ana.id,
            "assessment": store.add_assessment(ana.id, document(), sha256=FILM),
            "upload": store.add_upload(ana.id, "bend.mp4", 1000).id,
            "job": store.add_job("clip", ana.id, {}, "k1").id,
            "live": store.open_live(ana.id, None, "toe_touch").id,
        }
        clinic, home = clinic_app(store, requests_per_minute=100_000), home_app(store, requests_per_minute=100_000)
        sets = []
        for clinic_now, home_now in ((clinic, home), (probe_of(clinic), probe_of(home))):
            sets.append(
                {
                    "visitor": clinic_browser(clinic_now),
                    "guest": sign_in(clinic_now, "visitor", person=guest.id, account=False),
                    "patient": sign_in(clinic_now, "patient", person=ana.id),
                    "other patient": sign_in(clinic_now, "patient", person=ben.id),
                    "clinician": sign_in(clinic_now, "clinician"),
                    "owner": sign_in(clinic_now, "owner"),
                    "home": Browser(home_now),
                    "neighbour": Browser(home_now, address="192.168.1.44"),
                }
            )
        for role in ("visitor", "home", "neighbour"):
            sets[0][role].get("/start")
            sets[1][role].hold(next(iter(sets[0][role].cookies.values())))
        yield World(sets[0], sets[1], things, ben.id)


def probe_of(app: FastAPI) -> FastAPI:
    """The same doors with nothing behind them: whoever gets in finds 299."""
    from starlette.responses import Response

    from hiphinge.web.errors import add_error_handlers
    from hiphinge.web.security import Guard

    probe = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    probe.state.hiphinge = app.state.hiphinge
    from fastapi import Depends

    for place in PLACES:
        if place.method != "WEBSOCKET":
            probe.add_api_route(
                place.path, lambda: Response(status_code=299), methods=[place.method],
                dependencies=[Depends(place.dependency)],
            )  # fmt: skip
    add_error_handlers(probe)
    probe.add_middleware(Guard, context=app.state.hiphinge)
    return probe


def gets_in(place: Place, role: str) -> bool:
    if place.is_owned and place.action != "public" and role not in ABOUT:
        return False
    return role in TABLE[place.action]


def refusals(place: Place, role: str) -> set[int]:
    """The answers that keep somebody out: to sign in, not for them, or nothing there."""
    if role in ("visitor", "neighbour", "guest") and role not in TABLE[place.action]:
        sign_in_page = place.method in ("GET", "HEAD") and not place.path.startswith("/api/")
        return {303} if sign_in_page else {401}
    if role in ("guest", "other patient") and place.is_owned and not place.action.startswith(("desk", "admin")):
        return {404}
    return {403}


def test_the_table_is_the_codes():
    assert set(ACTIONS) == set(TABLE)


@pytest.mark.parametrize("place", PLACES, ids=lambda one: f"{one.method} {one.path}")
def test_every_parameter_is_checked_or_about_nobody(place):
    left = place.names - {"person", *OWNED} - NEUTRAL
    if place.names & {"person", *OWNED}:
        left -= WITHIN
    if place.action in ("desk.view", "desk.act", "admin"):
        left -= DESK | WITHIN
    assert not left, f"{place.path}: nobody checks {left}"


@pytest.mark.parametrize("place", PLACES, ids=lambda one: f"{one.method} {one.path}")
def test_what_is_about_a_person_is_not_public(place):
    assert not (place.is_owned and place.action == "public")


@pytest.mark.parametrize("role", ROLES)
def test_everybody_gets_in_where_the_table_says(world, role):
    for place in PLACES:
        if place.method == "WEBSOCKET":
            continue
        answer = world.probes[role].request(place.method, place.url(world.things))
        assert (answer.status_code == 299) == gets_in(place, role), f"{place.method} {place.path}: {answer.status_code}"


@pytest.mark.parametrize("role", ROLES)
def test_the_app_itself_refuses_whom_the_table_refuses(world, role):
    for place in PLACES:
        if gets_in(place, role):
            continue
        url = place.url(world.things)
        if place.method == "WEBSOCKET":
            with world.browsers[role].websocket_connect(url) as socket, pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_text()
            assert closed.value.code in {4000 + (401 if one == 303 else one) for one in refusals(place, role)}
            continue
        answer = world.browsers[role].request(place.method, url)
        expected = refusals(place, role)
        assert answer.status_code in expected, f"{role}: {place.method} {place.path}: {answer.status_code}"
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize("kind", ["person", *OWNED])
def test_what_is_anothers_looks_like_what_is_not_there(world, kind):
    places = [one for one in PLACES if kind in one.names and one.method == "GET" and one.action == "person.view"]
    for place in places:
        theirs = world.browsers["other patient"].get(place.url(world.things))
        nowhere = world.browsers["other patient"].get(place.url({**world.things, kind: "nothing1"}))
        assert theirs.status_code == nowhere.status_code == 404
        strip = re.compile(r'content="[^"]{43}"')
        assert strip.sub("", theirs.text) == strip.sub("", nowhere.text)


def test_objects_of_one_person_are_not_reached_through_another(world):
    """A clinician may see both; still, a path that names Ben and what is Ana's is nothing."""
    for place in PLACES:
        if "person" in place.names and place.names & set(OWNED) and place.method == "GET":
            url = place.url({**world.things, "person": world.other})
            assert world.browsers["clinician"].get(url).status_code == 404
            assert world.browsers["other patient"].get(url).status_code in refusals(place, "other patient")


def test_a_route_without_allow_is_noticed():
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/open")
    def endpoint() -> None:
        """Nobody checks."""

    original = next(iter(iter_route_contexts(router.routes))).original_route
    assert not [one for one in original.dependant.dependencies if action_of(one.call)]
