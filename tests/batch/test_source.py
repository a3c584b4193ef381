"""Sources: folders, patterns, manifests, URLs."""

from __future__ import annotations

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hiphinge.batch.source import list_source
from hiphinge.batch.task import Task
from hiphinge.batch.work import do_task
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import InputError, InputNotFound
from tests.batch.fakes import look

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
    with pytest.raises(InputError) as caught:
        list_source(str(write(tmp_path, text)), PLAIN, dest=tmp_path / "out")
    assert told in str(caught.value)
    assert caught.value.next_step


def test_a_manifest_that_is_none_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        list_source(str(write(tmp_path, "no parquet", "list.parquet")), PLAIN, dest=tmp_path)
    (tmp_path / "latin.csv").write_bytes("video\nMüller.mp4\n".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        list_source(str(tmp_path / "latin.csv"), PLAIN, dest=tmp_path)
    with pytest.raises(InputNotFound):
        list_source(str(tmp_path / "none.csv"), PLAIN, dest=tmp_path)
