"""Every drill and every variant that looks different has its pictures, whole, small enough and put in words."""

import hashlib
import json
import re
from importlib.resources import files

import pytest

from hiphinge.errors import UsageError
from hiphinge.program import load_program
from hiphinge.program.figures import figures, find_figure, read_figure
from tests.program_pictures.webp_files import read_webp

#: These look like the drill itself: only the weight differs.
SAME_LOOK = {"lighter", "heavier"}
MOST_BYTES = 8_000_000
NEVER = ("wrong", "damage", "unstable", "prevents", "cure", "correct", "bad", "danger")


def _entries():
    text = files("hiphinge.program").joinpath("pictures", "pictures.json").read_text(encoding="utf-8")
    return json.loads(text)["pictures"]


def _parts():
    return [part for entry in _entries() for part in (entry["still"], entry["animation"]) if part]


@pytest.mark.parametrize("drill", load_program().drills, ids=lambda drill: drill.id)
def test_a_drill_and_its_visible_variants_have_a_still_and_a_loop(drill):
    wanted = ["", *(variant.id for variant in drill.variants if variant.id not in SAME_LOOK)]
    for variant in wanted:
        figure = find_figure(drill.id, variant)
        assert figure is not None, variant
        assert figure.animation is not None, variant


@pytest.mark.parametrize("drill", load_program().drills, ids=lambda drill: drill.id)
def test_every_equipment_has_a_still_of_its_own(drill):
    for equipment in drill.equipment:
        figure = find_figure(drill.id, equipment=equipment.id)
        assert figure is not None
        assert figure.equipment == equipment.id


def test_figures_are_of_the_program_only():
    program = load_program()
    for figure in figures():
        drill = program.drill(figure.drill)
        assert figure.variant in {"", *(variant.id for variant in drill.variants)} - SAME_LOOK
        assert figure.equipment in {"", *(one.id for one in drill.equipment)}


def test_no_figure_shows_the_same_twice():
    keys = [(one.drill, one.variant, one.equipment) for one in figures()]
    assert len(keys) == len(set(keys))


def test_a_variant_that_looks_the_same_and_an_unknown_drill_have_none():
    assert find_figure("goat_bag", "lighter") is None
    assert find_figure("my_own_drill") is None


def test_equipment_without_a_figure_of_its_own_gives_the_first():
    assert find_figure("goat_bag", equipment="sandbag") == find_figure("goat_bag")
    assert find_figure("goat_bag", "wall", "backpack") == find_figure("goat_bag", "wall")


@pytest.mark.parametrize("part", _parts(), ids=lambda part: part["file"])
def test_files_are_what_the_manifest_says(part):
    content = read_figure(part["file"])
    assert len(content) == part["bytes"]
    assert hashlib.sha256(content).hexdigest() == part["sha256"]


def test_nothing_lies_in_the_folder_that_the_manifest_does_not_name():
    found = {path.name for path in files("hiphinge.program").joinpath("pictures").iterdir()}
    assert found == {"pictures.json"} | {part["file"] for part in _parts()}


def test_all_together_are_small():
    assert sum(part["bytes"] for part in _parts()) <= MOST_BYTES


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: figure.still)
def test_stills_and_loops_have_the_size_that_is_said(figure):
    size = (figure.width_px, figure.height_px)
    assert 640 <= figure.width_px <= 800
    still = read_webp(read_figure(figure.still))
    assert (still.width_px, still.height_px) == size
    if figure.animation is not None:
        loop = read_webp(read_figure(figure.animation))
        assert (loop.width_px, loop.height_px) == size
        assert loop.loops == 0


@pytest.mark.parametrize("figure", [one for one in figures() if one.animation], ids=lambda figure: figure.still)
def test_a_loop_goes_down_slowly_waits_and_comes_up(figure):
    times = read_webp(read_figure(figure.animation)).times_ms
    assert len(times) >= 20
    assert 4_000 <= sum(times) <= 8_000
    bottom = len(times) // 2
    assert times[bottom] == max(times)
    assert sum(times[1:bottom]) > sum(times[bottom + 1 :])


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: figure.still)
def test_the_picture_is_put_in_kind_words(figure):
    assert 60 <= len(figure.alt) <= 420
    assert f"Left: {figure.left}. Right: {figure.right}." in figure.alt
    assert figure.left != figure.right
    for word in NEVER:
        assert not re.search(rf"\b{word}", figure.alt, re.IGNORECASE), word


def test_no_two_pictures_have_the_same_words():
    words = [figure.alt for figure in figures()]
    assert len(words) == len(set(words))


def test_where_neither_way_is_a_fault_the_marks_are_equal():
    equal = {figure.drill for figure in figures() if figure.marks == "equal"}
    assert equal == {"toe_touch", "rounding"}


def test_at_least_eight_different_people_are_seen():
    assert len({entry["seed"] for entry in _entries()}) >= 8


@pytest.mark.parametrize("name", ["nobody.webp", "../model.py", "pictures.json", ""])
def test_a_name_that_is_no_picture_is_refused(name):
    with pytest.raises(UsageError, match="no picture called"):
        read_figure(name)
