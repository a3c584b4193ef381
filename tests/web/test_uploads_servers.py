"""A film whose pieces come to two servers of one store: what one confirmed the other does not cut off."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from hiphinge.service.jobs import film_of
from hiphinge.store import open_store
from hiphinge.web.uploads import receive
from hiphinge.web.uploads.receive import WrongOffset, add_piece

pytest.importorskip("fcntl")


def test_a_piece_that_comes_twice_cuts_nothing_off(tmp_path: Path, monkeypatch) -> None:
    """The line of the first try hangs; the page tries again at the other server, and goes on there."""
    monkeypatch.setattr(receive, "_LOCKS", (nullcontext(),))  # two processes do not share them
    began, go_on = threading.Event(), threading.Event()

    def hang(*_given: object) -> bool:
        if threading.current_thread().name == "slow":
            began.set()
            # While this one holds the film, the other server waits for it: nothing comes.
            go_on.wait(0.5)
        return True

    monkeypatch.setattr(receive, "has_room", hang)
    address = tmp_path / "store.sqlite3"
    with open_store(address) as one, open_store(address) as two:
        upload = one.add_upload(one.add_person("Ana").id, "film", 9)
        slow = threading.Thread(target=add_piece, args=(one, upload, 0, b"abc"), name="slow")
        slow.start()
        assert began.wait(20)
        try:
            goes_on = add_piece(two, upload, 0, b"abc")
        except WrongOffset as wrong:
            goes_on = int(wrong.headers["Upload-Offset"])
        assert goes_on == 3
        assert add_piece(two, upload, 3, b"def") == 6
        go_on.set()
        slow.join()
        assert film_of(two, upload.id).read_bytes() == b"abcdef"
        assert two.upload(upload.id).received == 6
        assert add_piece(one, upload, 6, b"ghi") == 9
