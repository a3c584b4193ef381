"""The program as a text: checked with its line, previewed for everybody, saved, and gone back from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest

from hiphinge.program import shipped_text
from tests.web.clients import home_browser
from tests.web.desk_people import DeskWorld, opened_world, text_of


@pytest.fixture
def world(tmp_path) -> Iterator[DeskWorld]:
    with opened_world(tmp_path) as found:
        yield found


STRICT = shipped_text().replace('name = "Wall hinge"', 'name = "Hinge at the wall"', 1)


def test_it_says_that_the_pain_lines_are_words_only(world: DeskWorld) -> None:
    """Whoever lowers a number there has changed what people read, and no rule."""
    assert "built in and does not change" in world.words("/desk/program")


def test_the_program_that_ships_is_shown_until_somebody_changes_it(world: DeskWorld) -> None:
    words = world.words("/desk/program")
    assert "the program that ships is in force" in words
    assert 'id = "hip-hinge"' in words


def test_what_does_not_fit_is_told_with_its_line_and_the_text_stays(world: DeskWorld) -> None:
    broken = shipped_text().replace('kind = "unloaded"', 'kind = "heavy"', 1)
    line = broken[: broken.index('kind = "heavy"')].count("\n") + 1
    answer = world.browser.post("/desk/program", data={"toml": broken, "do": "save", "note": "heavier"})
    words = text_of(answer.text)
    assert answer.status_code == 422
    assert f"line {line}" in words
    assert "'screen' or 'unloaded'" in words
    assert 'kind = "heavy"' in words
    assert f'data-line="{line}"' in answer.text
    assert world.clinic.store.current_program() is None
    assert "is not TOML" in world.refused("/desk/program", toml="id = ", do="check")


def test_limits_that_contradict_each_other_are_told(world: DeskWorld) -> None:
    bad = shipped_text() + '\n[drill.limits]\n"4.pass_hi" = 90\n'
    assert world.refused("/desk/program", toml=bad, do="check")


def test_a_check_says_for_whom_what_comes_next_would_change(world: DeskWorld) -> None:
    world.clinic.screened("Ana")
    world.clinic.desk.add_person("Bob")
    answer = world.browser.post("/desk/program", data={"toml": STRICT, "do": "check"})
    words = text_of(answer.text)
    assert answer.status_code == 200
    assert "It would change what comes next for 1 person" in words
    assert "hinge at the wall" in words
    same = text_of(world.browser.post("/desk/program", data={"toml": shipped_text(), "do": "check"}).text)
    assert "for nobody of 2" in same
    assert world.clinic.store.current_program() is None


def test_a_saved_version_is_in_force_at_once_and_can_be_gone_back_from(world: DeskWorld) -> None:
    person = world.clinic.screened("Ana")
    assert "what you changed" in world.refused("/desk/program", toml=STRICT, do="save", note="")
    where = world.post("/desk/program", toml=STRICT.replace("\n", "\r\n"), do="save", note="our own words")
    words = world.words(where)
    assert "Saved." in words
    assert "our own words" in words
    saved = world.clinic.store.current_program()
    assert saved is not None
    assert saved.sha256 == hashlib.sha256(STRICT.encode()).hexdigest()
    assert "hinge at the wall" in world.words(f"/desk/p/{person.id}")
    shipped = world.browser.get("/desk/program?version=shipped").text
    assert "Hinge at the wall" not in text_of(shipped)
    world.post("/desk/program", toml=shipped_text(), do="save", note="back to what ships")
    assert "hinge at the wall" not in world.words(f"/desk/p/{person.id}").lower()
    assert "Hinge at the wall" in world.words(f"/desk/program?version={saved.id}")
    world.words("/desk/program?version=99", 404)
    assert "home" in world.words("/desk/program")


def test_a_program_that_comes_from_a_file_is_not_saved_here(world: DeskWorld, tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(STRICT, encoding="utf-8")
    browser = home_browser(world.clinic.store, clock=world.clinic.clock, program=path)
    words = text_of(browser.get("/desk/program").text)
    assert "takes its program from a file" in words
    answer = browser.post("/desk/program", data={"toml": shipped_text(), "do": "save", "note": "x"})
    assert answer.status_code == 422
    assert world.clinic.store.current_program() is None


def test_two_who_edit_at_once_do_not_go_over_each_other_unseen(world: DeskWorld) -> None:
    def base() -> str:
        return re.findall('name="base" value="([0-9a-f]{64})"', world.browser.get("/desk/program").text)[0]

    mine, both = {"do": "save", "note": "mine", "base": base()}, shipped_text().replace("Wall hinge", "A hinge", 1)
    assert world.browser.post("/desk/program", data={**mine, "toml": STRICT}).status_code == 303
    answer = world.browser.post("/desk/program", data={**mine, "toml": both})
    assert answer.status_code == 422
    assert "Somebody saved another version meanwhile" in answer.text
    assert len(world.clinic.store.programs()) == 1
    assert world.browser.post("/desk/program", data={**mine, "toml": both, "base": base()}).status_code == 303
    assert [one.toml for one in world.clinic.store.programs()] == [STRICT, both]
