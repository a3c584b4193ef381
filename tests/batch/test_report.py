"""What the summary counts, and of which films; also while a batch runs, and after it was killed or stopped."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from hiphinge.batch.forget import forget_film
from hiphinge.batch.journal import Journal
from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.report import make_report
from hiphinge.batch.rows import clip_row
from hiphinge.batch.start import note_end, open_batch
from hiphinge.cli.batch_report import print_report
from hiphinge.errors import InputNotFound, OutputError, UsageError
from hiphinge.model import QualityCheck
from hiphinge.report.document import document_bytes
from hiphinge.report.words import VIEW_TROUBLE
from hiphinge.sagittal import quality
from tests.batch.dask_cluster import wait_until
from tests.batch.fakes import begun, do, make_clips, run_batch
from tests.clip.clips import assess_clip
from tests.clip.test_analyse import HINGE
from tests.report.fakes import fake_assessment


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "out"


def summary(dest: Path) -> list[dict[str, str]]:
    with (dest / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def check(name, grade, affects=("all",), advice="Do it so."):
    return QualityCheck(name, name.replace("_", " "), 1.0, "", "", "", grade, affects, advice)


def row_of(outcome, *, reasons=(), cue="", checks=()):
    seen = fake_assessment(outcome=outcome)
    verdict = replace(seen.verdict, cue=cue, reasons=reasons)
    return clip_row(msgspec.json.decode(document_bytes(replace(seen, verdict=verdict, quality=tuple(checks)))))


class TestWhy:
    """What decided that a clip cannot be told, as its report says it."""

    def test_a_told_clip_has_a_cue_and_no_why(self):
        row = row_of("hinge", cue="Chin in.", checks=[check("reps", "cannot_tell", ("lean_spread",))])
        assert (row["cue"], row["why"], row["reason"], row["next_step"]) == ("Chin in.", None, "", "")

    def test_advice_on_filming_is_no_cue(self):
        row = row_of(
            "cannot_tell", reasons=("turned: 80°. Turn.",), cue="Turn.", checks=[check("side_on", "cannot_tell")]
        )
        assert (row["cue"], row["next_step"]) == (None, "Turn.")
        assert (row["why"], row["reason"]) == ("not side-on", "turned: 80°. Turn.")

    @pytest.mark.parametrize(
        ("checks", "why"),
        [
            (("side_on:all", "reps:lean_spread"), "not side-on"),
            (("side_on:all", "back_visible:lumbar_flexion"), "not side-on"),
            (("back_visible:lumbar_flexion", "reps:lean_spread"), "the low back is hidden"),
            (
                ("back_visible:lumbar_flexion", "leg_visible:knee_flexion"),
                "the low back is hidden; knee and ankle hidden",
            ),
        ],
    )
    def test_only_what_decided_counts(self, checks, why):
        made = [check(name, "cannot_tell", (affects,)) for name, affects in (one.split(":") for one in checks)]
        assert row_of("cannot_tell", reasons=("x: 1. Y.",), checks=made)["why"] == why

    @pytest.mark.parametrize(
        ("first", "why"),
        [
            ("How far back the hips went was not told: No place.", "how far back the hips went was not told"),
            ("The bend at 1.0 s is cut off before its bottom, or begins after it.", "the bend is cut off"),
            (
                "It may be that the hips did it, or that the back did: 3 to 40°.",
                "the estimate leaves several answers open",
            ),
        ],
    )
    def test_without_such_checks_the_reason_is_taken(self, first, why):
        open_check = check("reps", "cannot_tell", ("lean_spread",))
        assert row_of("cannot_tell", reasons=(first,), checks=[open_check])["why"] == why

    def test_there_are_words_for_every_check(self):
        source = Path(quality.__file__).read_text(encoding="utf-8")
        assert all(f'"{name}"' in source for name in VIEW_TROUBLE)
        assert {one.name for one in assess_clip(HINGE).quality} == set(VIEW_TROUBLE)


def test_copies_and_moved_films_count_once(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", "ok", "refuse")
    (source / "copy.mp4").write_bytes((source / "000.mp4").read_bytes())
    run_batch(source, dest)
    (source / "001.mp4").rename(source / "moved.mp4")
    run_batch(source, dest)
    report = make_report(dest)
    assert (report.state, report.n_rows, report.about.n_entries) == ("ended", 5, 4)
    assert (report.n_results, report.n_copies, report.n_lacking) == (2, 2, 1)
    assert sum(report.outcomes.values()) == 2
    assert report.lacking == {"refused: it is no film": 1}


def test_it_tells_of_a_run_that_goes_on_and_of_one_that_was_killed(tmp_path, dest, capsys):
    source = make_clips(tmp_path / "films", "ok", "ok", "hold")
    executor = PoolExecutor(1, do=do)
    run = threading.Thread(target=run_batch, args=(source, dest, executor))
    run.start()
    try:
        wait_until(lambda: len(begun(dest)) == 3 and len(list(Journal.read(dest / "journal.jsonl"))) == 2, "two clips")
        report = make_report(dest)
        assert not list((dest / "clips").glob("*/*/*.parquet"))
        assert (report.state, report.n_rows, report.n_results, report.summary) == ("running", 2, 2, "")
        print_report(report)
        assert "Still running, so far 2 clips of" in capsys.readouterr().out.replace("\n", " ")
    finally:
        dest.with_suffix(".go").touch()
        run.join()
        executor.close(cancel=True)
    # As it would stand had the driver been killed after its data set was written.
    about = dest / "batch.json"
    document = msgspec.json.decode(about.read_bytes())
    about.write_bytes(msgspec.json.encode(document | {"ended_utc": "", "n_entries": None}))
    before = {path: path.stat().st_mtime_ns for path in dest.rglob("*")}
    report = make_report(dest)
    assert (report.state, report.n_rows, report.n_results, report.summary) == ("killed", 3, 3, "")
    print_report(report)
    assert "was cut off" in capsys.readouterr().out.replace("\n", " ")
    assert before == {path: path.stat().st_mtime_ns for path in dest.rglob("*")}


def test_a_stopped_run_says_how_far_it_came(tmp_path, dest, capsys):
    source = make_clips(tmp_path / "films", "ok", "ok", "ok")
    run_batch(source, dest, limit=2)
    with open_batch(dest):
        note_end(dest, stopped=True, n_entries=3)
    report = make_report(dest)
    assert report.state == "stopped"
    print_report(report)
    assert "Stopped before its end: 2 of 3 clips of" in capsys.readouterr().out.replace("\n", " ")
    run_batch(source, dest)
    assert make_report(dest).state == "ended"


def test_spreads_need_five_films_and_come_with_an_interval(tmp_path, dest, capsys):
    source = make_clips(tmp_path / "films", *["ok"] * 4)
    run_batch(source, dest)
    assert make_report(dest).spreads == ()
    print_report(make_report(dest))
    assert "No spreads: fewer than 5 clips are told." in capsys.readouterr().out
    make_clips(tmp_path / "films", *["ok"] * 5)
    run_batch(source, dest)
    report = make_report(dest)
    lumbar = next(one for one in report.spreads if one.label.startswith("lumbar flexion, middle"))
    told = next(one for one in fake_assessment().measures if one.name == "lumbar_flexion_deg")
    assert (lumbar.n, lumbar.unit) == (5, "°")
    assert lumbar.p10 == lumbar.p50 == lumbar.p90
    assert lumbar.half_width == pytest.approx((told.hi - told.lo) / 2, abs=3)
    print_report(report)
    printed = capsys.readouterr().out
    assert f"{lumbar.p50:.0f}°" in printed
    assert f"± {lumbar.half_width:.0f}°" in printed


def test_the_list_names_every_clip_in_words(tmp_path, dest):
    source = make_clips(tmp_path / "films", "ok", "refuse", "raise")
    (source / "000.mp4").rename(source / "=1+1.mp4")
    run_batch(source, dest)
    by_name = {one["name"]: one for one in summary(dest)}
    assert set(by_name) == {"'=1+1.mp4", "001.mp4", "002.mp4"}
    done = by_name["'=1+1.mp4"]
    assert done["told"] == next(iter(make_report(dest).outcomes))
    assert (dest / done["report"]).parent.is_dir()
    assert done["lumbar_flexion_median_deg"].lstrip("-").isdigit()
    assert by_name["001.mp4"]["told"] == "No result: not a film that can be assessed"
    assert (by_name["001.mp4"]["why_not_told"], by_name["001.mp4"]["what_would_help"]) == ("It is text.", "Look.")
    assert by_name["002.mp4"]["told"] == "No result: put aside"


class TestForget:
    def text(self, dest: Path) -> str:
        texts = [path.read_bytes() for path in dest.rglob("*") if path.is_file()]
        return b"\n".join(texts).decode("utf-8", errors="replace")

    def test_a_film_is_erased_with_its_name_and_result(self, tmp_path, dest):
        source = make_clips(tmp_path / "films", "ok", "ok", "refuse")
        (source / "000.mp4").rename(source / "jane doe.mp4")
        run_batch(source, dest)
        with open_batch(dest):
            gone = forget_film(dest, "jane doe.mp4")
        assert (gone.address, gone.n_results, gone.shared_with) == (str(source / "jane doe.mp4"), 1, ())
        assert "jane doe" not in self.text(dest)
        assert len(list((dest / "videos").glob("*/*"))) == 1
        report = make_report(dest)
        assert (report.n_rows, report.n_results, report.n_lacking) == (2, 1, 1)
        (source / "jane doe.mp4").unlink()
        assert run_batch(source, dest).skipped == 2

    @pytest.mark.parametrize("name", ["copy.mp4", "000.mp4"])
    def test_a_result_that_another_film_shares_goes_too_and_is_made_again(self, tmp_path, dest, name):
        source = make_clips(tmp_path / "films", "ok")
        (source / "copy.mp4").write_bytes((source / "000.mp4").read_bytes())
        run_batch(source, dest)
        with open_batch(dest):
            gone = forget_film(dest, name)
        (other,) = gone.shared_with
        assert gone.n_results == 1
        assert name not in self.text(dest)
        (source / name).unlink()
        assert run_batch(source, dest).done == 1
        assert [Path(other).name] == [one["name"] for one in summary(dest)]

    def test_a_name_that_several_have_and_one_that_none_has(self, tmp_path, dest):
        source = make_clips(tmp_path / "films", "ok")
        make_clips(source / "ward", "ok")
        run_batch(source, dest)
        with open_batch(dest):
            with pytest.raises(UsageError, match=r"2 films are called '000\.mp4'"):
                forget_film(dest, "000.mp4")
            with pytest.raises(InputNotFound, match=r"knows no film 'x\.mp4'"):
                forget_film(dest, "x.mp4")
        assert make_report(dest).n_rows == 2

    def test_what_stops_it_half_way_leaves_the_film_to_be_forgotten(self, tmp_path, dest, monkeypatch):
        source = make_clips(tmp_path / "films", "ok", "ok")
        run_batch(source, dest)

        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with open_batch(dest), monkeypatch.context() as patched:
            patched.setattr("hiphinge.batch.forget._rewrite", stop)
            with pytest.raises(KeyboardInterrupt):
                forget_film(dest, "000.mp4")
        with open_batch(dest):
            forget_film(dest, "000.mp4")
        assert "000.mp4" not in self.text(dest)
        assert make_report(dest).n_rows == 1

    def test_a_disk_that_is_full_after_the_journal_leaves_no_name_and_no_lie(self, tmp_path, dest, monkeypatch):
        source = make_clips(tmp_path / "films", "ok", "ok")
        run_batch(source, dest)

        def stop(*_: object, **__: object) -> None:
            raise OutputError("full")

        with open_batch(dest), monkeypatch.context() as patched:
            patched.setattr("hiphinge.batch.forget.ClipTable.rebuild", stop)
            with pytest.raises(OutputError):
                forget_film(dest, "000.mp4")
        assert "000.mp4" not in self.text(dest)
        assert make_report(dest).n_rows == 1


def test_a_manifest_that_gives_a_film_another_drill_leaves_one_row(tmp_path, dest):
    make_clips(tmp_path, "ok")
    manifest = tmp_path / "films.csv"
    before = {}
    for drill in ("toe_touch", "hinge"):
        manifest.write_text(f"video,drill\n000.mp4,{drill}\n", encoding="utf-8")
        run_batch(manifest, dest)
        report = make_report(dest)
        assert (report.n_rows, report.n_results) == (1, 1)
        (line,) = summary(dest)
        before[drill] = line["report"]
    assert before["hinge"] != before["toe_touch"]
