"""Kept files and the rows that name them, when something is cut off, fails, or happens on another computer."""

import json
import os
import shutil
import sqlite3
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import text

from hiphinge.errors import PersonNotFound, StoreError
from hiphinge.store import copies, core, films, open_store, upkeep
from tests.store.conftest import new_database
from tests.store.samples import FILM, OTHER_FILM, document


def files_below(folder):
    """The files that lie in a folder at any depth, without the store's own mark."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".looked")


def keep(store, person, *, sha256=FILM, content=b"secret", name="a.mp4"):
    """Keep an assessment with one file; return its id and where the file lies."""
    number = store.add_assessment(person.id, document(person.name), sha256=sha256, files={name: content})
    return number, store.files_of(number)[name]


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"film")
    return path


# --- erasing ---


def test_an_erasure_is_not_complete_while_a_file_stays_and_is_finished_later(store, ann, address, monkeypatch):
    bob = store.add_person("Bob")
    _, page = keep(store, ann)
    _, kept = keep(store, bob, sha256=OTHER_FILM)
    with monkeypatch.context() as stuck:
        stuck.setattr(shutil, "rmtree", lambda *args, **options: None)
        done = store.erase_person(ann.id)
    assert (done.files, done.left, done.elsewhere, done.complete) == (0, 1, 0, False)
    assert not page.exists()
    assert files_below(store._files) == ["a.mp4", "a.mp4"]
    with open_store(address):
        assert files_below(store._files) == ["a.mp4"]
        assert kept.read_bytes() == b"secret"
        assert ann.id not in " ".join(map(str, store._files.rglob("*")))


def test_an_erasure_that_fails_gives_the_files_back(store, ann, monkeypatch):
    _, page = keep(store, ann)

    def fail(*args):
        whole(*args)
        raise OSError(28, "No space left on device")

    whole = upkeep.set_files_aside
    with monkeypatch.context() as failing:
        failing.setattr(upkeep, "set_files_aside", fail)
        with pytest.raises(StoreError, match="disk is full"):
            store.erase_person(ann.id)
    assert page.read_bytes() == b"secret"
    assert store.people() == (ann,)
    assert store.erase_person(ann.id).complete


def test_a_store_opened_in_the_middle_of_an_erasure_gives_nothing_back(store, ann, address, monkeypatch):
    keep(store, ann)
    whole = upkeep.set_files_aside
    monkeypatch.setattr(core, "_PATIENCE_S", 0.05)

    def and_open(*args):
        whole(*args)
        open_store(address).close()

    monkeypatch.setattr(upkeep, "set_files_aside", and_open)
    done = store.erase_person(ann.id)
    assert (done.files, done.left, done.complete) == (1, 0, True)
    assert files_below(store._files) == []


def test_files_kept_on_another_computer_are_told_and_go_when_it_opens_the_store(server, tmp_path, monkeypatch, clock):
    address, home = new_database(server), tmp_path / "machine-a"
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    with open_store(address, clock=clock) as there:
        ann = there.add_person("Ann")
        keep(there, ann)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "machine-b"))
    with open_store(address, clock=clock) as here:
        done = here.erase_person(ann.id)
    assert (done.files, done.left, done.elsewhere, done.complete) == (0, 0, 1, False)
    assert files_below(home) == ["a.mp4"]
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    open_store(address).close()
    assert files_below(home) == []


def test_old_pages_that_a_reader_keeps_are_scrubbed_at_the_next_opening(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("hiphinge.store.erasing._WAIT_MS", 50)
    path = tmp_path / "s.sqlite3"
    with open_store(path, clock=clock) as store, open_store(path) as reader:
        gone = store.add_person("Zebedee")
        with reader._reading() as connection:
            connection.execute(text("SELECT * FROM people")).all()
            assert not store.erase_person(gone.id).complete
        every = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.is_file())
        assert b"Zebedee" in every
        with open_store(path) as again:
            every = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.is_file())
            assert b"Zebedee" not in every
            assert not again._read_facts().scrub


# --- two stores ---


def test_stores_side_by_side_never_share_files(tmp_path, clock):
    with open_store(tmp_path / "x.db", clock=clock) as one, open_store(tmp_path / "x.sqlite3", clock=clock) as other:
        _, page = keep(other, other.add_person("Bob"))
        assert one._files.parent != other._files.parent
        with zipfile.ZipFile(one.backup(tmp_path / "one.zip")) as archive:
            assert archive.namelist() == ["backup.json", "store.sqlite3"]
        one.tidy()
        assert page.read_bytes() == b"secret"


def test_databases_of_one_server_never_share_files(server, tmp_path, monkeypatch, clock):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with (
        open_store(new_database(server), clock=clock) as one,
        open_store(new_database(server), clock=clock) as other,
    ):
        _, page = keep(other, other.add_person("Bob"))
        assert one._files != other._files
        one.tidy()
        with zipfile.ZipFile(one.backup(tmp_path / "one.zip")) as archive:
            assert not [name for name in archive.namelist() if name.startswith("files/")]
        assert page.read_bytes() == b"secret"


def test_a_link_to_a_store_has_its_files(tmp_path, clock):
    with open_store(tmp_path / "s.sqlite3", clock=clock) as store:
        number, page = keep(store, store.add_person("Ann"))
    (tmp_path / "link.sqlite3").symlink_to(tmp_path / "s.sqlite3")
    with open_store(tmp_path / "link.sqlite3") as linked:
        assert linked.files_of(number)["a.mp4"].samefile(page)


def test_a_database_that_was_copied_on_its_server_leaves_the_files_alone(server, tmp_path, monkeypatch, clock):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    address = new_database(server)
    with open_store(address, clock=clock) as store:
        stray = store._files / "erased00" / "f" / "a.mp4"
        stray.parent.mkdir(parents=True)
        stray.write_bytes(b"of the other one")
        with store._writing() as connection:
            connection.execute(text("UPDATE store_facts SET value = 'elsewhere' WHERE name = 'home'"))
    with open_store(address) as copy:
        copy.tidy()
        assert stray.exists()


def test_a_backup_has_what_its_rows_name_and_nothing_else(store, ann, tmp_path):
    number, page = keep(store, ann)
    for stray in (page.with_name("b.mp4"), page.parent.with_name("0" * 32) / "c.mp4"):
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"stray")
    with zipfile.ZipFile(store.backup(tmp_path / "b.zip")) as archive:
        kept = [name for name in archive.namelist() if name.startswith("files/")]
        assert kept == [f"files/{ann.id}/{number}/a.mp4"]


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_a_backup_of_lines_from_an_earlier_version_is_restored(server, tmp_path, monkeypatch, clock, version):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with open_store(new_database(server), clock=clock) as store:
        keep(store, store.add_person("Ann"))
        whole = store.backup(tmp_path / "b.zip")
    before = {"people", "assessments", "clips", "events", "notes", "decisions", "audit"}
    with zipfile.ZipFile(whole) as new, zipfile.ZipFile(tmp_path / "old.zip", "w") as old:
        for name in new.namelist():
            told = new.read(name)
            if name == "backup.json":
                told = json.dumps(json.loads(told) | {"schema_version": version}).encode()
            elif version < "0003" and name == "tables/people.jsonl":
                row = json.loads(told)
                del row["guest"]
                told = json.dumps(row).encode() + b"\n"
            elif version < "0003" and name.startswith("tables/") and Path(name).stem not in before:
                continue
            old.writestr(name, told)
    with open_store(tmp_path / "s.sqlite3", clock=clock) as restored:
        restored.restore(tmp_path / "old.zip")
        (ann,) = restored.people()
        assert (ann.name, ann.guest) == ("Ann", False)
        assert len(restored.assessments(ann.id)) == 1


def test_a_store_opened_in_the_middle_of_a_restoring_removes_nothing(store, ann, address, tmp_path, clock, monkeypatch):
    number, _ = keep(store, ann)
    backup = store.backup(tmp_path / "b.zip")
    store.erase_person(ann.id)
    with store._writing() as connection:
        connection.execute(text("DELETE FROM audit"))
    whole = copies.unpack_files
    monkeypatch.setattr(core, "_PATIENCE_S", 0.05)

    def and_open(*args):
        whole(*args)
        with open_store(address) as other:
            other.tidy()

    monkeypatch.setattr(copies, "unpack_files", and_open)
    store.restore(backup)
    assert store.files_of(number)["a.mp4"].read_bytes() == b"secret"


def test_a_restoring_that_fails_leaves_no_file(store, ann, address, tmp_path, clock):
    keep(store, ann)
    keep(store, ann, sha256=OTHER_FILM, content=b"the second one")
    whole = store.backup(tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        last = archive.read([name for name in archive.namelist() if name.startswith("files/")][-1])
    (tmp_path / "flipped.zip").write_bytes(whole.replace(last, last[::-1]))
    with open_store(tmp_path / "new.sqlite3", clock=clock) as new:
        with pytest.raises(StoreError, match="no backup"):
            new.restore(tmp_path / "flipped.zip")
        assert files_below(new._files) == []
        new.restore(tmp_path / "b.zip")
        assert files_below(new._files) == ["a.mp4", "a.mp4"]


# --- removing one film ---


def test_a_film_whose_removal_was_cut_off_goes_at_the_next_opening(store, ann, film, address, monkeypatch):
    store.add_assessment(ann.id, document(), sha256=FILM, clip=film, keep_clip=True)
    (clip,) = store.clips(ann.id)
    with monkeypatch.context() as stuck:

        def refuse(self, **options):
            raise PermissionError(13, "in use")

        stuck.setattr(Path, "unlink", refuse)
        with pytest.raises(StoreError, match="cannot be deleted just now") as caught:
            store.remove_clip(ann.id, clip.id)
        assert "next opened" in caught.value.next_step
    assert not store.clips(ann.id)[0].kept
    assert len(files_below(store._files)) == 1
    with open_store(address):
        assert files_below(store._files) == []


def test_a_film_whose_removal_was_undone_is_given_back(store, ann, film, address, monkeypatch):
    number = store.add_assessment(ann.id, document(), sha256=FILM, clip=film, keep_clip=True)
    (clip,) = store.clips(ann.id)
    # Cut off between the rename and the commit.
    upkeep.set_file_aside(store._files, clip.path)
    assert not store.files_of(number)["clip.mp4"].exists()
    with open_store(address):
        assert store.files_of(number)["clip.mp4"].read_bytes() == b"film"
    whole = upkeep.set_file_aside

    def fail(*args):
        whole(*args)
        raise OSError(13, "in use")

    monkeypatch.setattr(upkeep, "set_file_aside", fail)
    with pytest.raises(StoreError):
        store.remove_clip(ann.id, clip.id)
    assert store.files_of(number)["clip.mp4"].read_bytes() == b"film"
    assert store.clips(ann.id)[0].kept


# --- adding one ---


def test_a_commit_that_fails_leaves_no_file(store, ann):
    def full(connection):
        raise sqlite3.OperationalError("database or disk is full")

    hooks.listen(store._engine, "commit", full)
    with pytest.raises(StoreError):
        keep(store, ann)
    hooks.remove(store._engine, "commit", full)
    assert files_below(store._files) == []
    assert keep(store, ann)[1].read_bytes() == b"secret"


def test_what_no_row_names_goes_and_what_a_row_names_stays(store, ann, address, monkeypatch):
    _, page = keep(store, ann)
    folder = page.parent.parent
    strays = [folder / ".part-x" / "v.mp4", folder / ("0" * 32) / "v.mp4", page.with_name("v.mp4"), folder / "v.mp4"]
    for stray in strays:
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"stray")
    store.tidy()
    assert files_below(store._files) == ["a.mp4"]
    strays[2].write_bytes(b"stray")
    # Every file is looked at once a day.
    open_store(address).close()
    assert strays[2].exists()
    old = time.time() - 2 * core._LOOK_AGAIN_S
    os.utime(store._files / ".looked", (old, old))
    open_store(address).close()
    assert not strays[2].exists()
    assert page.read_bytes() == b"secret"


def test_a_film_that_is_just_being_added_is_not_tidied_away(store, ann, address, monkeypatch):
    monkeypatch.setattr(core, "_PATIENCE_S", 0.05)
    whole = films.put_files

    def and_tidy(*args):
        whole(*args)
        with open_store(address) as other:
            other.tidy()

    monkeypatch.setattr(films, "put_files", and_tidy)
    assert keep(store, ann)[1].read_bytes() == b"secret"


# --- what was cut off elsewhere ---


def test_what_a_backup_or_export_that_was_cut_off_left_goes_with_the_next_one(store, ann, tmp_path):
    old, busy = tmp_path / "out" / ".monday.zip.part-abc", tmp_path / "out" / ".export.part-def"
    for folder in (old, busy):
        folder.mkdir(parents=True)
        (folder / "whole.zip").write_bytes(b"everything")
    for path in (old / "whole.zip", old, busy):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    store.backup(tmp_path / "out" / "tuesday.zip")
    # The other one was written to just now.
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [busy.name, "tuesday.zip"]
    os.utime(busy / "whole.zip", (time.time() - 7200, time.time() - 7200))
    store.export_person(ann.id, tmp_path / "out" / "ann")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ann", "tuesday.zip"]


@pytest.mark.parametrize("nobody", ["", ".", "..", "*", "?" * 8, "nobody00", "a/b", "a\x00"])
def test_what_names_nobody_removes_nothing(store, ann, address, nobody):
    _, page = keep(store, ann)
    (store._files / "Mine").mkdir()
    for call in (
        lambda: store.erase_person(nobody),
        lambda: store.remove_clip(nobody, "x"),
        lambda: store.add_assessment(nobody, document(), sha256=OTHER_FILM, files={"b": b"b"}),
    ):
        with pytest.raises(PersonNotFound):
            call()
    store.tidy()
    assert page.read_bytes() == b"secret"
    assert store._files.parent.is_dir()
    assert (store._files / "Mine").is_dir()
