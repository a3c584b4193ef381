"""What belongs to the web app in exports, erasures, backups and older databases, on SQLite and PostgreSQL alike."""

import base64
import contextlib
import hashlib
import json
import shutil
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, insert, text

from hiphinge.errors import PersonNotFound
from hiphinge.store import LiveChunk, migrate, open_store
from hiphinge.store import tables as t
from hiphinge.store.log import event_row
from hiphinge.store.opening import connect, find_place
from tests.store.conftest import new_database
from tests.store.samples import AT, FILM, OTHER_FILM, a_set, document, every_kind, opened
from tests.store.workers import make_and_die, working

HASH = "$argon2id$secret-hash"
PROGRAM = "name = 'ours'\n"


def token(name):
    return hashlib.sha256(name.encode()).hexdigest()


class Filled:
    """A person with something of everything that the web app keeps."""

    def __init__(self, store, person, *, film=FILM):
        later = store._clock() + timedelta(hours=1)
        self.login = f"{person.id}@example.org"
        self.account = store.add_account(self.login, person.name, "patient", HASH, person.id)
        self.tokens = [token(f"{kind}-{person.id}") for kind in ("own", "visit", "invitation")]
        store.add_web_session(self.tokens[0], "secret-csrf", self.account.id, "patient", person.id, later, "Firefox")
        store.add_web_session(self.tokens[1], "secret-csrf", None, "visitor", person.id, later, "Firefox")
        store.add_invitation(self.tokens[2], "patient", person.id, "invited", later, "device")
        self.whole, self.part = (store.add_upload(person.id, f"{name}.mp4", 4, {"x": name}) for name in ("a", "b"))
        for upload in (self.whole, self.part):
            store.upload_path(upload.id).write_bytes(b"film" if upload is self.whole else b"fi")
            store.set_upload_received(upload.id, 4 if upload is self.whole else 2)
        store.finish_upload(self.whole.id, film)
        self.job = store.add_job("clip", person.id, {"upload": self.whole.id}, "key")
        store.append(person.id, [opened("web")])
        self.live = store.open_live(person.id, "web", "wall", "", {"reps": 8})
        store.append_live([LiveChunk(self.live.id, 0, "frames", b"\x00\xff live frames")])
        self.assessment = store.add_assessment(person.id, document(), sha256=film, files={"tracks.npz": b"tracks"})
        store.append(person.id, [a_set("web-set", "web", assessment=self.assessment)])
        store.add_revision(self.assessment, document("corrected"), {"why": "x"}, files={"overlay.mp4": b"lines"})
        self.finished = store.open_live(person.id, "web", "wall")
        store.finish_live(self.finished.id, self.assessment)


@pytest.fixture
def filled(store, ann):
    return Filled(store, ann)


def rows(store, table):
    with store._reading() as connection:
        return repr(connection.execute(text(f"SELECT * FROM {table}")).all())


# --- export ---


def test_all_of_a_person_but_the_ways_in_is_exported(store, ann, filled, tmp_path):
    Filled(store, store.add_person("Bob"), film=OTHER_FILM)
    folder = store.export_person(ann.id, tmp_path / "out")
    told = (folder / "person.json").read_text()
    whole = json.loads(told)
    assert sorted((one["name"], one["meta"]["x"]) for one in whole["uploads"]) == [("a.mp4", "a"), ("b.mp4", "b")]
    assert whole["jobs"][0]["payload"] == {"upload": filled.whole.id}
    assert whole["jobs"][0]["result"] is None
    assert {one["state"]: one["options"] for one in whole["lives"]} == {"open": {"reps": 8}, "finished": {}}
    assert base64.b64decode(whole["live_chunks"][0]["data"]) == b"\x00\xff live frames"
    assert whole["revisions"][0]["correction"] == {"why": "x"}
    assert whole["revisions"][0]["document"] == json.loads(document("corrected"))
    assert [sorted(one) for one in whole["accounts"]] == [["created", "disabled_at", "id", "name", "person", "role"]]
    assert set(whole) & {"web_sessions", "invitations", "programs"} == set()
    for secret in (*filled.tokens, filled.login, "secret", HASH, "Bob"):
        assert secret not in told
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"}
    assert files == {
        "tracks.npz": b"tracks",
        "overlay.mp4": b"lines",
        f"{filled.whole.id}.part": b"film",
        f"{filled.part.id}.part": b"fi",
    }
    assert {path.parent.name for path in folder.rglob("*.part")} == {"uploads"}


