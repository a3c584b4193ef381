"""``hiphinge person`` and ``hiphinge store``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.people import Gym


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gym:
    monkeypatch.chdir(tmp_path)
    return Gym(tmp_path)


def test_nobody_is_there_and_the_next_step_is_said(gym: Gym) -> None:
    out = gym.ok("person", "list")
    assert "Nobody is here yet: there is no store at" in out
    assert "hiphinge person add NAME" in out
    assert json.loads(gym.ok("person", "list", "--json")) == []
    assert "there is no store at" in gym.refused(13, "next", "Ana")
    assert not Path(gym.store).exists()


def test_a_store_of_which_everybody_was_erased_is_empty(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("person", "erase", "Ana", "--yes-erase", "Ana")
    assert "Nobody is here yet." in gym.ok("person", "list")


def test_names_that_differ_by_capitals_only_are_refused_and_the_exact_name_wins(gym: Gym) -> None:
    from hiphinge.store import open_store

    gym.ok("person", "add", "Ana")
    assert "capitals only" in gym.refused(2, "person", "add", "ANA")
    assert "Ana" in gym.ok("next", "ana")
    with open_store(gym.store) as store:
        store.add_person("ANA")
    assert "hiphinge session start ANA" in gym.ok("next", "ANA")
    assert "hiphinge session start Ana" in gym.ok("next", "Ana")
    gym.refused(13, "next", "ana")


def test_what_is_not_gone_yet_is_said(gym: Gym, monkeypatch: pytest.MonkeyPatch) -> None:
    from hiphinge.store import Store
    from hiphinge.store.records import Erasure

    gym.ok("person", "add", "Ana")
    erased = Erasure(1, 0, 0, 0, False, left=2, elsewhere=1)
    monkeypatch.setattr(Store, "erase_person", lambda *_: erased)
    out = gym.ok("person", "erase", "Ana", "--yes-erase", "Ana")
    assert "Not everything is gone yet. 2 files could not be removed" in out
    assert "1 file lies on another computer" in out


def test_people_are_added_listed_and_found_by_name_or_number(gym: Gym) -> None:
    gym.ok("person", "add", "Ana Maria", "--birth-year", "1980")
    gym.ok("person", "add", "Bo")
    assert "Ana Maria, born 1980, since 2 March 2026" in gym.ok("person", "list")
    rows = json.loads(gym.ok("person", "list", "--json"))
    assert [(row["name"], row["birth_year"]) for row in rows] == [("Ana Maria", 1980), ("Bo", None)]
    for name in ("Ana Maria", rows[0]["id"]):
        assert "hiphinge session start 'Ana Maria'" in gym.ok("next", name)


@pytest.mark.parametrize("name", ["", "  "])
def test_a_name_is_needed(gym: Gym, name: str) -> None:
    assert "name" in gym.refused(2, "person", "add", name)


def test_a_birth_year_that_cannot_be_is_refused(gym: Gym) -> None:
    gym.refused(2, "person", "add", "Ana", "--birth-year", "3000")
    assert json.loads(gym.ok("person", "list", "--json")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("next", "Cy"), ("progress", "Cy"), ("note", "Cy"), ("session", "start", "Cy"), ("session", "log", "Cy", "a"),
        ("session", "finish", "Cy"), ("person", "export", "Cy", "x"), ("person", "erase", "Cy"), ("outcome", "Cy"),
        ("override", "Cy"), ("session", "morning", "Cy"), ("session", "undo", "Cy"),
    ],
)  # fmt: skip
def test_a_person_who_is_not_there_is_said_with_13(gym: Gym, words: tuple[str, ...]) -> None:
    gym.ok("person", "add", "Bo")
    assert "Cy" in gym.refused(13, *words)


def test_two_of_one_name_are_told_apart_by_number(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    gym.ok("person", "add", "Ana")
    gym.refused(13, "next", "Ana")
    for row in json.loads(gym.ok("person", "list", "--json")):
        gym.ok("next", row["id"])


def test_everything_of_one_person_is_exported(gym: Gym) -> None:
    gym.begin()
    gym.ok("note", "Ana", "felt good", "--author", "Ana")
    assert "Everything about Ana is in out" in gym.ok("person", "export", "Ana", "out")
    text = Path("out/person.json").read_text(encoding="utf-8")
    assert "felt good" in text
    assert "SessionOpened" in text
    gym.refused(7, "person", "export", "Ana", "out")


def test_erasing_asks_for_the_name_and_leaves_the_others(gym: Gym) -> None:
    gym.begin("Ana")
    gym.ok("person", "add", "Bo")
    message = gym.refused(2, "person", "erase", "Ana")
    assert "hiphinge person export Ana FOLDER" in message
    assert "--yes-erase" in message
    assert "Nothing was erased." in gym.refused(2, "person", "erase", "Ana", "--yes-erase", "Bo")
    assert len(json.loads(gym.ok("person", "list", "--json"))) == 2
    assert "Ana is erased." in gym.ok("person", "erase", "Ana", "--yes-erase", "Ana")
    assert [row["name"] for row in json.loads(gym.ok("person", "list", "--json"))] == ["Bo"]
    assert b"Ana" not in Path(gym.store).read_bytes()


def test_a_backup_is_restored_into_an_empty_store_only(gym: Gym) -> None:
    gym.begin()
    assert "keep it safe" in gym.ok("store", "backup", "monday.backup")
    gym.refused(7, "store", "backup", "monday.backup")
    gym.refused(12, "store", "restore", "monday.backup")
    assert "1 person." in gym.ok("store", "restore", "monday.backup", "--store", "new.db")
    assert "the wall hinge" in gym.ok("next", "Ana", "--store", "new.db")
    gym.refused(3, "store", "restore", "gone.backup", "--store", "newer.db")


def test_the_store_option_wins_over_the_environment(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    assert "Nobody" in gym.ok("person", "list", "--store", "other.db")


def test_a_store_that_is_no_database_is_said_with_12(gym: Gym) -> None:
    Path("notes.txt").write_text("my own notes, which are long enough to be looked at", encoding="utf-8")
    assert "notes.txt" in gym.refused(12, "person", "list", "--store", "notes.txt")
    assert Path("notes.txt").read_text(encoding="utf-8").startswith("my own notes")


def test_a_broken_program_file_is_said_before_the_store_is_opened(gym: Gym) -> None:
    Path("mine.toml").write_text("id = ", encoding="utf-8")
    gym.refused(8, "person", "list", "--program", "mine.toml")
    assert not Path(gym.store).exists()


@pytest.mark.parametrize(
    "command",
    [
        *(("person", name) for name in ("add", "list", "export", "erase")), ("store", "backup"), ("store", "restore"),
        ("next",), ("progress",), ("note",), ("override",), ("outcome",),
    ],
)  # fmt: skip
def test_help_ends_with_an_example(gym: Gym, command: tuple[str, ...]) -> None:
    out = gym.ok(*command, "--help")
    assert f"Example: hiphinge {' '.join(command)}" in out
