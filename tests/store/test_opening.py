"""Making, finding, refusing and upgrading a store."""

import shutil
import sqlite3
import stat
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text

from hiphinge.errors import MissingDependency, StoreError
from hiphinge.store import migrate, open_store
from hiphinge.store.opening import connect, find_place
from hiphinge.store.tables import METADATA, people
from tests.store.samples import every_kind, score
from tests.store.workers import append_until_no_room, make_and_die, open_at_version, working, write_as_nobody


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- where ---


def test_the_place_is_named_by_address_then_environment_then_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("HIPHINGE_STORE", raising=False)
    if sys.platform == "linux":
        assert find_place(None).path == tmp_path / "data" / "hiphinge" / "store.sqlite3"
    monkeypatch.setenv("HIPHINGE_STORE", str(tmp_path / "a.sqlite3"))
    assert find_place(None).path == tmp_path / "a.sqlite3"
    assert find_place(tmp_path / "b.db").path == tmp_path / "b.db"
    assert find_place(f"sqlite:///{tmp_path / 'c.db'}").path == tmp_path / "c.db"
    assert find_place(tmp_path / "b.db").files == tmp_path / "b.db.files"


def test_a_password_is_never_shown():
    for address in ("postgresql://ann:secret@host/db", "postgres://ann:secret@host/db"):
        place = find_place(address)
        assert place.url.drivername == "postgresql+psycopg"
        assert "secret" not in place.text
        assert "ann:***@host/db" in place.text


@pytest.mark.parametrize("address", ["mysql://a:secret@b/c", "sqlite://", "sqlite:///:memory:", "://", "http://x/y"])
def test_other_addresses_are_refused(address):
    with pytest.raises(StoreError, match="no address of a store") as caught:
        open_store(address)
    assert "secret" not in str(caught.value)


def test_without_psycopg_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency, match=r"hiphinge\[postgres\]"):
        open_store("postgresql://nobody@localhost/none")


def test_a_server_that_is_not_there_is_told(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="server cannot be reached"):
        open_store(f"postgresql://nobody:secret@/none?host={tmp_path}")


# --- a new file ---


def test_a_new_store_is_its_owners_alone(tmp_path):
    path = tmp_path / "hh" / "store.sqlite3"
    with open_store(path) as store:
        ann = store.add_person("Ann")
        store.add_assessment(ann.id, b"{}", sha256="0" * 64, files={"a": b"a"})
        assert mode(path.parent) == 0o700
        made = [one for one in path.parent.rglob("*") if one.is_file()]
        assert {one.name for one in made} >= {"store.sqlite3", "store.sqlite3-wal", "a"}
        assert {mode(one) for one in made} == {0o600}
        assert {mode(one) for one in path.parent.rglob("*") if one.is_dir()} == {0o700}


def test_every_connection_is_safe_and_writes_a_log(tmp_path):
    with open_store(tmp_path / "s.sqlite3") as store, store._reading() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "application_id")
        seen = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in names}
    assert seen == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "application_id": migrate.APPLICATION_ID,
    }


def test_as_many_read_at_once_as_a_server_has_threads(store):
    # A pool that is too small would let the last ones wait for half a minute, then fail.
    with ExitStack() as held:
        connections = [held.enter_context(store._reading()) for _ in range(40)]
        assert all(one.execute(select(people.c.id)).all() == [] for one in connections)


def test_the_migrations_make_the_tables_that_the_code_uses(store):
    with store._reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        assert migrate.schema_version(connection) == migrate.HEAD


def test_the_newest_migration_is_the_head():
    names = sorted(path.name for path in (migrate.MIGRATIONS / "versions").glob("v*.py"))
    assert names[-1].startswith(f"v{migrate.HEAD}_")


def test_a_store_that_everybody_could_read_is_made_its_owners(tmp_path):
    path = tmp_path / "s.sqlite3"
    open_store(path).close()
    for before, after in ((0o644, 0o600), (0o666, 0o600), (0o660, 0o660), (0o600, 0o600)):
        path.chmod(before)
        open_store(path).close()
        assert mode(path) == after


def test_a_store_of_the_first_version_gets_a_number_and_keeps_what_it_has(address, tmp_path, clock, monkeypatch):
    steps = tmp_path / "first"
    shutil.copytree(migrate.MIGRATIONS, steps, ignore=shutil.ignore_patterns("__pycache__", "v000[234]*"))
    engine = connect(find_place(address))
    with monkeypatch.context() as first:
        first.setattr(migrate, "MIGRATIONS", steps)
        first.setattr(migrate, "HEAD", "0001")
        migrate.bring_up_to_date(engine)
    with engine.begin() as connection:
        connection.execute(insert(people).values(id="abc", name="Ann", name_key="ann", created=clock()))
    engine.dispose()
    with open_store(address) as store:
        assert store.find_person("ann").id == "abc"
        number = store._facts.number
        assert len(number) == 32
        assert not store._facts.copied
    with open_store(address) as again:
        assert again._facts.number == number


# --- what is no store ---


