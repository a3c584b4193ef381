"""Sources: folders, patterns, manifests, URLs."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import replace
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hiphinge.batch import work
from hiphinge.batch.identity import setting_of
from hiphinge.batch.source import list_source
from hiphinge.batch.start import note_run, open_batch, read_about
from hiphinge.batch.task import Task
from hiphinge.batch.urls import shown
from hiphinge.batch.work import do_task
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.run import read_own_maximum
from hiphinge.errors import ConfigError, InputNotFound, UsageError
from hiphinge.report import write_assessment
from tests.batch.fakes import look, run_batch
from tests.report.fakes import fake_assessment

PLAIN = AssessOptions(video=False)


def names(source, tmp_path):
    return [
        entry.url.rpartition("/")[2] for entry in list_source(str(source), PLAIN, dest=tmp_path / "films" / "out")()
    ]


@pytest.fixture
def films(tmp_path):
    folder = tmp_path / "films"
    for name in (
        "b.MP4",
        "a/c.mov",
        "a/notes.txt",
        ".hidden/d.mp4",
        "out/e.mp4",
        "old/overlay.mp4",
        "old/assessment.json",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("ok", encoding="utf-8")
    return folder


def test_a_folder_gives_its_films_and_no_results(films, tmp_path):
    assert names(films, tmp_path) == ["c.mov", "b.MP4"]


def test_a_pattern_gives_what_fits(films, tmp_path):
    assert names(films / "**" / "*.mov", tmp_path) == ["c.mov"]
    assert names(films / "*.webm", tmp_path) == []


def test_a_file_url_is_a_path(films, tmp_path):
    assert names(f"file://{films}", tmp_path) == ["c.mov", "b.MP4"]


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(InputNotFound):
        list_source(str(tmp_path / "none"), PLAIN, dest=tmp_path)
    with pytest.raises(InputNotFound):
        list_source("memory://nowhere/at/all", PLAIN, dest=tmp_path)
    with pytest.raises(InputNotFound, match="nonsense"):
        list_source("nonsense://a/b", PLAIN, dest=tmp_path)


def test_a_store_of_objects_is_listed_and_its_clips_are_fetched_and_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    store = fsspec.filesystem("memory")
    store.pipe({"/archive/x/a.mp4": b"ok 1", "/archive/b.mp4": b"ok 2", "/archive/readme.txt": b""})
    try:
        entries = list(list_source("memory://archive", PLAIN, dest=tmp_path)())
        assert [entry.url for entry in entries] == ["memory:///archive/b.mp4", "memory:///archive/x/a.mp4"]
        assert all(entry.signature for entry in entries)
        assert len(list(list_source("memory://archive/*.mp4", PLAIN, dest=tmp_path)())) == 1
        receipt = do_task(Task(0, entries[0].url, str(tmp_path / "out"), PLAIN), assess=look)
        assert (receipt.state, receipt.reason) == ("done", "")
        gone = do_task(Task(0, "memory://archive/gone.mp4", str(tmp_path / "out"), PLAIN), assess=look)
        assert (gone.state, gone.kind) == ("refused", "InputNotFound")
        assert not list((tmp_path / "temporary").iterdir())
    finally:
        store.rm("/archive", recursive=True)


def test_storage_without_its_package_is_no_fault_of_the_clip(tmp_path, monkeypatch):
    def refuse(*_args, **_more):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "open", refuse)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    receipt = do_task(Task(0, "s3://a/b.mp4", str(tmp_path), PLAIN), assess=look)
    assert (receipt.state, receipt.kind) == ("failed", "MissingDependency")


def write(tmp_path, text, name="list.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_gives_clips_their_own_options(tmp_path):
    source = write(
        tmp_path,
        "\ufeffpatient;video;drill;Still S;person\n7;a/b.mp4;deadlift;0.5 to 2.5;1\n8;/x/c.mp4;;;\n8;/x/c.mp4;;;2\n",
    )
    said = []
    entries = list(list_source(str(source), PLAIN, dest=tmp_path / "out", say=said.append)())
    assert [entry.url for entry in entries] == [str(tmp_path / "a/b.mp4"), "/x/c.mp4", "/x/c.mp4"]
    assert entries[0].options == AssessOptions(video=False, drill="deadlift", still_s=(0.5, 2.5), person=1)
    assert entries[1].options is PLAIN
    assert [entry.nth for entry in entries] == [0, 0, 1]
    assert said == [f"Columns of {source} that are not used: patient."]


def test_a_parquet_manifest_is_read_too(tmp_path):
    path = tmp_path / "list.parquet"
    pq.write_table(
        pa.table({"url": ["memory://a.mp4", "b.mp4"], "person": [1, None], "still": [[0.0, 1.0], None]}), path
    )
    entries = list(list_source(str(path), PLAIN, dest=tmp_path / "out")())
    assert [entry.url for entry in entries] == ["memory://a.mp4", str(tmp_path / "b.mp4")]
    assert (entries[0].options.person, entries[0].options.still_s) == (1, (0.0, 1.0))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("video,drill\na.mp4,hinge\nb.mp4,hing\n", "row 2, column 'drill': 'hing'"),
        ("video,person\na.mp4,-1\n", "row 1, column 'person'"),
        ("video,still\na.mp4,3\n", "row 1, column 'still'"),
        ("video,from,to\na.mp4,3,2\n", "row 1"),
        ("video,drill\n,hinge\n", "row 1, column 'video'"),
        ("video,dril\na.mp4,hinge\n", "has a column 'dril'"),
        ("clip,drill\na.mp4,hinge\n", "none that says where"),
        ("video\n", "is empty"),
        ("", "none that says where"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_told_before_the_work(tmp_path, text, told):
    with pytest.raises(ConfigError) as caught:
        list_source(str(write(tmp_path, text)), PLAIN, dest=tmp_path / "out")
    assert told in str(caught.value)
    assert caught.value.next_step


def test_a_manifest_that_is_none_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        list_source(str(write(tmp_path, "no parquet", "list.parquet")), PLAIN, dest=tmp_path)
    (tmp_path / "latin.csv").write_bytes("video\nMüller.mp4\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="cannot be read"):
        list_source(str(tmp_path / "latin.csv"), PLAIN, dest=tmp_path)
    with pytest.raises(InputNotFound):
        list_source(str(tmp_path / "none.csv"), PLAIN, dest=tmp_path)


def test_a_name_that_is_no_utf8_is_done_like_any_other(tmp_path):
    name = b"M\xfcller.mp4"
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"ok 1")
    except OSError:
        pytest.skip("this disk takes no such names")
    entries = list(list_source(str(tmp_path), PLAIN, dest=tmp_path / "out")())
    assert [entry.url for entry in entries] == [f"file://{tmp_path}/M%FCller.mp4"]
    assert run_batch(tmp_path, tmp_path / "out").done == 1


def test_a_link_to_a_folder_is_named(films, tmp_path):
    (films / "linked").symlink_to(tmp_path, target_is_directory=True)
    said: list[str] = []
    list(list_source(str(films), PLAIN, dest=films / "out", say=said.append)())
    assert len(said) == 1
    assert "linked" in said[0]


def test_one_film_has_one_spelling(films, tmp_path):
    round_about = films / ".." / "films"
    assert [entry.url for entry in list_source(str(round_about), PLAIN, dest=tmp_path / "o")()] == [
        entry.url for entry in list_source(str(films), PLAIN, dest=tmp_path / "o")()
    ]


def test_a_reference_of_a_manifest_is_checked_before_and_kept_as_it_was(tmp_path):
    clip = tmp_path / "a.mp4"
    clip.write_text("ok 1", encoding="utf-8")
    manifest = tmp_path / "list.csv"
    manifest.write_text("video,reference\na.mp4,round.json\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"row 1, column 'reference'"):
        list_source(str(manifest), PLAIN, dest=tmp_path / "out")
    fake = fake_assessment()
    told = replace(fake.measures[0], name="lumbar_flexion", value=30.0, lo=25.0, hi=35.0)
    own = replace(fake, measures=(told,))
    write_assessment(own, tmp_path / "round.json")
    source = list_source(str(manifest), PLAIN, dest=tmp_path / "out")
    first = next(source()).options
    assert str(first.reference).startswith(str(tmp_path / "out" / "settings"))
    write_assessment(replace(own, measures=(replace(told, value=31.0),)), tmp_path / "round.json")
    second = next(source()).options
    assert setting_of(first) != setting_of(second)
    assert read_own_maximum(str(first.reference)) == (30.0, 25.0, 35.0)


def test_what_signs_somebody_in_is_not_written_down(tmp_path):
    assert shown("sftp://ana:secret@host/films/a.mp4") == "sftp://host/films/a.mp4"
    note_run_of = tmp_path / "out"
    with open_batch(note_run_of):
        note_run(note_run_of, "s3://key:secret@bucket/films?token=1", PLAIN)
    assert read_about(note_run_of).source == "s3://bucket/films"


def test_a_full_temporary_disk_is_no_films_fault(tmp_path, monkeypatch):
    store = fsspec.filesystem("memory")
    store.pipe({"/full/a.mp4": b"ok 1"})

    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    copy = work._copy
    monkeypatch.setattr(work, "_copy", lambda source, target: copy(source, Full()))
    try:
        receipt = do_task(Task(0, "memory://full/a.mp4", str(tmp_path / "out"), PLAIN), assess=look)
    finally:
        store.rm("/full", recursive=True)
    assert (receipt.state, receipt.kind) == ("failed", "OutputError")


def test_a_store_inside_a_store_is_refused_before_the_work(tmp_path):
    with pytest.raises(UsageError, match="inside another"):
        list_source(f"zip://::file://{tmp_path}/a.zip", PLAIN, dest=tmp_path)