# --- erase ---


def test_an_erased_person_leaves_no_row_no_file_and_no_way_in(store, ann, filled):
    bob = store.add_person("Bob")
    bobs = Filled(store, bob, film=OTHER_FILM)
    doctor = store.add_account("doctor", "Dr. Öz", "clinician", HASH, ann.id)
    store.add_web_session(token("doctor"), "csrf", doctor.id, "clinician", ann.id, store._clock() + timedelta(hours=1))
    done = store.erase_person(ann.id)
    assert (done.files, done.left, done.elsewhere, done.complete) == (4, 0, 0, True)
    for used in (*filled.tokens[:2], token("doctor")):
        assert store.web_session(used) is None
    assert store.invitation(filled.tokens[2]) is None
    assert store.web_session(bobs.tokens[0]) is not None
    assert store.find_account(filled.login) is None
    gone, staff = store.account(filled.account.id), store.account(doctor.id)
    assert (gone.person, gone.disabled_at, gone.name) == (None, store._clock(), "erased")
    # Whoever treats others goes on; the record of their own is gone.
    assert (staff.person, staff.disabled_at, staff.login) == (None, None, "doctor")
    for table in (*t.TABLES, *t.SECRETS):
        found = rows(store, table.name)
        for trace in (ann.id, filled.login, "Ann Example"):
            assert trace not in found, table.name
        if table not in (t.programs, t.clips, t.notes, t.decisions):
            assert bob.id in found, table.name
    assert ann.id not in " ".join(map(str, store._files.rglob("*")))
    assert store.upload_path(bobs.whole.id).read_bytes() == b"film"
    # The login can be used again.
    again = store.add_person("Ann Again")
    store.add_account(filled.login, "Ann", "patient", HASH, again.id)


def test_an_erasure_that_was_cut_off_before_the_bytes_went_is_finished(store, ann, filled, address, clock, monkeypatch):
    path = store.upload_path(filled.whole.id)
    with monkeypatch.context() as cut:
        cut.setattr("hiphinge.store.uploads.remove_parts", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.erase_person(ann.id)
    assert path.exists()
    with open_store(address, clock=clock) as again:
        assert not path.exists()
        with pytest.raises(PersonNotFound):
            again.person(ann.id)


def test_what_was_erased_of_the_web_is_not_in_the_files_of_the_database(tmp_path, clock):
    """SQLite alone: its pages and its log are ours to look into."""
    with open_store(tmp_path / "s.sqlite3", clock=clock) as store:
        gone = store.add_person("Zebedee")
        filled = Filled(store, gone)
        store.append_live([LiveChunk(filled.live.id, number, "frames", b"quagga" * 3000) for number in range(1, 20)])
        marks = [b"quagga", b"live frames", filled.login.encode(), *(one.encode() for one in filled.tokens)]
        every = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
        assert all(mark in every for mark in marks)
        assert store.erase_person(gone.id).complete
        every = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
        assert [mark for mark in [*marks, gone.id.encode()] if mark in every] == []


def test_films_sent_to_another_computer_are_told_and_go_when_it_opens_the_store(server, tmp_path, monkeypatch, clock):
    address, home = new_database(server), tmp_path / "machine-a"
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    with open_store(address, clock=clock) as there:
        ann = there.add_person("Ann")
        Filled(there, ann)
        there.upload_folder()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "machine-b"))
    with open_store(address, clock=clock) as here:
        done = here.erase_person(ann.id)
    assert (done.files, done.elsewhere, done.complete) == (0, 4, False)
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    open_store(address, clock=clock).close()
    assert [path.name for path in home.rglob("*") if path.is_file() and path.name != ".looked"] == []


