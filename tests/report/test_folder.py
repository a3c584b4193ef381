"""The result folder: whole or not there at all; never takes away what is not ours."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hiphinge.errors import InputNotFound, ModelError, OutputError
from hiphinge.report.document import read_assessment
from hiphinge.report.folder import RESULT_FILES, check_folder, result_names, write_folder
from tests.report.fakes import fake_assessment


def _draw(path: Path) -> None:
    path.write_bytes(b"video")


def _write(
    out: Path, *, name: str = "clip", source: Path = Path("clip.mp4"), overlay: Callable[[Path], None] | None = _draw
) -> Path:
    return write_folder(fake_assessment(), source=source, out=out, name=name, pictures={}, overlay=overlay)


def _raise(error: BaseException) -> Callable[[Path], None]:
    def overlay(path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    return overlay


def test_folder_holds_everything(tmp_path: Path) -> None:
    folder = _write(tmp_path / "out")
    assert folder == tmp_path / "out" / "clip"
    assert sorted(path.name for path in folder.iterdir()) == sorted(RESULT_FILES)
    assert read_assessment(folder / "assessment.json") == fake_assessment()
    assert 'href="overlay.mp4"' in (folder / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["clip"]


def test_no_video_leaves_the_overlay_out(tmp_path: Path) -> None:
    folder = _write(tmp_path, overlay=None)
    assert not (folder / "overlay.mp4").exists()
    assert "overlay.mp4" not in (folder / "report.html").read_text(encoding="utf-8")


def test_earlier_result_is_replaced_and_the_users_own_files_stay(tmp_path: Path) -> None:
    folder = _write(tmp_path)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "more").mkdir()
    (folder / "assessment.json").write_text("{}", encoding="utf-8")
    again = _write(tmp_path, overlay=None)
    assert again == folder
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (folder / "more").is_dir()
    assert not (folder / "overlay.mp4").exists()
    assert read_assessment(folder / "assessment.json").n_frames == 240
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


def test_folder_that_is_not_ours_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "thesis.txt").write_text("years", encoding="utf-8")
    for act in (lambda: _write(tmp_path), lambda: check_folder(tmp_path, "clip")):
        with pytest.raises(OutputError, match="not a result of hiphinge"):
            act()
    assert (tmp_path / "clip" / "thesis.txt").read_text(encoding="utf-8") == "years"
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


@pytest.mark.parametrize("kind", ["file", "link", "broken link"])
def test_target_that_is_no_folder_is_never_touched(tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    if kind == "file":
        (out / "clip").write_text("mine", encoding="utf-8")
    else:
        (out / "clip").symlink_to(tmp_path / ("elsewhere" if kind == "link" else "nowhere"))
        (tmp_path / "elsewhere").mkdir()
    with pytest.raises(OutputError):
        _write(out)
    assert os.path.lexists(out / "clip")


def test_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    assert (_write(tmp_path) / "report.html").is_file()


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "Free some space"), (errno.EROFS, "can be written"), (errno.EIO, "another folder")],
)
def test_trouble_while_writing_leaves_nothing_and_says_what_to_do(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(OutputError) as caught:
        _write(tmp_path / "new" / "out", overlay=_raise(OSError(number, os.strerror(number))))
    assert words in caught.value.next_step
    assert os.strerror(number) in caught.value.what
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelError("gone"), ValueError("odd")])
def test_any_other_end_passes_through_and_keeps_the_earlier_result(tmp_path: Path, error: BaseException) -> None:
    folder = _write(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(type(error)):
        _write(tmp_path, overlay=_raise(error))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


def test_error_of_the_drawing_names_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    def overlay(path: Path) -> None:
        raise OutputError(f"There is no room left for '{path}'.", next_step="Free some space.")

    with pytest.raises(OutputError) as caught:
        _write(tmp_path, overlay=overlay)
    assert caught.value.what == f"There is no room left for '{tmp_path / 'clip' / 'overlay.mp4'}'."
    assert caught.value.next_step == "Free some space."
    assert list(tmp_path.iterdir()) == []


def test_video_that_went_away_is_an_input_error(tmp_path: Path) -> None:
    source = tmp_path / "clip.mp4"
    error = FileNotFoundError(errno.ENOENT, "No such file", str(source))
    with pytest.raises(InputNotFound, match="went away"):
        _write(tmp_path / "out", source=source, overlay=_raise(error))
    assert not (tmp_path / "out").exists()


def test_full_disk_at_the_first_file_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError):
        _write(blocked / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_folder_without_permission_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            check_folder(tmp_path, "clip")
    finally:
        tmp_path.chmod(0o700)


def test_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b", "clip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/clip.mp4", "b/clip.mov", "bow.mp4"], ["clip", "clip-2", "bow"]),
        (["clip.mp4", "clip.mov", "clip-2.mp4"], ["clip", "clip-3", "clip-2"]),
        (["clip-2.mp4", "clip.mp4", "clip.mov"], ["clip-2", "clip", "clip-3"]),
        (["Clip.mp4", "clip.mp4"], ["Clip", "clip-2"]),
        ([".mp4", "..", "my clip.v2.mp4", ".hidden.mov"], ["mp4", "video", "my clip.v2", "hidden"]),
        ([], []),
    ],
)
def test_names_are_stems_and_never_collide(paths: list[str], names: list[str]) -> None:
    assert result_names(paths) == names


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc to name what is flushed")
def test_everything_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: set[str] = set()
    flush = os.fsync

    def watched(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").resolve()
        assert not (tmp_path / "clip").exists() or path == tmp_path
        flushed.add(path.name)
        flush(handle)

    monkeypatch.setattr(os, "fsync", watched)
    _write(tmp_path)
    assert flushed >= {*RESULT_FILES, tmp_path.name}


def test_disk_that_is_full_only_when_it_has_to_keep_it_leaves_the_earlier_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (_write(tmp_path, overlay=None) / "report.html").read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="space"):
        _write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]
    assert (tmp_path / "clip" / "report.html").read_bytes() == before
    assert not (tmp_path / "clip" / "overlay.mp4").exists()
