from __future__ import annotations

import math

import numpy as np
import pytest

from hiphinge.errors import UsageError
from hiphinge.pose.detector import Detection
from hiphinge.pose.people import Person, choose_person, describe_people, find_people

SIZE = {"width_px": 1280, "height_px": 720}


def detection(x: float, y: float = 400.0, *, size: float = 500.0, lean_deg: float = 0.0) -> Detection:
    """A person whose region has the given side, leaning to the right."""
    radius = size / 2.5
    head = np.array([math.sin(math.radians(lean_deg)), -math.cos(math.radians(lean_deg))])
    hips = np.array([x, y])
    points = np.array([hips, hips + radius * head, hips + 0.5 * radius * head, hips])
    return Detection(0.9, np.zeros(4), points)


BENDS_DEG = (0.0, 40.0, 80.0, 40.0, 0.0, 40.0, 80.0, 10.0)


def choose(people: list[Person], n_pictures: int = 8) -> int:
    return choose_person(people, n_pictures=n_pictures, person=None, **SIZE)


def test_one_person_over_all_pictures() -> None:
    people = find_people([[detection(640 + 5 * number, lean_deg=lean)] for number, lean in enumerate(BENDS_DEG)])
    assert len(people) == 1
    assert people[0].size_px == pytest.approx(500)
    assert people[0].center_px == pytest.approx([657.5, 400])
    assert people[0].motion_ratio > 0.1


def test_the_one_who_bends_wins_over_a_larger_skeleton_on_a_stand() -> None:
    people = find_people([[detection(900, size=560), detection(500, lean_deg=lean)] for lean in BENDS_DEG])
    people.sort(key=lambda one: float(one.center_px[0]))
    assert len(people) == 2
    assert people[1].motion_ratio == 0.0
    assert choose(people) == 0


def test_the_one_who_stays_wins_over_a_passer_by() -> None:
    pictures = [[detection(640, lean_deg=lean)] for lean in BENDS_DEG]
    for number in (2, 3):
        pictures[number].append(detection(100 + 200 * number, y=380, size=700))
    people = sorted(find_people(pictures), key=lambda one: float(one.center_px[0]))
    chosen = people[choose(people)]
    assert len(chosen.seen) == 8
    assert chosen.center_px == pytest.approx([640, 400])


def test_largest_and_most_central_wins_when_nobody_moves() -> None:
    people = [Person({0: detection(200)}), Person({0: detection(640, size=520)}), Person({0: detection(1100)})]
    assert choose(people, 1) == 1


def test_one_body_detected_twice_is_one_person() -> None:
    assert len(find_people([[detection(640), detection(650, y=420, size=440)]])) == 1


def test_person_after_a_cut_is_the_same() -> None:
    people = find_people([[detection(200)], [detection(200)], [detection(1000, size=550)]])
    assert [sorted(one.seen) for one in people] == [[0, 1, 2]]


def test_two_of_one_size_at_once_stay_two() -> None:
    people = find_people([[detection(300), detection(1000)], [detection(300)], [detection(1000)]])
    assert sorted(len(one.seen) for one in people) == [2, 2]


def test_given_person_is_taken() -> None:
    people = [Person({0: detection(200)}), Person({0: detection(640)})]
    assert choose_person(people, n_pictures=1, person=0, **SIZE) == 0


@pytest.mark.parametrize("person", [-1, 2])
def test_given_person_out_of_range_says_who_was_seen(person: int) -> None:
    people = [Person({0: detection(320)}), Person({0: detection(640)})]
    with pytest.raises(UsageError, match=f"no person {person}") as caught:
        choose_person(people, n_pictures=1, person=person, **SIZE)
    assert "0 at 25% of the width, 1 at 50% of the width" in caught.value.expected


def test_given_person_when_nobody_was_seen() -> None:
    with pytest.raises(UsageError) as caught:
        choose_person([], n_pictures=3, person=0, **SIZE)
    assert caught.value.expected == "nobody was seen"


def test_describe_people() -> None:
    people = [Person({0: detection(320)}), Person({0: detection(640), 1: detection(640)})]
    described = describe_people(people, n_pictures=2, chosen=1, **SIZE)
    assert [one.number for one in described] == [0, 1]
    assert [one.chosen for one in described] == [False, True]
    assert described[0].center_ratio == pytest.approx((0.25, 400 / 720))
    assert described[0].height_ratio == pytest.approx(400 / 720)
    assert [one.presence_ratio for one in described] == [0.5, 1.0]


def test_someone_close_behind_is_not_the_same_body() -> None:
    # As the subject bends, the hips come to lie on those of the one behind.
    pictures = [
        [detection(640 - 60 * lean / 80, size=540, lean_deg=lean), detection(560, size=430)] for lean in BENDS_DEG
    ]
    people = sorted(find_people(pictures), key=lambda one: one.size_px)
    assert [len(one.seen) for one in people] == [8, 8]
    assert people[0].motion_ratio == 0.0
    assert people[1].motion_ratio > 0.1