# --- backup and restore ---


def test_a_backup_has_everything_but_the_ways_in(store, ann, filled, tmp_path, clock, request, monkeypatch):
    saved = store.save_program(PROGRAM, hashlib.sha256(PROGRAM.encode()).hexdigest())
    guest = store.add_person("Guest", guest=True)
    store.claim_job("w", 3600)
    backup = store.backup(tmp_path / "b.zip")
    with zipfile.ZipFile(backup) as archive:
        every = b"".join(archive.read(name) for name in archive.namelist())
        assert [name for name in archive.namelist() if name.startswith("uploads/")] == [
            f"uploads/{filled.whole.id}.part"
        ]
    for secret in (*filled.tokens, "secret-csrf"):
        assert secret.encode() not in every
    targets = [str(tmp_path / "new" / "s.sqlite3")]
    with contextlib.suppress(pytest.skip.Exception):
        targets.append(new_database(request.getfixturevalue("server")))
    for index, target in enumerate(targets):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / f"data{index}"))
        with open_store(target, clock=clock) as new:
            new.restore(backup)
            assert new.accounts() == store.accounts()
            assert new.people(guests=True) == store.people(guests=True)
            assert new.person(guest.id).guest
            assert [one.id for one in new.uploads(ann.id)] == [filled.whole.id]
            assert new.upload(filled.whole.id) == store.upload(filled.whole.id)
            assert new.upload_path(filled.whole.id).read_bytes() == b"film"
            assert new.jobs() == store.jobs()
            assert new.lives() == store.lives()
            assert list(new.live_chunks(filled.live.id)) == list(store.live_chunks(filled.live.id))
            assert new.assessment(filled.assessment) == store.assessment(filled.assessment)
            assert new.revisions(filled.assessment) == store.revisions(filled.assessment)
            files = {name: path.read_bytes() for name, path in new.files_of(filled.assessment).items()}
            assert files == {"tracks.npz": b"tracks", "overlay.mp4": b"lines"}
            assert new.programs() == (saved,)
            assert new.invitations() == ()
            assert new.web_session(filled.tokens[0]) is None
            # Counting goes on after what was put in.
            assert new.save_program("x = 1\n", hashlib.sha256(b"x = 1\n").hexdigest()).id == saved.id + 1
            assert new.append_live([LiveChunk(filled.live.id, 1, "frames", b"next")]) == {filled.live.id: 2}
            assert new.export_person(ann.id, tmp_path / f"out{index}").is_dir()
            assert new.erase_person(ann.id).complete


# --- older databases ---


def open_at_second_version(address, tmp_path, monkeypatch):
    """Make a database as the version before the web app did, with what it could hold."""
    steps = tmp_path / "second"
    shutil.copytree(migrate.MIGRATIONS, steps, ignore=shutil.ignore_patterns("__pycache__", "v0003*", "v0004*"))
    engine = connect(find_place(address))
    with monkeypatch.context() as second:
        second.setattr(migrate, "MIGRATIONS", steps)
        second.setattr(migrate, "HEAD", "0002")
        migrate.bring_up_to_date(engine)
    with engine.begin() as connection:
        # As that version knew them.
        was = MetaData()
        was.reflect(connection)
        assert not set(was.tables) & {"accounts", "jobs", "lives"}
        assert "guest" not in was.tables["people"].c
        connection.execute(insert(t.people).values(id="abc", name="Ann", name_key="ann", created=AT))
        common = {"person": "abc", "at": AT}
        made = {"id": "f" * 32, "sha256": FILM, "model": "", "calibration": "", "criteria": "", "files": "[]"}
        connection.execute(insert(t.assessments).values({**common, **made, "document": document().decode()}))
        connection.execute(
            insert(t.events), [event_row("abc", number, one, AT) for number, one in enumerate(every_kind(), start=1)]
        )
        connection.execute(insert(t.notes).values({**common, "author": "Ann", "text": "kept"}))
        connection.execute(insert(t.audit).values({**common, "who": "ann", "what": "person added"}))
    return engine