@pytest.mark.parametrize("content", [b"hello", b"{}" * 5000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="no database of hiphinge"):
        open_store(path)
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"another program \(songs"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        open_store(tmp_path)


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "s.sqlite3").touch()
    with open_store(tmp_path / "s.sqlite3") as store:
        assert store.people() == ()


# --- versions ---


def test_a_newer_store_is_refused_by_version(store, ann, address):
    with store._writing() as connection:
        connection.execute(text("UPDATE hiphinge_schema SET version_num = '0417'"))
    with pytest.raises(StoreError, match="schema version 0417; this hiphinge knows versions up to"):
        open_store(address)
    with store._writing() as connection:
        connection.execute(text(f"UPDATE hiphinge_schema SET version_num = '{migrate.HEAD}'"))
    with open_store(address) as again:
        assert again.people() == (ann,)


def test_a_store_whose_making_was_cut_off_is_made_at_the_next_opening(address):
    with working(make_and_die, address) as worker:
        assert worker.rest() == []
        assert worker.process.exitcode == -9
    with open_store(address) as store:
        ann = store.add_person("Ann")
        assert store.append(ann.id, [score()]) == 1


STEP = '''
"""A further step."""
import os, signal
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0005", "0004"
def upgrade():
    op.add_column("people", sa.Column("shoe_size", sa.Integer))
    if os.environ["DIE"] == "yes":
        os.kill(os.getpid(), signal.SIGKILL)
    with op.batch_alter_table("notes", recreate="auto") as batch:
        batch.alter_column("author", existing_type=sa.Text, nullable=True)
        batch.add_column(sa.Column("colour", sa.Text, nullable=False, server_default="none"))
'''


def test_a_migration_that_was_cut_off_is_completed_and_loses_nothing(store, ann, address, tmp_path, clock):
    store.append(ann.id, every_kind())
    store.add_note(ann.id, "kept", author="Ann")
    store.close()
    steps = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    (steps / "versions" / "v0005_more.py").write_text(STEP)
    with working(open_at_version, address, steps, "0005", True) as worker:
        assert worker.rest() == []
        assert worker.process.exitcode == -9
    # Nothing was changed: the software of before still opens it.
    with open_store(address, clock=clock) as before:
        assert before.history(ann.id).events == every_kind()
    with working(open_at_version, address, steps, "0005", False) as worker:
        assert worker.rest() == ["opened"]
    with pytest.raises(StoreError, match="schema version 0005"):
        open_store(address)
    with store._reading() as connection:
        assert connection.execute(text("SELECT shoe_size FROM people")).all() == [(None,)]
        assert connection.execute(text("SELECT text, colour FROM notes")).all() == [("kept", "none")]
        assert connection.execute(text("SELECT count(*) FROM events")).scalar() == len(every_kind())


# --- disks ---


def append_until_refused(store, person):
    """Append until the store refuses; return how many entries were confirmed, and what it said."""
    confirmed = 0
    for number in range(1000):
        try:
            confirmed = store.append(person.id, [score(f"score-{number}-{'x' * 100}")])
        except StoreError as error:
            return confirmed, str(error)
    raise AssertionError("never refused")


def test_a_full_disk_keeps_what_was_confirmed(tmp_path):
    with open_store(tmp_path / "s.sqlite3") as store:
        ann = store.add_person("Ann")
        # SQLite's own limit takes the same way as a disk without space.
        with store._reading() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count = {pages + 3}"))
        confirmed, told = append_until_refused(store, ann)
        assert told.startswith("The disk is full")
        assert "Free some space" in told
        assert confirmed > 5
        assert len(store.history(ann.id).events) == confirmed
    with open_store(tmp_path / "s.sqlite3") as store:
        assert len(store.history(ann.id).events) == confirmed
        assert store.append(ann.id, [score("after")]) == confirmed + 1


def test_a_file_that_cannot_grow_keeps_what_was_confirmed(tmp_path):
    with working(append_until_no_room, tmp_path / "s.sqlite3", 800_000) as worker:
        *confirmed, told = worker.rest()
    assert "could not be read or written" in told
    assert confirmed == list(range(1, len(confirmed) + 1))
    assert len(confirmed) > 5
    with open_store(tmp_path / "s.sqlite3") as store:
        (ann,) = store.people()
        assert len(store.history(ann.id).events) == len(confirmed)


def test_a_folder_or_file_that_cannot_be_written_is_told():
    # Not pytest's folder, into which another user may not look.
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        path = top / "hh" / "store.sqlite3"
        with open_store(path) as store:
            store.add_person("Ann")
        before = path.read_bytes()
        top.chmod(0o755)
        path.parent.chmod(0o555)
        path.chmod(0o444)
        paths = [path, path.parent / "new.sqlite3", path.parent / "below" / "new.sqlite3"]
        try:
            with working(write_as_nobody, top / "warm.sqlite3", *paths) as worker:
                told = worker.rest()
        finally:
            path.parent.chmod(0o700)
        assert [what.partition(":")[0] for what in told] == ["The store cannot be written"] * 3
        assert path.read_bytes() == before
        assert [one.name for one in path.parent.iterdir()] == ["store.sqlite3"]
