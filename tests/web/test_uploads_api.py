"""Films in pieces: cut off at every stage and gone on with; what is no film; limits; the stream of progress."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hiphinge.program.history import FeelLog, SetDone
from hiphinge.service.jobs import film_of
from hiphinge.web.errors import TooMany
from hiphinge.web.places import Places
from hiphinge.web.uploads.events import Feed
from hiphinge.web.uploads.receive import MOST_OPEN, PIECE_BYTES
from tests.web.patients import House, make_film, open_house

JSON = {"accept": "application/json"}
SAID = {"drill": "wall_hinge", "touched": True, "effort": ["hamstrings"], "pain": 0, "numbness": False}


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with open_house(tmp_path) as found:
        found.begin()
        found.skip_screens()
        yield found


@dataclass
class Sender:
    """Sends one film as the page does."""

    house: House
    film: bytes
    upload: str = ""

    @property
    def base(self) -> str:
        return f"/api/p/{self.house.person.id}/uploads"

    def begin(self, **more: Any) -> Any:
        answer = self.house.browser.post(
            self.base, json={"size": len(self.film), "name": "IMG.MOV", **more}, headers=JSON
        )
        if answer.status_code == 201:
            self.upload = answer.json()["upload"]
        return answer

    def offset(self) -> int:
        answer = self.house.browser.head(f"{self.base}/{self.upload}")
        assert answer.status_code == 200
        assert answer.headers["upload-length"] == str(len(self.film))
        return int(answer.headers["upload-offset"])

    def piece(self, first: int, last: int, **more: Any) -> Any:
        return self.house.browser.patch(
            f"{self.base}/{self.upload}", content=self.film[first:last],
            headers={**JSON, "upload-offset": str(first), "content-type": "application/offset+octet-stream", **more},
        )  # fmt: skip

    def rest(self) -> None:
        at = self.offset()
        assert self.piece(at, len(self.film)).status_code == 204

    def finish(self, **said: Any) -> Any:
        return self.house.browser.post(f"{self.base}/{self.upload}/finish", json={**SAID, **said}, headers=JSON)


def whole(house: House, film: bytes | None = None, **more: Any) -> Sender:
    sender = Sender(house, make_film(7) if film is None else film)
    assert sender.begin(**more).status_code == 201
    sender.rest()
    return sender


def test_a_film_goes_on_after_being_cut_off_at_every_stage(house) -> None:
    sender = Sender(house, make_film(3))
    film = sender.film
    assert sender.begin().status_code == 201
    assert sender.offset() == 0
    assert sender.piece(0, 100).headers["upload-offset"] == "100"
    # A piece that was kept though its answer was lost is refused, and the answer says where it goes on.
    again = sender.piece(0, 100)
    assert (again.status_code, again.headers["upload-offset"]) == (409, "100")
    # A piece that skips is refused as well.
    assert sender.piece(150, 200).headers["upload-offset"] == "100"
    # Bytes that were written and never confirmed are written over.
    part = film_of(house.store, sender.upload)
    part.write_bytes(film[:100] + b"cut off here")
    assert sender.offset() == 100
    assert sender.piece(100, 200).status_code == 204
    # A disk that lost the end: it goes on from what is there.
    part.write_bytes(film[:150])
    assert sender.offset() == 150
    # Not whole yet.
    early = sender.finish()
    assert early.status_code == 409
    assert sender.offset() == 150
    sender.rest()
    assert hashlib.sha256(part.read_bytes()).digest() == hashlib.sha256(film).digest()
    # An answer is missing: the film stays, and is finished with the next try.
    open_question = sender.finish(touched=None)
    assert open_question.status_code == 422
    assert list(open_question.json()["missing"]) == ["touched"]
    done = sender.finish()
    assert done.status_code == 200
    assert sender.finish().json()["job"] == done.json()["job"]
    assert house.work() == 1
    assert sender.finish().status_code == 404
    assert len([one for one in house.events() if isinstance(one, SetDone)]) == 1
    assert house.gone(sender.upload)


def test_the_feeling_of_a_set_may_be_told_afterwards_but_not_by_halves(house) -> None:
    sender = whole(house)
    assert list(sender.finish(pain=None, effort=[], numbness=False).json()["missing"]) == ["effort", "pain"]
    assert sender.finish(pain=None, effort=None, numbness=None).status_code == 200
    house.work()
    assert not any(isinstance(one, FeelLog) and one.drill == "wall_hinge" for one in house.events())


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"this is only text, whatever its name says\n" * 9, "holds text"), (b"\x00\x01\x02\x03" * 300, "no format"),
     (make_film(1)[:200], "incomplete")],
)  # fmt: skip
def test_what_is_no_film_is_refused_without_a_word_of_this_computer_and_deleted(house, content, words) -> None:
    sender = whole(house, content)
    answer = sender.finish()
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["what"]
    assert str(house.folder) not in answer.text
    assert sender.upload not in answer.text
    assert house.gone(sender.upload)


def test_a_film_without_javascript_that_is_none_leaves_nothing(house) -> None:
    answer = house.send(422, film=b"words, words, words\n" * 20, touched="yes")
    assert "holds text" in answer.text
    assert house.store.uploads(house.person.id) == ()
    assert "Please choose a film" in house.browser.post(f"{house.base}/upload", data={"drill": "wall_hinge"}).text
    assert "seat touched the wall" in house.send(422, drill="wall_hinge").text
    assert house.store.uploads(house.person.id) == ()


def test_the_same_film_again_is_told_as_such(house) -> None:
    film = make_film(11)
    assert whole(house, film).finish().status_code == 200
    house.work()
    answer = whole(house, film).finish()
    assert answer.status_code == 409
    assert "already logged, on 2 March 2026" in answer.json()["what"]


def test_limits_of_size_number_and_length(tmp_path) -> None:
    with open_house(tmp_path) as house:
        house.begin()
        most = house.app.state.hiphinge.settings.upload_mb << 20
        answer = Sender(house, b"").begin(size=most + 1)
        assert answer.status_code == 413
        assert "at most" in answer.json()["expected"]
        assert Sender(house, b"").begin(size=0).status_code == 422
        sender = Sender(house, make_film(2))
        for _ in range(MOST_OPEN):
            assert sender.begin().status_code == 201
        assert sender.begin().status_code == 429
        assert sender.piece(0, len(sender.film), **{"upload-offset": "-1"}).status_code == 422
        first = sender.upload
        assert house.browser.delete(f"{sender.base}/{first}", headers=JSON).status_code == 204
        assert house.gone(first)
        assert sender.begin().status_code == 201
        sender.film += b"more"
        assert sender.piece(0, len(sender.film)).status_code == 413
        sender.film = bytes(PIECE_BYTES + 1)
        assert sender.piece(0, len(sender.film)).status_code == 413
        assert sender.piece(0, 1).status_code == 204


def test_a_film_of_half_an_hour_is_refused(house) -> None:
    sender = whole(house, make_film(5, seconds=1801, rate_hz=1))
    answer = sender.finish()
    assert answer.status_code == 422
    assert "30 minutes" in answer.json()["what"]


def test_a_full_disk_is_told_before_anything_is_sent(house) -> None:
    answer = Sender(house, b"").begin(size=1 << 40)
    assert answer.status_code in (413, 507)


def test_an_odd_name_is_shown_and_never_used(house) -> None:
    sender = Sender(house, make_film(4))
    assert sender.begin(name="../../etc/\x00pass wd\u202e.mp4").json()["name"] == "pass wd.mp4"
    assert film_of(house.store, sender.upload).name == f"{sender.upload}.part"


def test_films_of_somebody_else_are_not_found(house) -> None:
    sender = whole(house)
    other = house.store.add_person("Ben")
    for method, end in (("HEAD", ""), ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/finish")):
        answer = house.browser.request(
            method, f"/api/p/{other.id}/uploads/{sender.upload}{end}", headers={**JSON, "upload-offset": "0"},
            **({"json": SAID} if end else {}),
        )  # fmt: skip
        assert answer.status_code == 404, method
    assert sender.finish().status_code == 200


def test_the_stream_tells_the_present_state_and_ends_with_the_result(house) -> None:
    events = whole(house).finish().json()["events"]
    house.work()
    answer = house.browser.get(events)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    last = json.loads(told[-1])
    assert (last["state"], last["percent"]) == ("done", 100)
    assert last["url"].startswith(f"{house.base}/clips/")
    assert "event: end" in answer.text
    assert house.browser.get(events.removesuffix("/events"), headers=JSON).json() == last


class _Counting:
    """A store that counts how often a job is looked up, and lets it move on with each look."""

    def __init__(self, house: House) -> None:
        self._store, self.asked = house.store, 0
        self.after = lambda: None

    def job(self, number: str) -> Any:
        self.asked += 1
        self.after()
        return self._store.job(number)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_many_who_look_ask_the_store_once_and_all_see_the_end(house) -> None:
    job = whole(house).finish().json()["job"]
    store: Any = _Counting(house)

    def go_on() -> None:
        if store.asked == 3:
            store.after = lambda: None
            house.work()

    store.after = go_on

    async def look(feed: Feed) -> list[str]:
        return [one async for one in feed.follow(store, house.person, job, beat_s=0.0)]

    async def all_of_them() -> list[list[str]]:
        feed = Feed(look_s=0.05)
        found = await asyncio.gather(*(look(feed) for _ in range(8)))
        assert feed.watched == 0
        return found

    streams = asyncio.run(all_of_them())
    assert all("event: end" in one[-1] for one in streams)
    assert any(one.startswith(":") for one in streams[0])
    assert store.asked < 8 * 3


def test_only_so_many_pages_look_at_one_film(house) -> None:
    """Each holds a connection for minutes: one guest took all that a server has."""
    job = whole(house).finish().json()["job"]
    house.app.state.hiphinge.extras["uploads.feed"] = feed = Feed(look_s=0.01, most=2)

    async def work() -> None:
        streams = [feed.follow(house.store, house.person, job) for _number in range(2)]
        for stream in streams:
            feed.check_lookers(job)
            await anext(stream)
        with pytest.raises(TooMany):
            feed.check_lookers(job)
        await streams[0].aclose()
        feed.check_lookers(job)
        again = feed.follow(house.store, house.person, job)
        await anext(again)
        answer = house.browser.get(f"/api/p/{house.person.id}/jobs/{job}/events", headers=JSON)
        assert answer.status_code == 429
        for stream in (streams[1], again):
            await stream.aclose()

    asyncio.run(work())


def test_a_stream_ends_quietly_when_the_person_is_erased_or_it_lasts_too_long(house) -> None:
    job = whole(house).finish().json()["job"]

    async def look(longest_s: float, erase: bool) -> list[str]:
        feed = Feed(look_s=0.01)
        found = []
        async for one in feed.follow(house.store, house.person, job, longest_s=longest_s):
            found.append(one)
            if erase and "progress" in one:
                house.store.erase_person(house.person.id)
        return found

    assert len(asyncio.run(look(0.05, erase=False))) == 2
    assert len(asyncio.run(look(60.0, erase=True))) == 2


def test_whoever_is_let_in_no_longer_is_told_no_more(house) -> None:
    job, asked = whole(house).finish().json()["job"], []

    def still_in() -> bool:
        asked.append(1)
        return len(asked) < 3

    async def look() -> list[str]:
        feed = Feed(look_s=0.001)
        return [one async for one in feed.follow(house.store, house.person, job, still_in=still_in, beat_s=0.0)]

    assert not any("event: end" in one for one in asyncio.run(look()))
    assert len(asked) == 3


def test_a_disk_that_takes_no_more_is_told_and_the_film_goes_on_later(house) -> None:
    sender = Sender(house, make_film(3))
    assert sender.begin().status_code == 201
    place = film_of(house.store, sender.upload)
    place.mkdir()
    answer = sender.piece(0, 100)
    assert answer.status_code == 507
    assert "no room" in answer.json()["what"]
    place.rmdir()
    sender.rest()
    assert sender.finish().status_code == 200


def test_films_do_not_take_the_room_that_everything_else_needs(house, monkeypatch) -> None:
    """Several may be begun while there is room for one of them: the records have to be written all the same."""
    sender = Sender(house, make_film(3))
    assert sender.begin().status_code == 201
    monkeypatch.setattr("hiphinge.web.spool.RESERVE_BYTES", 1 << 60)
    assert sender.piece(0, 100).status_code == 507
    monkeypatch.undo()
    sender.rest()
    assert sender.finish().status_code == 200


def test_only_so_many_pieces_are_held_at_once() -> None:
    pieces = Places(2, 3, wait_s=2.0)
    with pieces.taking("ana"), pieces.taking("ana"):
        with pytest.raises(TooMany), pieces.taking("ana"):
            pass
        with pieces.taking("bob"), pytest.raises(TooMany), pieces.taking("cay"):
            pass
    with pieces.taking("ana"), pieces.taking("ana"), pieces.taking("cay"):
        pass


def test_a_piece_waits_while_others_of_the_film_hang(house) -> None:
    """On connections that were lost, say: the page tries again."""
    sender = Sender(house, make_film(7))
    assert sender.begin().status_code == 201
    pieces = house.app.state.hiphinge.extras["uploads.pieces"] = Places(1, 24, wait_s=2.0)
    with pieces.taking(house.person.id):
        answer = sender.piece(0, 1000)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    for _number in range(3):
        sender.rest()
        with pieces.taking(house.person.id):
            pass
