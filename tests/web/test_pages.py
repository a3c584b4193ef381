"""Pages of the backbone: the first ones, static files, errors."""

import pytest

from hiphinge.errors import StoreError
from tests.web.clients import home_browser


def test_first_page_of_an_empty_house_is_the_first_two_minutes(home):
    answer = home.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/start")
    assert "Touch your toes" in home.get("/start").text


def test_house_with_people_shows_them(home, store):
    ana = store.add_person("Ana <b>")
    page = home.get("/").text
    assert "Ana &lt;b&gt;" in page
    assert f"/p/{ana.id}/today" in page


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        ".hidden.css",
        "css",
        "css/",
        "css/%00app.css",
        "/etc/passwd",
        "css/none.css",
    ],
)
def test_static_files_stay_in_their_folder(home, path):
    assert home.get(f"/static/x/{path}").status_code == 404


def test_static_files_are_kept_by_browsers_only_under_their_hash(home):
    from hiphinge.web.assets import asset

    kept = home.get(asset("css/app.css"))
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"] == "text/css; charset=utf-8"
    assert home.get("/static/older/css/app.css").headers["cache-control"] == "no-cache"


def test_errors_are_pages_for_people_and_json_for_programs(home):
    page = home.get("/nothing")
    assert page.status_code == 404
    assert "There is no such page." in page.text
    told = home.get("/api/nothing")
    assert told.status_code == 404
    assert set(told.json()) == {"what", "expected", "next_step"}


def test_health(store):
    assert home_browser(store).get("/healthz").json() == {"status": "ok"}


def test_where_the_store_lies_is_told_to_the_log_alone(home, store, caplog):
    """Whoever is in the network may ask; what a database says of itself is for whoever runs it."""
    app = home.app
    home.get("/start")
    app.state.hiphinge.opened = _Gone(store)
    for path in ("/healthz", "/"):
        answer = home.get(path)
        assert answer.status_code == 503
        assert "cannot be reached just now" in answer.text
        assert "/srv/private" not in answer.text
    assert "/srv/private/store.sqlite3" in caplog.text


def test_the_form_that_erases_somebody_clears_the_browser_too(home, store):
    ana = store.add_person("Ana")
    assert f'data-erases="{ana.id}"' in home.get(f"/p/{ana.id}/data").text


class _Gone:
    """A store whose disk went away."""

    def __init__(self, store):
        self._store = store

    def _fail(self, *_given):
        raise StoreError("The store cannot be used: /srv/private/store.sqlite3 (disk I/O error).") from OSError(5)

    people = current_program = _fail

    def __getattr__(self, name):
        return getattr(self._store, name)
