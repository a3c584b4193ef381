"""What every request passes: host, origin, token, size, rate; and what every answer carries."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from hiphinge.web.app import create_app
from hiphinge.web.errors import REFUSED, TooMany, WebError
from hiphinge.web.security import CONTENT_SECURITY_POLICY, Limited
from hiphinge.web.settings import Settings
from hiphinge.web.spool import Spool
from tests.web.clients import CLINIC, Browser, clinic_app, clinic_browser, home_app, home_browser, sign_in

_URLENCODED = "application/x-www-form-urlencoded"
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/", "/start", "/nothing", "/api/nothing", "/healthz", "/static/x/css/app.css"])
def test_every_answer_has_the_headers(home, path):
    found = home.get(path).headers
    assert {name: found[name] for name in HEADERS} == HEADERS
    assert "camera=(self)" in found["permissions-policy"]
    assert "server" not in found


def test_nothing_of_a_request_is_handed_to_who_collects_telemetry(store, monkeypatch):
    from opentelemetry import trace

    asked = []

    class Collector(trace.TracerProvider):
        def get_tracer(self, *args, **more):
            asked.append(args)
            return trace.NoOpTracer()

    monkeypatch.setattr(trace, "get_tracer_provider", Collector)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with home_browser(store) as browser:
        assert browser.get("/start").status_code == 200
        assert browser.get("/healthz").status_code == 200
    assert asked == []


def test_pages_are_kept_by_no_cache(home):
    assert home.get("/start").headers["cache-control"] == "no-store"


def test_policy_lets_nothing_from_elsewhere_in():
    for part in CONTENT_SECURITY_POLICY.split("; "):
        name, *sources = part.split()
        assert set(sources) <= {"'self'", "'none'", "data:", "blob:", "'wasm-unsafe-eval'"}, name


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "evil.example#localhost"]
)
def test_names_that_are_not_ours_are_not_answered(home, host):
    """A page of another name that resolves to this computer (DNS rebinding) gets nothing."""
    answer = home.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "LOCALHOST"])
def test_this_computers_names_are_answered(home, host):
    assert home.get("/start", headers={"host": host}).status_code == 200


def test_a_neighbour_is_no_owner(store):
    app = home_app(store, hosts=("192.168.1.5",))
    neighbour = Browser(app, address="192.168.1.44", url="http://192.168.1.5:8765")
    assert neighbour.get("/desk").status_code in (303, 404)
    assert "Sign in" in neighbour.get("/").text or neighbour.get("/").status_code == 200
    pretending = Browser(app, address="192.168.1.44")
    assert pretending.get("/account", headers={"host": "localhost"}).status_code == 303


def test_nobody_is_the_owner_behind_a_proxy(store):
    app = home_app(store, behind_proxy=True, hosts=("home.example",))
    assert Browser(app).get("/account").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
)
def test_changes_from_elsewhere_are_refused_even_with_the_token(home, headers):
    assert home.post("/start", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {},
    ],
)
def test_changes_from_here_are_taken(home, headers):
    assert home.post("/start", headers=headers).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43])
def test_changes_without_the_token_are_refused(home, token):
    home.get("/start")
    answer = home.post("/start", headers={"x-csrf-token": token.encode()}, data={"csrf_token": token})
    assert answer.status_code == 403
    assert "Load the page again" in answer.text


def test_the_token_of_another_session_is_refused(store):
    app = home_app(store)
    first, second = Browser(app), Browser(app)
    first.get("/start")
    second.get("/start")
    assert second.post("/start", headers={"x-csrf-token": first.token}).status_code == 403


@pytest.mark.parametrize("how", ["data", "files"])
def test_the_token_may_come_with_the_form(home, how):
    home.get("/start")
    sent = {"data": {"csrf_token": home.token}} | ({"files": {"a": b"x"}} if how == "files" else {})
    assert home.post("/start", headers={"x-csrf-token": ""}, **sent).status_code == 303


def test_a_websocket_from_another_site_is_refused(store):
    ana = store.add_person("Ana")
    live = store.open_live(ana.id, None, "toe_touch").id
    browser = home_browser(store)
    with (
        pytest.raises(WebSocketDisconnect),
        browser.websocket_connect(f"/ws/live/{live}", headers={"origin": "https://evil.example"}),
    ):
        pass


def test_a_websocket_says_why_it_is_refused(store):
    ana, ben = store.add_person("Ana"), store.add_person("Ben")
    live = store.open_live(ana.id, None, "toe_touch").id
    app = clinic_app(store)
    for browser, code in ((clinic_browser(app), 4401), (sign_in(app, "patient", person=ben.id), 4404)):
        with browser.websocket_connect(f"/ws/live/{live}") as socket, pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
        assert closed.value.code == code


def test_too_much_is_not_read(home):
    home.get("/start")
    assert home.post("/start", content=b"x" * (1 << 20) + b"x").status_code == 413
    told = home.post("/start", content=b"", headers={"content-length": "99999999999"})
    assert told.status_code == 413

    def endless():
        for _number in range(40):
            yield b"x" * 65_536

    answer = home.post("/start", content=endless(), headers={"content-type": "application/x-www-form-urlencoded",
                                                            "x-csrf-token": ""})  # fmt: skip
    assert answer.status_code == 413


def test_asking_too_often_has_to_wait(store):
    app = home_app(store, requests_per_minute=30)
    browser, other = Browser(app), Browser(app)
    browser.get("/start")
    answers = [browser.get("/start") for _number in range(20)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert other.get("/start").status_code == 200
    assert browser.get("/static/x/css/app.css").status_code == 200


def test_hsts_only_where_a_clinic_has_a_certificate_of_its_own(store):
    assert "strict-transport-security" in clinic_browser(clinic_app(store)).get("/").headers
    home = Browser(home_app(store, tls="self"), url="https://127.0.0.1:8765")
    assert "strict-transport-security" not in home.get("/").headers


def test_cookies_are_the_servers_alone(store):
    plain = home_browser(store).get("/").headers["set-cookie"]
    assert plain.startswith("hiphinge=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(plain.split("; "))
    secure = clinic_browser(clinic_app(store)).get("/").headers["set-cookie"]
    assert secure.startswith("__Host-hiphinge=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= set(secure.split("; "))


def test_behind_a_proxy_cookies_are_secure_even_where_it_does_not_say_so(store):
    browser = Browser(clinic_app(store), address="127.0.0.1", url="http://clinic.example")
    assert "Secure" in browser.get("/").headers["set-cookie"]


def test_an_unforeseen_error_says_a_reference_and_the_log_nothing_personal(store, caplog):
    app = home_app(store)
    from hiphinge.web.access import allow

    said = "".join(("An", "a Maria, pain 7"))

    @app.get("/broken", dependencies=[allow("public")])
    def broken() -> None:
        raise ValueError(said)

    with caplog.at_level(logging.ERROR):
        answer = Browser(app).get("/broken")
    assert answer.status_code == 500
    logged = next(one for one in caplog.records if one.name == "hiphinge.web").getMessage()
    assert logged.split()[1].rstrip(":") in answer.text
    assert "ValueError" in logged
    assert "broken" in logged
    assert "Ana" not in logged + answer.text


def test_what_breaks_off_in_the_middle_is_logged_without_anything_personal(store, caplog):
    """The server under the app writes down the message of whatever it is given."""
    app, said = home_app(store), "".join(("An", "a Maria, pain 7"))
    from hiphinge.web.access import allow

    @app.get("/broken", dependencies=[allow("public")])
    def broken() -> StreamingResponse:
        def parts():
            yield "one"
            raise ValueError(said)

        return StreamingResponse(parts())

    @app.websocket("/ws/broken", dependencies=[allow("public")])
    async def broken_line(websocket: WebSocket) -> None:
        raise ValueError(said)

    with caplog.at_level(logging.ERROR):
        with pytest.raises(RuntimeError, match="broke off") as seen:
            Browser(app).get("/broken")
        with pytest.raises(WebSocketDisconnect) as closed, Browser(app).websocket_connect("/ws/broken"):
            pass
    assert closed.value.code == 1011
    assert "Ana" not in caplog.text + "".join(traceback.format_exception(seen.value))
    assert sum("ValueError" in one.getMessage() for one in caplog.records if one.name == "hiphinge.web") == 2


def test_a_store_that_is_closed_is_said_kindly():
    answer = Browser(create_app(Settings())).get("/", headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json()["next_step"]


def test_programs_get_json_errors(store):
    answer = clinic_browser(clinic_app(store)).get("/desk/accounts", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["what"] == "Please sign in first."


def test_what_does_not_fit_is_named_without_its_value(store):
    browser = sign_in(clinic_app(store), "clinician")
    answer = browser.post("/desk/invitations", data={"whom": "secret words"})
    assert answer.status_code == 422
    assert "whom" in answer.text
    assert "secret words" not in answer.text


def test_the_way_back_after_signing_in_stays_here(store):
    browser = clinic_browser(clinic_app(store))
    answer = browser.get("/account?a=1")
    assert answer.headers["location"] == "/login?next=/account%3Fa%3D1"
    assert answer.headers["location"].startswith("/login")
    assert CLINIC not in answer.headers["location"]


def test_nobody_is_the_owner_through_a_tunnel_that_the_settings_do_not_know(store):
    """What proxies and tunnels on this computer add says that somebody else asks."""
    app = home_app(store)
    names = (
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "via",
        "x-forwarded-host",
        "X-Forwarded-Proto",
        "True-Client-IP",
    )
    for name in (*names, "cf-connecting-ip", "x-client-ip", "x-original-forwarded-for"):
        assert Browser(app).get("/account", headers={name: "203.0.113.9"}).status_code == 303
    assert Browser(app).get("/account").status_code == 200


def test_a_websocket_from_a_page_without_an_origin_is_refused(home):
    """A sandboxed frame of any page says null, and tells nothing more about itself with a websocket."""
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        home.websocket_connect(f"/ws/live/{'0' * 32}", headers={"origin": "null"}),
    ):
        pass
    assert refused.value.code == 1008


def send_film(browser, path, receive):
    """Send a film with a form, piece by piece; return the messages of the answer."""
    base, sent = browser.base_url, []
    headers = {"host": base.netloc.decode(), "content-type": "multipart/form-data; boundary=x"}
    headers["cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": base.scheme,
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "server": (base.host, base.port), "client": ("127.0.0.1", 5000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def send(message):
        sent.append(message)

    asyncio.run(browser.app(scope, receive, send))
    return sent


@pytest.mark.parametrize("path", ["/p/nobody/upload", "/desk/visit/nobody/upload"])
def test_nothing_is_read_of_a_film_that_somebody_may_not_send(store, path):
    """A film goes through the disk: whoever is nobody here shall not fill it."""
    browser, read = clinic_browser(clinic_app(store)), []
    browser.get("/login")

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": len(read) < 9}

    assert send_film(browser, path, receive)[0]["status"] == 401
    assert read == []


def test_a_form_has_no_more_parts_than_a_page_sends(home):
    """Each is held in memory, up to a megabyte: a thousand of them in one form ended the server."""
    person = home.post("/start").headers["location"].split("/")[2]
    two = [(f"film{number}", ("a.mp4", b"x")) for number in range(2)]
    assert home.post(f"/p/{person}/upload", files=two).status_code == 400
    long = {"drill": (None, "x" * 100_000)}
    assert home.post(f"/p/{person}/upload", files=long).status_code == 400


def test_only_a_form_in_parts_may_be_as_large_as_a_film(home):
    """Other forms are read into memory whole."""
    person = home.post("/start").headers["location"].split("/")[2]
    answer = home.post(
        f"/p/{person}/upload", content=b"", headers={"content-length": "2000000", "content-type": _URLENCODED}
    )
    assert answer.status_code == 413


def test_only_so_many_films_with_forms_come_at_once():
    spool = Spool(most_each=2, most=3, has_room=lambda n_bytes: n_bytes <= 300)
    with spool.taking("ana", 100), spool.taking("ana", 100):
        with pytest.raises(TooMany), spool.taking("ana", 1):
            pass
        with pytest.raises(WebError, match="no room"), spool.taking("bob", 101):
            pass
        with spool.taking("bob", 100), pytest.raises(TooMany), spool.taking("cay", 0):
            pass
    with spool.taking("cay", 300):
        pass


def test_a_film_with_a_form_holds_its_place(home):
    person = home.post("/start").headers["location"].split("/")[2]
    held = home.app.state.hiphinge.extras
    held["access.spool"] = Spool(most=0)
    film = {"film": ("a.mp4", b"x")}
    assert home.post(f"/p/{person}/upload", files=film).status_code == 429
    held["access.spool"] = Spool(most=1)
    for _number in range(2):
        assert home.post(f"/p/{person}/upload", files=film).status_code == 303


def test_a_film_that_breaks_off_is_no_error_of_ours(home, caplog):
    person = home.post("/start").headers["location"].split("/")[2]

    async def receive():
        return {"type": "http.disconnect"}

    with caplog.at_level(logging.WARNING):
        assert send_film(home, f"/p/{person}/upload", receive) == []
    assert caplog.records == []


def test_who_says_nothing_more_is_not_waited_for(home):
    """A form of which half came, and then nothing."""

    async def half():
        await asyncio.Event().wait()

    async def ask():
        scope = {"type": "http"}
        limited = Limited(scope, half, 1000, silent_s=0)
        with pytest.raises(WebError, match="broke off") as refused:
            await limited()
        assert (refused.value.status, scope[REFUSED]) == (408, refused.value)

    asyncio.run(ask())


def test_who_has_sent_all_may_be_silent():
    """A stream of events waits for whoever listens to leave, which takes as long as it takes."""
    told = [{"type": "http.request", "body": b"x", "more_body": False}, {"type": "http.disconnect"}]

    async def receive():
        await asyncio.sleep(0)
        return told.pop(0)

    async def ask():
        limited = Limited({"type": "http"}, receive, 1000, silent_s=60)
        limited_silent = [await limited()]
        limited._silent_s = 0
        return [*limited_silent, await limited()]

    assert [one["type"] for one in asyncio.run(ask())] == ["http.request", "http.disconnect"]
