"""``hiphinge next``, ``progress``, ``note``, ``override``, ``outcome``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hiphinge.cli.pages import draw_trend
from hiphinge.program import load_program
from hiphinge.program.history import OutcomeScore, Override
from hiphinge.program.trend import Point, trend
from tests.cli.people import Gym

FEEL = ("--effort", "hamstrings", "--pain", "0", "--no-numbness")


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gym:
    monkeypatch.chdir(tmp_path)
    return Gym(tmp_path)


@pytest.fixture
def started(gym: Gym) -> Gym:
    gym.begin()
    return gym


def test_next_says_what_why_and_how(started: Gym) -> None:
    out = started.ok("next", "Ana")
    drill = load_program().drill("wall_hinge")
    assert out.index("Next: ") < out.index("Why:") < out.index("Set up:") < out.index("To go on:")
    for text in (*drill.setup, drill.hands, *drill.feet, *drill.cues, drill.dose.note, *load_program().pain):
        assert text in out
    assert all(tick.text in out for tick in drill.ticks)
    assert "3 sets of 8 reps" in out
    assert "Phone at hip height" in out
    assert "✓ Safety questions: 17 of 17 answered (asked for: all answered, none with yes)" in out
    assert "To go on: hiphinge session log Ana CLIP  (Wall hinge)" in out
    assert out.rstrip().endswith("decisions stay with the clinician.")


def test_next_plans_with_what_there_is(gym: Gym) -> None:
    gym.begin()
    gym.ok("override", "Ana", "--clinician", "Dr Lee", "--reason", "knows the hinge", "--step", "front_load")
    out = gym.ok("next", "Ana", "--equipment", "dumbbell", "--minutes", "4", "--space", "1.8")
    assert "Dumbbell: Hold it level" in out
    assert "Kettlebell" not in out
    assert "to fit 4 minutes" in out
    assert "1.8 m" in out
    out = gym.ok("next", "Ana", "--equipment", "band")
    assert "Goat-bag hinge: it takes a kettlebell, dumbbell or loaded backpack." in out
    assert "free hinge without a load" in out.lower()
    assert "There is no equipment 'piano'" in gym.refused(2, "next", "Ana", "--equipment", "piano")


def test_the_command_that_goes_on_follows_the_decision(started: Gym) -> None:
    def go_on() -> str:
        lines = started.ok("next", "Ana").splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith(("To go on", "From then on")))

    who = ("--clinician", "Dr Lee", "--reason", "seen")
    started.ok("override", "Ana", *who, "--step", "second_load")
    assert go_on() == "hiphinge session log Ana CLIP --drill DRILL  (upper_back or pull_through)"
    started.ok("override", "Ana", *who, "--step", "free")
    assert go_on() == "hiphinge session log Ana CLIP  (Free hinge)"
    started.ok("session", "log", "Ana", started.clip("good-10"), *FEEL)
    assert go_on() == "hiphinge session finish Ana"
    started.ok("session", "finish", "Ana")
    assert "From then on" in started.ok("next", "Ana")
    assert go_on() == "hiphinge session start Ana"
    started.sleep(24)
    assert go_on() == "hiphinge session morning Ana"
    started.ok("session", "morning", "Ana", "--pain", "0")
    assert go_on() == "hiphinge session start Ana"


def test_a_stop_names_the_way_for_the_clinician_and_nothing_to_do(started: Gym) -> None:
    started.stopped(
        "session", "log", "Ana", "--drill", "wall_hinge", "--effort", "low_back", "--pain", "4",
        "--where", "leg_below_knee", "--leg", "further", "--no-numbness",
    )  # fmt: skip
    out = started.stopped("next", "Ana")
    assert "see a clinician before you go on" in out
    assert "For the clinician, once they have seen Ana: hiphinge override Ana --clears-stop" in out
    assert "To end this session: hiphinge session finish Ana" in out
    assert "Set up" not in out
    assert "To go on" not in out
    assert "Tomorrow morning" not in started.ok("session", "finish", "Ana")


def test_equipment_told_at_the_start_is_remembered(gym: Gym) -> None:
    gym.begin()
    gym.ok("session", "finish", "Ana")
    gym.ok("override", "Ana", "--clinician", "Dr Lee", "--reason", "knows the hinge", "--step", "front_load")
    out = gym.ok("session", "start", "Ana", "--pain", "0", "--no-new-symptoms", "--equipment", "backpack")
    assert "Loaded backpack" in out
    assert "Dumbbell" not in gym.ok("next", "Ana")
    message = gym.refused(2, "session", "start", "Ana", "--pain", "0", "--no-new-symptoms", "--equipment", "piano")
    assert "no equipment 'piano'" in message


def test_next_as_json_is_one_document(started: Gym) -> None:
    document = json.loads(started.ok("next", "Ana", "--json", "--minutes", "10"))
    assert document["person"]["name"] == "Ana"
    assert (document["action"], document["step"], document["drill"]) == ("up", "wall", "wall_hinge")
    assert document["today"]["blocks"][0]["drill"] == "wall_hinge"
    assert document["today"]["blocks"][0]["sets"] == 3
    assert {line["holds"] for line in document["evidence"]} <= {True, False, None}
    assert document["evidence"][0]["events"]


def test_progress_shows_the_ladder_the_points_and_a_chart(started: Gym) -> None:
    started.ok("session", "log", "Ana", started.clip("round-5-a"), "--touched", *FEEL)
    started.ok("session", "finish", "Ana")
    started.sleep(48)
    started.ok("session", "start", "Ana", "--pain", "0", "--no-new-symptoms")
    started.ok("session", "log", "Ana", started.clip("good-5-b"), "--variant", "none", "--touched", *FEEL)
    out = started.ok("progress", "Ana", "--html", "ana.html", "--pdf", "ana.pdf")
    assert "2 sessions since 2 March 2026." in out
    assert "● Wall hinge" in out
    assert "Lumbar flexion (hinge drills): 0° (" in out
    assert "●" in out[out.index("Lumbar flexion (hinge drills)") :]
    assert "first 40° (" in out
    assert "change −40°" in out
    assert "░ first ± 10°: a change inside it is no clear change" in out
    assert "Ana" in Path("ana.html").read_text(encoding="utf-8")
    assert Path("ana.pdf").read_bytes().startswith(b"%PDF")
    document = json.loads(started.ok("progress", "Ana", "--json"))
    lumbar = next(one for one in document["trends"] if one["measure"] == "lumbar_flexion")
    assert (lumbar["verdict"], len(lumbar["points"])) == ("better", 2)
    assert lumbar["baseline"] == pytest.approx(40, abs=1)


def test_progress_of_somebody_who_has_just_begun(gym: Gym) -> None:
    gym.ok("person", "add", "Ana")
    out = gym.ok("progress", "Ana")
    assert "0 sessions." in out
    assert "safety questions" in out


def test_a_chart_marks_band_points_and_ends() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 3, 2, tzinfo=UTC)
    values = (40.0, 35.0, 22.0, 12.0)
    points = [Point(v, start + timedelta(days=k), v - 3, v + 3, f"s{k}") for k, v in enumerate(values)]
    lines = list(draw_trend(trend(points, 10.0, name="x", label="Lumbar flexion", unit="°", better="lower")))
    assert lines[0] == "Lumbar flexion: 12° (9 to 15), better"
    chart = lines[1:8]
    rows = [next(k for k, line in enumerate(chart) if line[10 + 2 * n + 1] == "●") for n in range(4)]
    assert rows == [2, 2, 4, 6]  # 50 at the top, 12 at the bottom: 40 and 35 share a row
    assert sum(line.count("●") for line in chart) == 4
    assert [("░" in line) for line in chart] == [True, True, True, True, False, False, False]
    assert chart[0].lstrip().startswith("50° │")
    assert chart[-1].lstrip().startswith("12° │")
    assert lines[-1].strip() == "░ first ± 10°: a change inside it is no clear change"


def test_the_band_of_a_score_does_not_go_below_nothing() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 3, 2, tzinfo=UTC)
    points = [Point(value, start + timedelta(days=k)) for k, value in enumerate((1.0, 0.0))]
    lines = list(draw_trend(trend(points, 2.0, label="Pain", unit="of 10", better="lower", group="Scores")))
    assert lines[0] == "Pain: 0 of 10, no clear change"
    assert lines[1].split("│")[0].strip() == "3 of 10"
    assert lines[7].split("│")[0].strip() == "0 of 10"
    # Two points more would be a clear change: the row of 3 is not shaded, nor called unclear below.
    assert [("░" in line) for line in lines[1:8]] == [False, *[True] * 6]
    assert lines[-1].strip() == "░ no clear change; from 2 points on, a change is clear"


def test_notes_are_left_and_read_with_who_and_when(started: Gym) -> None:
    assert "No notes on Ana yet." in started.ok("note", "Ana")
    started.ok("note", "Ana", "Felt easier today", "--author", "Ana")
    started.ok("note", "Ana", "Go on like this", "--author", "Dr Lee")
    out = started.ok("note", "Ana").splitlines()
    assert [line.split("  ", 1)[1] for line in out] == ["Ana: Felt easier today", "Dr Lee: Go on like this"]
    assert "--author" in started.refused(2, "note", "Ana", "text")
    assert "no session 'no-such'" in started.refused(14, "note", "Ana", "text", "--author", "A", "--session", "no-such")


def test_an_address_is_no_author_and_is_never_shown(started: Gym) -> None:
    message = started.refused(2, "note", "Ana", "text", "--author", "ana@example.org")
    assert "Leave the address out" in message
    result = started.run("note", "Ana", "write to ana@example.org", "--author", "Ana")
    assert result.exit_code == 0
    assert "leave the address out" in result.stderr
    out = started.ok("note", "Ana")
    assert "write to" in out
    assert "@" not in out
    assert "ana@example.org" not in started.ok("session", "finish", "Ana")


@pytest.mark.parametrize(
    ("option", "name", "code"),
    [
        ("--html", "store.db", 2), ("--pdf", "page.html", 2), ("--html", "page.pdf", 2), ("--html", "taken.html", 7),
        ("--pdf", "taken.pdf", 7),
    ],
)  # fmt: skip
def test_a_progress_page_replaces_nothing_that_is_no_page(started: Gym, option: str, name: str, code: int) -> None:
    for taken in ("taken.html", "taken.pdf"):
        Path(taken).write_text("my own notes", encoding="utf-8")
    before = Path(started.store).read_bytes()[:16]
    started.refused(code, "progress", "Ana", option, name)
    assert Path(started.store).read_bytes()[:16] == before
    assert {Path(one).read_text(encoding="utf-8") for one in ("taken.html", "taken.pdf")} == {"my own notes"}


def test_a_store_that_is_named_like_a_page_is_not_written_over(gym: Gym) -> None:
    gym.ok("person", "add", "Ana", "--store", "people.html")
    message = gym.refused(2, "progress", "Ana", "--html", "people.html", "--store", "people.html")
    assert "the store itself" in message
    assert Path("people.html").read_bytes().startswith(b"SQLite")


def test_a_page_may_be_written_again(started: Gym) -> None:
    for _ in range(2):
        started.ok("progress", "Ana", "--html", "ana.html", "--pdf", "ana.pdf")


def test_the_wall_is_at_one_distance(started: Gym) -> None:
    assert "heels one of your own shoe-lengths away" in started.ok("next", "Ana")
    started.ok("session", "log", "Ana", started.clip("good-3"), "--not-touched", *FEEL)
    out = started.ok("next", "Ana")
    assert "your back to a wall, heels 0.75 of a shoe-length from the wall, and stand still" in out
    assert "one of your own shoe-lengths" not in out


def test_after_a_stopped_set_one_thing_is_said(started: Gym) -> None:
    given = ("--effort", "hamstrings", "--pain", "6", "--where", "low_back", "--no-numbness", "--touched")
    out = started.ok("session", "log", "Ana", started.clip("good-5"), *given)
    assert "Stop this set" in out
    assert "Once it is calm again: hiphinge session log Ana CLIP" in out
    assert "To go on" not in out


def test_an_override_wins_with_name_and_reason_and_can_be_released(started: Gym) -> None:
    out = started.ok("override", "Ana", "--clinician", "Dr Lee", "--reason", "seen today", "--drill", "pull_through")
    assert "Kept: Dr Lee decided" in out
    assert "Dr Lee" in out
    assert "pull-through" in out
    event = started.events()[-1]
    assert isinstance(event, Override)
    assert (event.step, event.drill, event.reason) == ("second_load", "pull_through", "seen today")
    started.ok("override", "Ana", "--clinician", "Dr Lee", "--reason", "done", "--release")
    event = started.events()[-1]
    assert isinstance(event, Override)
    assert event.step is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "--clinician"),
        (("--clinician", "Dr Lee"), "--reason"),
        (("--clinician", "Dr Lee", "--reason", "seen"), "It is not said what is decided"),
        (("--clinician", "Dr Lee", "--reason", "s", "--release", "--clears-stop"), "contradict each other"),
        (("--clinician", "Dr Lee", "--reason", "seen", "--step", "moon"), "There is no step 'moon'"),
        (("--clinician", "Dr Lee", "--reason", "seen", "--drill", "moon"), "There is no drill 'moon'"),
        (("--clinician", "Dr Lee", "--reason", "seen", "--step", "free", "--drill", "goat_bag"), "not in step 'free'"),
        (("--clinician", "Dr Lee", "--reason", "seen", "--drill", "goat_bag", "--variant", "x"), "no variant 'x'"),
        (("--clinician", "Dr Lee", "--reason", "seen", "--variant", "x", "--step", "free"), "without its drill"),
        (("--clinician", "Dr Lee", "--reason", "seen", "--release", "--step", "free"), "contradict"),
        (("--clinician", " ", "--reason", "seen", "--step", "free"), "--clinician is empty"),
    ],
)
def test_an_override_that_does_not_fit_stores_nothing(started: Gym, given: tuple[str, ...], words: str) -> None:
    before = started.events()
    assert words in started.refused(2, "override", "Ana", *given)
    assert started.events() == before


def test_scores_are_kept_and_compared_with_the_first(started: Gym) -> None:
    out = started.ok("outcome", "Ana", "--nprs", "6", "--ftf-cm", "20.5")
    assert "Pain (NPRS): 6, first score" in out
    out = started.ok("outcome", "Ana", "--nprs", "3", "--ftf-cm", "18")
    assert "3, better (first 6)." in out
    assert "18, no clear change (first 20.5)." in out
    assert [(e.measure, e.value) for e in started.events() if isinstance(e, OutcomeScore)] == [
        ("nprs", 6), ("ftf_cm", 20.5), ("nprs", 3), ("ftf_cm", 18),
    ]  # fmt: skip


def test_a_score_out_of_range_stores_none_of_them(started: Gym) -> None:
    before = started.events()
    assert "0 to 24" in started.refused(2, "outcome", "Ana", "--nprs", "3", "--rmdq", "30")
    assert "--nprs, --psfs, --rmdq or --ftf-cm" in started.refused(2, "outcome", "Ana")
    assert started.events() == before
