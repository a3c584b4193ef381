"""Simulations against closed formulas, conservation, and the same numbers every time."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from benchmarks.planning.archive import BatchPlan, simulate_batch
from benchmarks.planning.chance import Chance
from benchmarks.planning.formulas import md1_mean_wait_s, mmc_mean_wait_s, mmc_wait_quantile_s, share_that_waits
from benchmarks.planning.live import LiveCosts, LiveWish, simulate_live
from benchmarks.planning.uploads import QueuePlan, clinic_hours, simulate_day

COSTS = LiveCosts(frame_s=0.00025, batch_s=0.001, read_s=0.0001)


def exponential(count, mean, seed=5):
    chance = Chance(seed)
    return [chance.exponential(mean) for _ in range(count)]


class TestFormulas:
    def test_erlangs_c_of_one_server_is_its_load(self):
        assert share_that_waits(0.7, 1) == pytest.approx(0.7)

    def test_erlangs_c_of_two_servers_is_as_printed_in_textbooks(self):
        # C(2, 1) = 1/3 exactly.
        assert share_that_waits(1.0, 2) == pytest.approx(1 / 3)

    def test_a_load_that_grows_without_end_is_refused(self):
        with pytest.raises(ValueError, match="without end"):
            share_that_waits(2.0, 2)
        with pytest.raises(ValueError, match="without end"):
            md1_mean_wait_s(1.0, 1.0)

    def test_a_share_that_does_not_wait_waits_for_nothing(self):
        assert mmc_wait_quantile_s(0.1, 1.0, 10, 0.95) == 0.0


class TestUploads:
    def test_many_workers_wait_as_erlang_says(self):
        day = simulate_day([2.25] * 12, exponential(50_000, 4.0), QueuePlan(workers=10, poll_s=0.0))
        assert statistics.fmean(day.waits_s) == pytest.approx(mmc_mean_wait_s(2.25, 4.0, 10), rel=0.1)
        expected = mmc_wait_quantile_s(2.25, 4.0, 10, 0.95)
        assert np.percentile(day.waits_s, 95) == pytest.approx(expected, rel=0.1)

    def test_one_worker_with_constant_work_waits_as_pollaczek_and_khinchine_say(self):
        day = simulate_day([0.2] * 200, [4.0], QueuePlan(workers=1, poll_s=0.0))
        assert statistics.fmean(day.waits_s) == pytest.approx(md1_mean_wait_s(0.2, 4.0), rel=0.05)

    @pytest.mark.parametrize("dies_every_s", [math.inf, 300.0, 20.0])
    def test_every_film_comes_to_a_result_once(self, dies_every_s):
        plan = QueuePlan(workers=3, dies_every_s=dies_every_s, restart_s=2.0)
        day = simulate_day([0.05] * 8, exponential(1000, 8.0), plan)
        assert day.arrived == len(day.waits_s) == len(day.totals_s)
        assert (day.deaths > 0) == math.isfinite(dies_every_s)

    def test_films_come_by_the_clock(self):
        rates = clinic_hours([0, 3, 1], 40_000)
        assert sum(rates) * 3600 == pytest.approx(40_000)
        day = simulate_day(rates, [0.001], QueuePlan(workers=1, poll_s=0.0))
        assert day.arrived == pytest.approx(40_000, rel=0.03)
        only_second = simulate_day((0.0, rates[1], 0.0), [0.001], QueuePlan(workers=1, poll_s=0.0))
        assert only_second.arrived == pytest.approx(30_000, rel=0.03)

    def test_an_idle_worker_finds_a_film_at_its_next_look(self):
        alone = simulate_day([0.001] * 200, [1.0], QueuePlan(workers=1, poll_s=1.0)).waits_s
        assert max(alone) <= 2.0
        assert statistics.fmean(alone) == pytest.approx(0.5, abs=0.05)
        several = simulate_day([0.001] * 200, [1.0], QueuePlan(workers=9, poll_s=1.0)).waits_s
        assert statistics.fmean(several) == pytest.approx(0.1, abs=0.02)

    def test_a_dead_workers_film_waits_for_its_lease(self):
        plan = QueuePlan(workers=5, poll_s=0.0, lease_s=60.0, dies_every_s=40.0)
        day = simulate_day([0.002] * 100, [20.0], plan)
        longer = [one for one in day.totals_s if one > 21.0]
        assert day.deaths
        assert len(longer) <= day.deaths
        assert min(longer) >= 60.0

    def test_the_same_seed_is_the_same_day(self):
        plan = QueuePlan(workers=4, dies_every_s=100.0)
        days = [simulate_day([0.1] * 3, [5.0, 9.0], plan, seed=seed) for seed in (1, 1, 2)]
        assert days[0] == days[1] != days[2]


class TestBatch:
    def test_equal_clips_take_equal_turns(self):
        run = simulate_batch([2.0] * 100, BatchPlan(workers=10))
        assert run.took_s == pytest.approx(20.0)
        assert run.utilisation == pytest.approx(1.0)

    @pytest.mark.parametrize("dies_every_s", [math.inf, 100.0, 10.0])
    def test_every_clip_is_done_or_set_aside_once(self, dies_every_s):
        costs = exponential(2000, 5.0)
        plan = BatchPlan(workers=7, scheduler_s=0.001, dies_every_s=dies_every_s, restart_s=1.0, max_attempts=3)
        run = simulate_batch(costs, plan)
        assert len(set(run.done)) == len(run.done) == run.clips
        assert run.clips + run.set_aside == len(costs)
        assert run.useful_s == pytest.approx(sum(costs[one] for one in run.done))
        assert (run.deaths > 0) == math.isfinite(dies_every_s)

    def test_a_clip_longer_than_any_workers_life_is_set_aside_and_stops_nobody(self):
        run = simulate_batch([1e6, *[1.0] * 50], BatchPlan(workers=2, dies_every_s=50.0, max_attempts=3))
        assert (run.set_aside, run.clips) == (1, 50)
        assert run.deaths >= 3

    def test_the_one_scheduler_is_the_limit_of_many_workers(self):
        run = simulate_batch([0.001] * 2000, BatchPlan(workers=100, scheduler_s=0.01))
        assert run.clips_a_s == pytest.approx(100.0, rel=0.01)
        assert run.scheduler_s == pytest.approx(20.0)

    def test_long_clips_first_end_sooner(self):
        costs = [1.0] * 300 + [60.0]
        late = simulate_batch(costs, BatchPlan(workers=10)).took_s
        early = simulate_batch(costs, BatchPlan(workers=10, longest_first=True)).took_s
        assert early == pytest.approx(60.0)
        assert late == pytest.approx(90.0)

    def test_no_clips_take_no_time(self):
        run = simulate_batch([], BatchPlan(workers=3))
        assert (run.took_s, run.clips, run.clips_a_s, run.utilisation) == (0.0, 0, 0.0, 0.0)

    def test_the_same_seed_is_the_same_night(self):
        plan = BatchPlan(workers=5, dies_every_s=30.0, restart_s=1.0)
        costs = exponential(500, 4.0)
        runs = [simulate_batch(costs, plan, seed=seed) for seed in (1, 1, 2)]
        assert runs[0] == runs[1] != runs[2]


class TestLive:
    def test_every_frame_is_answered_once(self):
        run = simulate_live(LiveWish(patients=20, seconds=30.0, all_at_once=True), COSTS)
        sent = 20 * 30 * 30.0
        assert sent - 20 * 3 <= len(run.latencies_s) <= sent + 20

    def test_the_core_is_used_as_arithmetic_says(self):
        run = simulate_live(LiveWish(patients=40, seconds=60.0, all_at_once=True), COSTS)
        # Ticks are a little longer than asked for, since work lies between them.
        assert run.core_share == pytest.approx(COSTS.share_of_core(40 * 30.0), rel=0.05)

    def test_few_patients_wait_for_the_tick_and_too_many_for_ever(self):
        few = simulate_live(LiveWish(patients=2, seconds=30.0, all_at_once=True), COSTS)
        assert np.percentile(few.latencies_s, 99) < 0.03
        many = simulate_live(LiveWish(patients=200, seconds=30.0, all_at_once=True), COSTS)
        assert np.percentile(many.latencies_s, 95) > 1.0

    def test_patients_are_in_sets_for_their_share_of_the_time(self):
        run = simulate_live(LiveWish(patients=90, set_s=20.0, rest_s=10.0, seconds=600.0), COSTS)
        assert statistics.fmean(run.in_sets) == pytest.approx(60.0, rel=0.05)

    def test_nobody_there_is_nothing_read(self):
        run = simulate_live(LiveWish(patients=0, seconds=5.0), COSTS)
        assert (len(run.latencies_s), run.core_share) == (0, 0.0)


def test_chance_is_the_same_on_every_machine():
    chance = Chance(1)
    found = [chance.uniform(), chance.exponential(2.0), chance.log_normal(10.0, 2.0), chance.pick([1.0, 2.0, 3.0])]
    assert found == pytest.approx([0.8014518600481421, 1.5929228260398758, 13.022826733909024, 1.0])
