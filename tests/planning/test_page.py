"""The page says what the measured costs give; arithmetic holds; costs are measured in processes of their own."""

from __future__ import annotations

import shutil

import msgspec
import pytest
from benchmarks import scale
from benchmarks.measure_costs import find_clips
from benchmarks.planning.assumptions import ASSUMED, draw_seconds
from benchmarks.planning.buy_table import buy_part
from benchmarks.planning.capacity import draw_costs, live_needs, mean_clip_s, month_needs
from benchmarks.planning.chance import Chance
from benchmarks.planning.clip_costs import Worker
from benchmarks.planning.measured import FILE, read_measured
from benchmarks.planning.needs_tables import KEPT_MONTHS, STEPS
from benchmarks.planning.tables import fill_page, markdown_table, say, say_time

from tests.e2e.helpers import DATA


@pytest.fixture(scope="module")
def found():
    return read_measured()


@pytest.mark.slow
def test_the_page_is_what_the_measured_costs_give():
    assert scale.main(["--check"]) == 0


def test_another_page_is_told(found, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(scale, "PARTS", {"assumed": scale.PARTS["assumed"]})
    page = tmp_path / "scale.md"
    page.write_text("Before.\n<!-- plan:assumed -->\nold\n<!-- /plan -->\nAfter.\n")
    assert scale.main(["--check", "--page", str(page)]) == 1
    assert "--write" in capsys.readouterr().err
    assert scale.main(["--write", "--page", str(page)]) == 0
    assert scale.main(["--check", "--page", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith("\nAfter.\n")
    assert "core-hour" in text


def test_one_part_is_printed_and_never_written(capsys):
    assert scale.main(["--only", "month"]) == 0
    assert "core-hours a month" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        scale.main(["--only", "month", "--write"])


def test_a_page_without_a_place_for_a_part_is_refused():
    with pytest.raises(ValueError, match="there are parts"):
        fill_page("nothing", {"month": "x"})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.1234, "0.12"), (9.96, "10"), (12.3, "12"), (1234.0, "1,200"), (1.26e8, "130,000,000")],
)
def test_numbers_have_two_digits(value, text):
    assert say(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.025, "25 ms"), (30.0, "30 s"), (600.0, "10 min"), (7200.0, "2 h")])
def test_times_have_a_unit_that_fits(seconds, text):
    assert say_time(seconds) == text


def test_columns_of_numbers_stand_to_the_right():
    assert markdown_table(["a", "b", "c"], [["x", "1", "y"]]).splitlines()[1] == "| --- | ---: | --- |"


def test_ten_times_as_many_clips_need_ten_times_as_much(found):
    few, many = month_needs(found, 1e6), month_needs(found, 1e7)
    for name in ("core_hours", "core_hours_heavy", "peak_clips_s", "originals_gb", "files", "rows_gb"):
        assert getattr(many, name) == pytest.approx(10 * getattr(few, name))
    assert many.peak_cores == pytest.approx(10 * few.peak_cores, rel=0.1)


def test_core_hours_are_frames_times_what_a_frame_costs_beside_a_neighbour(found):
    beside = 2 * found.pair.wall_s / found.pair.wall_one_worker_s
    assert beside > 1
    expected = 1e6 * mean_clip_s() * ASSUMED.frame_hz * found.frame_ms("full") * beside / 1000 / 3600
    assert month_needs(found, 1e6).core_hours == pytest.approx(expected)
    costs = draw_costs(found, 50_000)
    assert sum(costs) / len(costs) == pytest.approx(expected * 3600 / 1e6, rel=0.1)


def test_an_archive_has_long_recordings_and_uploads_have_not():
    chance = Chance(3)
    assert max(draw_seconds(chance) for _ in range(20_000)) <= ASSUMED.clip_most_s
    archive = [draw_seconds(chance, archive=True) for _ in range(20_000)]
    assert sum(one == ASSUMED.long_s for one in archive) == pytest.approx(20, abs=15)


def test_live_patients_rest_in_between(found):
    needs = live_needs(found, 1000, 50)
    assert needs.in_sets == pytest.approx(1000 * ASSUMED.set_s / (ASSUMED.set_s + ASSUMED.rest_s))
    assert needs.processes >= needs.cores


def test_the_file_holds_numbers_and_no_names():
    text = FILE.read_text()
    for word in (*(one.stem for one in find_clips(None)), ".mp4", "/"):
        assert word not in text.replace(read_measured().machine.processor, "")


def test_a_measured_file_that_lacks_a_part_is_refused(tmp_path):
    (tmp_path / "m.json").write_text("{}")
    with pytest.raises(msgspec.ValidationError, match="machine"):
        read_measured(tmp_path / "m.json")


def test_further_clips_stand_between_ours(tmp_path):
    shutil.copy(DATA / "squat.mp4", tmp_path / "somebody.mp4")
    (tmp_path / "notes.txt").write_text("no clip")
    clips = find_clips(tmp_path)
    assert clips[1] == tmp_path / "somebody.mp4"
    assert len(clips) == len(find_clips(None)) + 1


@pytest.mark.slow
def test_a_worker_says_what_a_clip_cost_and_goes_on_after_one_that_is_none(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    with Worker() as worker:
        assert worker.ask("", "lite")["memory_mb"] > 50
        assert worker.cost(broken, "lite") is None
        cost = worker.cost(DATA / "wall_touch.mp4", "lite")
        assert worker.peak_mb() > 50
    assert cost.core_s > 0
    assert cost.frames / cost.seconds == pytest.approx(12, abs=1)
    assert cost.result_files >= 3
    assert cost.clip_bytes == (DATA / "wall_touch.mp4").stat().st_size


def test_what_is_bought_holds_what_is_needed():
    found = read_measured()
    rows = [line.strip("| ").split(" | ") for line in buy_part(found).splitlines()[2:]]
    by_name = {cells[0]: cells[1:] for cells in rows}
    machines = next(cells for name, cells in by_name.items() if name.startswith("machines of"))
    for clips, text in zip(STEPS[1:], machines[1:], strict=True):
        needs = month_needs(found, clips)
        number = int(text.replace(",", ""))
        assert (number - 1) * ASSUMED.machine_cores >= needs.peak_cores  # with one of them away
        assert needs.peak_memory_gb <= number * ASSUMED.machine_gb
    results = next(cells for name, cells in by_name.items() if name.endswith("months of results, TB"))
    assert float(results[1]) * 1000 >= KEPT_MONTHS * month_needs(found, 1e6).results_gb