def test_a_store_of_the_second_version_keeps_what_it_has(address, tmp_path, monkeypatch, clock):
    open_at_second_version(address, tmp_path, monkeypatch).dispose()
    for _ in range(2):
        with open_store(address, clock=clock) as store:
            (ann,) = store.people()
            assert (ann.id, ann.name, ann.guest) == ("abc", "Ann", False)
            assert store.history("abc").events == every_kind()
            assert store.assessment("f" * 32).document == document()
            assert store.assessments("abc")[0].revisions == 0
            assert [note.text for note in store.notes("abc")] == ["kept"]
            assert len(store.audit("abc")) == 1
    with open_store(address, clock=clock) as store:
        Filled(store, store.person("abc"), film=OTHER_FILM)
        store.add_revision("f" * 32, document("corrected"), {})
        with pytest.raises(Exception, match="never changed"), store._writing() as connection:
            connection.execute(text("UPDATE events SET payload = '{}'"))
        assert store.erase_person("abc").entries == len(every_kind()) + 2


def test_the_step_to_the_web_that_was_cut_off_is_completed_at_the_next_opening(address, tmp_path, monkeypatch, clock):
    engine = open_at_second_version(address, tmp_path, monkeypatch)
    with working(make_and_die, address) as worker:
        assert worker.rest() == []
        assert worker.process.exitcode == -9
    with engine.connect() as connection:
        assert migrate.schema_version(connection) == "0002"
        was = MetaData()
        was.reflect(connection)
        assert not set(was.tables) & {"accounts", "jobs", "lives"}
        assert "guest" not in was.tables["people"].c
    engine.dispose()
    with open_store(address, clock=clock) as store:
        assert store.history("abc").events == every_kind()
        Filled(store, store.person("abc"), film=OTHER_FILM)


def test_a_copy_of_an_older_database_is_restored(tmp_path, monkeypatch, clock):
    """SQLite's backups carry the database as it was."""
    path = tmp_path / "old.sqlite3"
    engine = open_at_second_version(str(path), tmp_path, monkeypatch)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        told = {"format": "hiphinge backup", "schema_version": "0002", "kind": "sqlite", "made_at": AT.isoformat()}
        archive.writestr("backup.json", json.dumps(told))
        archive.write(path, "store.sqlite3")
    with open_store(tmp_path / "new.sqlite3", clock=clock) as new:
        new.restore(tmp_path / "old.zip")
        assert new.history("abc").events == every_kind()
        assert new.people()[0].guest is False


# --- constraints ---


def test_both_databases_have_the_same_constraints(tmp_path, server):
    """Unique values, links and what may be left out: what the one refuses, the other refuses too."""
    found = []
    for address in (str(tmp_path / "s.sqlite3"), new_database(server)):
        with open_store(address) as store, store._reading() as connection:
            was = MetaData()
            was.reflect(connection)
            found.append({table.name: shape(table) for table in was.tables.values()})
    assert found[0] == found[1]
    assert set(found[0]) >= {table.name for table in (*t.TABLES, *t.SECRETS)}


def shape(table):
    """What a table refuses."""
    links = {(key.parent.name, key.target_fullname.rpartition("public.")[2]) for key in table.foreign_keys}
    unique = {
        tuple(c.name for c in one.columns) for one in table.constraints if type(one).__name__ == "UniqueConstraint"
    }
    needed = {column.name for column in table.c if not column.nullable}
    indexes = {(one.name, one.unique, tuple(c.name for c in one.columns)) for one in table.indexes}
    # PostgreSQL keeps a unique value with an index that it shows as well.
    indexes = {one for one in indexes if one[2] not in unique}
    return links, unique, needed, [column.name for column in table.primary_key], indexes
