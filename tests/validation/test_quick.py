"""The small set and its record; rendering that is missing; the whole benchmark in miniature."""

import json
import shutil
from dataclasses import replace

import pytest

from hiphinge.errors import ConfigError, InputNotFound, MissingDependency
from hiphinge.spine.network import load_network
from hiphinge.synth import dataset
from hiphinge.validation import benchmark, run
from hiphinge.validation.benchmark import Plan, render_missing
from hiphinge.validation.films import FilmKind, watch_folder
from hiphinge.validation.quick import QuickResult, compare_with_record, find_quick_set, read_record

RECORD = {
    "bands": {
        "a": {"mae": 3.0, "mae_interval": [2.0, 4.0], "told_pct": 90.0, "coverage_pct": 90.0},
        "b": {"mae": 1.0, "mae_interval": [0.5, 1.5], "told_pct": 90.0, "coverage_pct": 90.0},
    }
}


def now(**maes):
    return {"bands": {band: {"mae": mae, "told_pct": 90.0, "coverage_pct": 90.0} for band, mae in maes.items()}}


def test_within_the_interval_is_no_change():
    assert compare_with_record(RECORD, now(a=3.99, b=0.1)) == []


def test_beyond_the_interval_is_worse():
    (worse,) = compare_with_record(RECORD, now(a=4.01, b=1.0))
    assert (worse.band, worse.what, worse.recorded, worse.limit, worse.now) == ("a", "error", 3.0, 4.0, 4.01)
    assert str(worse) == "a, error: 4.01°; on record 3.00°, limit 4.00°"


@pytest.mark.parametrize(("key", "word"), [("told_pct", "told"), ("coverage_pct", "covered")])
def test_silence_and_narrow_intervals_are_worse_too(key, word):
    found = now(a=3.0, b=1.0)
    found["bands"]["a"][key] = 79.0
    (worse,) = compare_with_record(RECORD, found)
    assert str(worse) == f"a, {word}: 79.00 %; on record 90.00 %, limit 80.00 %"


def test_a_band_that_is_told_no_longer_is_worse():
    (worse,) = compare_with_record(RECORD, now(a=3.0))
    assert str(worse) == "b, error: not told any more; on record 1.00°, limit 1.50°"


def test_the_committed_set_is_small_and_complete():
    folder = find_quick_set()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 1_500_000
    for truth in (folder / "stills").glob("*.json"):
        rows = json.loads(truth.read_text(encoding="utf-8"))
        assert {row["split"] for row in rows} == {"test"}
        assert all((folder / "stills" / row["file"]).is_file() for row in rows)
    clips = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "clips").glob("*.json")]
    assert len(clips) == 2
    assert all((folder / "clips" / clip["file"]).is_file() for clip in clips)


def test_without_a_checkout_the_small_set_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputNotFound) as caught:
        find_quick_set(tmp_path)
    assert "checkout" in caught.value.expected


@pytest.mark.parametrize("content", ["{}", '{"quick": 1}', '{"quick": {}}'])
def test_a_file_without_a_record_is_said_kindly(tmp_path, content):
    (tmp_path / "validation.json").write_text(content)
    with pytest.raises(ConfigError, match="no record") as caught:
        read_record(tmp_path / "validation.json")
    assert "--quick --write" in caught.value.next_step


def test_a_record_leaves_everything_else_as_it_is(tmp_path):
    (tmp_path / "validation.json").write_text('{"stills": 1, "quick": {"bands": {}}}')
    run.write_record(tmp_path, RECORD)
    assert json.loads((tmp_path / "validation.json").read_text()) == {"stills": 1, "quick": RECORD}
    assert read_record(tmp_path / "validation.json") == RECORD


def test_check_compares_with_the_file(tmp_path):
    run.write_record(tmp_path, RECORD)
    path = tmp_path / "validation.json"
    assert run.check_quick(QuickResult({}, now(a=3.0, b=1.0)), recorded=path) == []
    assert len(run.check_quick(QuickResult({}, now(a=9.0, b=1.0)), recorded=path)) == 1


@pytest.mark.parametrize("known", [0, 1])
def test_people_whom_the_model_was_made_with_are_refused(tmp_path, known):
    seed = min(load_network().seeds) - known
    with pytest.raises(ConfigError, match="made with people of set") as caught:
        run.run_benchmark(Plan(cache=tmp_path, people=2, clips=2, seed=seed), write=None, progress=print)
    assert "--seed" in caught.value.next_step
    assert not list(tmp_path.iterdir())


def test_missing_people_without_the_extra_say_what_to_install(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise MissingDependency("rendering people needs the package 'anny'.")

    monkeypatch.setattr(dataset, "render_people", refuse)
    plan = Plan(cache=tmp_path / "cache", people=3, clips=2)
    with pytest.raises(MissingDependency, match="0 of 3 people as stills") as caught:
        render_missing(plan)
    assert "hiphinge[synth]" in caught.value.next_step
    assert "--quick" in caught.value.next_step


def test_only_who_is_missing_is_rendered(tmp_path, monkeypatch):
    plan = Plan(cache=tmp_path, people=2, clips=2, seed=5)
    plan.stills_folder.mkdir(parents=True)
    for name in ("t0000", "t0001"):
        (plan.stills_folder / f"{name}.json").write_text("[]")
    calls = []
    monkeypatch.setattr(dataset, "render_people", lambda *a, **k: calls.append(("stills", k)))
    monkeypatch.setattr(dataset, "render_clips", lambda *a, **k: calls.append((a[0], k)))
    render_missing(plan)
    ((folder, given),) = calls
    assert folder == tmp_path / "clips-5"
    assert (given["seed"], list(given["people"]), given["split"]) == (6, [0, 1], "test")


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A cache of two people with few pictures, and one clip."""
    plan = Plan(cache=tmp_path_factory.mktemp("cache"), people=2, clips=1, models=("full",))
    source = find_quick_set()
    plan.stills_folder.mkdir()
    plan.clips_folder.mkdir()
    for truth in sorted((source / "stills").glob("*.json"))[:2]:
        rows = json.loads(truth.read_text(encoding="utf-8"))
        rows = [row for row in rows if row["kind"] == "still"][:2] + [r for r in rows if r["trunk_lean"] > 25][:2]
        for row in rows:
            shutil.copy(source / "stills" / row["file"], plan.stills_folder)
        (plan.stills_folder / truth.name).write_text(json.dumps(rows), encoding="utf-8")
    for file in sorted((source / "clips").glob("*"))[:2]:
        shutil.copy(file, plan.clips_folder)
    return plan


@pytest.mark.slow
def test_the_whole_benchmark_in_miniature(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "SCALES", (0.5,))
    monkeypatch.setattr(benchmark, "FILM_KINDS", (FilmKind("every 2nd picture", every=2, scale=0.5),))
    monkeypatch.setattr(run, "find_checkout", lambda: None)
    told = []
    page = run.run_benchmark(plan, write=tmp_path, progress=told.append)
    assert (tmp_path / "validation.md").read_text(encoding="utf-8") == page
    numbers = json.loads((tmp_path / "validation.json").read_text(encoding="utf-8"))
    assert numbers["made"]["people"] == 2
    assert numbers["clips"]["counts"]["reps"] == 2
    assert set(numbers["films"]) == {"as filmed", "every 2nd picture"}
    assert len(numbers["sizes"]) == 2
    assert "looked at stills (full, 50 %): 2 of 2" in told
    assert "## Targets" in page

    # Everything was kept: a second run looks at nothing, and says the same.
    again = []
    assert run.run_benchmark(plan, write=None, progress=again.append) == page
    assert again == []


def test_a_clip_with_another_truth_file_is_refused(plan, tmp_path):
    (tmp_path / "v.json").write_text('{"file": "v.mp4"}')
    with pytest.raises(ConfigError, match="no truth of a clip"):
        list(watch_folder(tmp_path, kept=tmp_path))
    assert replace(plan, seed=8).clips_folder.name == "clips-8"
