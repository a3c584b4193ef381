"""Tables that are arithmetic on measured costs."""

from __future__ import annotations

import statistics

from benchmarks.planning.assumptions import ASSUMED, PRICES
from benchmarks.planning.capacity import live_needs, mean_clip_s, month_needs, transactions_a_s
from benchmarks.planning.measured import Measured
from benchmarks.planning.tables import markdown_table, say

__all__ = [
    "KEPT_MONTHS",
    "STEPS",
    "STEP_NAMES",
    "assumed_part",
    "limits_part",
    "live_part",
    "measured_part",
    "month_part",
]

#: Clips a month.
STEPS = (1e3, 1e6, 1e8)
STEP_NAMES = ("10³ a month", "10⁶ a month", "10⁸ a month")
#: Patients in live sessions at once.
LIVE_PATIENTS = 1e5
#: An ext4 file system made with its defaults has a place for a file in every 16 KiB.
_BYTES_AN_INODE = 16_384
#: Results are kept so many months in the example of the cost of keeping.
KEPT_MONTHS = 12
_LINK_MBIT_S = 1000.0


def measured_part(found: Measured) -> str:
    """Return what was measured, with the machine."""
    machine = found.machine
    rows = []
    for kind, clips in found.clips.items():
        model, _, overlay = kind.partition("+")
        spread = [one.frame_ms for one in clips]
        minute_s = found.frame_ms(kind) * ASSUMED.frame_hz * 60 / 1000
        rows.append([
            f"`{model}`{' with overlay' if overlay else ''}", str(len(clips)), f"{found.frame_ms(kind):.1f}",
            f"{min(spread):.0f} to {max(spread):.0f}", say(minute_s),
            say(statistics.median(one.result_bytes for one in clips) / 1000),
            str(round(found.median(kind, "result_files"))),
        ])  # fmt: skip
    heads = ["one worker, one thread", "clips", "core-ms a frame", "clips differ", "core-s a minute of video",
             "kB of results a clip", "files"]  # fmt: skip
    worker, pair, live, scheduler = found.worker, found.pair, found.live, found.scheduler
    lines = [
        f"Measured on {machine.date} on {machine.cores} cores ({machine.processor}), Python {machine.python}, hiphinge "
        f"{machine.hiphinge}; load before it began {machine.load_before:.1f}.",
        "",
        markdown_table(heads, rows),
        "",
        f"- A worker process starts within {worker.start_s:.1f} s and holds {worker.idle_mb:.0f} MB, at most "
        f"{worker.peak_mb:.0f} MB over its clips.",
        f"- Two workers beside each other did {pair.wall_one_worker_s / pair.wall_s:.2f} times what one did: a "
        f"clip takes {found.crowding:.2f} times as long where the other core works too, and every figure above counts "
        "it so.",
        f"- A film sent to the web app makes {found.transactions_a_job:.0f} write transactions, and one more for every "
        f"{ASSUMED.beat_s:.0f} s of work.",
        *(f"- {'SQLite' if name == 'sqlite' else 'PostgreSQL'}: {one.transaction_ms:.1f} ms a write transaction; "
          f"{say(transactions_a_s(found, name))} a second with up to {max(map(int, one.jobs_a_s))} processes; a "
          f"second's frames of {one.live_sets} live sets in {one.live_write_ms:.0f} ms."
          for name, one in found.store.items()),
        f"- Live server: {live.server_frame_ms:.3f} core-ms a frame with network and disk, {live.process_mb:.0f} MB "
        f"with one set, {live.set_mb:.1f} MB for each further one of {live.set_frames} frames, {live.frame_bytes} "
        "bytes a frame.",
        f"- Dask, as a batch uses it: {scheduler.tasks_a_s:.0f} tasks that do nothing a second with two workers; "
        f"{scheduler.scheduler_ms:.2f} core-ms a task in the scheduler, {scheduler.client_ms:.2f} in the driver.",
        f"- Result folders of five files: {say(found.folders_a_s)} a second from one process on the disk here.",
        f"- A clip's row in Parquet: {found.parquet_row_bytes:.0f} bytes.",
    ]  # fmt: skip
    return "\n".join(lines)


def assumed_part() -> str:
    """Return what was assumed, and the prices."""
    a = ASSUMED
    rows = [
        ["length of a clip", f"half of them under {a.clip_median_s:.0f} s, mean {mean_clip_s():.0f} s, at most "
                             f"{a.clip_most_s / 60:.0f} min"],
        ["an archive also has", f"{a.long_share:.1%} recordings of {a.long_s / 60:.0f} min"],
        ["pictures", f"{a.frame_hz:.0f} a second; a phone's 1080p film, {a.film_mbit_s:.0f} Mbit/s"],
        ["arrival", f"{a.working_days} working days a month, clinic hours; {a.peak_hour_share:.0%} of a day in the "
                    "fullest hour"],
        ["reserve", f"cores are planned {a.full_share:.0%} busy at the peak"],
        ["live", f"a set of {a.set_s:.0f} s, then {a.rest_s:.0f} s of rest"],
        ["to buy", f"machines of {a.machine_cores} cores, {a.machine_gb} GB; a spare for every {a.machines_a_spare} "
                   f"that are begun; disks {a.disk_share:.0%} and links {a.link_share:.0%} full at most; a database "
                   f"for {say(a.clips_a_database)} clips a month"],
        ["model", "`full`, no overlay, unless said otherwise"],
    ]  # fmt: skip
    prices = [[one.what, f"{one.amount:g}", one.unit] for one in PRICES.values()]
    return "\n\n".join((
        markdown_table(["assumed", "value"], rows),
        markdown_table(["price (November 2026, order of magnitude of public lists, nobody's offer)", "amount", "for a"],
                       prices),
    ))  # fmt: skip


def month_part(found: Measured) -> str:
    """Return what the three steps need."""
    needs = [month_needs(found, clips) for clips in STEPS]
    lines = [
        ("core-hours a month", [say(one.core_hours) for one in needs]),
        ("– with overlay", [say(one.core_hours_overlay) for one in needs]),
        ("– with `heavy` instead of `full`", [say(one.core_hours_heavy) for one in needs]),
        ("cores, work spread over day and night", [_cores(one.average_cores) for one in needs]),
        ("cores in the fullest hour", [_cores(one.peak_cores) for one in needs]),
        ("memory of these, GB", [say(one.peak_memory_gb) for one in needs]),
        ("films in, fullest hour, Mbit/s", [say(one.peak_upload_mbit_s) for one in needs]),
        ("films, GB a month (deleted unless kept)", [say(one.originals_gb) for one in needs]),
        ("results, GB a month", [say(one.results_gb) for one in needs]),
        ("– overlays on top, GB a month", [say(one.overlays_gb) for one in needs]),
        ("– rows in Parquet, GB a month", [say(one.rows_gb) for one in needs]),
        ("files and folders a month", [say(one.files) for one in needs]),
        ("money a month: cores", [say(one.work_price) for one in needs]),
        (
            f"– {KEPT_MONTHS} months of results kept, as objects",
            [say(KEPT_MONTHS * one.results_price) for one in needs],
        ),
        (
            f"– {KEPT_MONTHS} months of films kept, as objects",
            [say(KEPT_MONTHS * one.originals_price) for one in needs],
        ),
    ]
    return markdown_table(["", *STEP_NAMES], [[name, *values] for name, values in lines])


def _cores(cores: float) -> str:
    return say(cores) if cores >= 1 else "under 1"


def live_part(found: Measured, sets_a_core: float) -> str:
    """Return what live patients need."""
    one = live_needs(found, LIVE_PATIENTS, sets_a_core)
    rows = [
        ["in a set at any moment", say(one.in_sets)],
        ["frames a second", say(one.frames_s)],
        ["cores busy", say(one.cores)],
        [f"server processes, one core and {sets_a_core:.0f} sets each", say(one.processes)],
        ["memory, GB", say(one.memory_gb)],
        ["joints and outlines in, Gbit/s (no video: it stays on the phone)", say(one.in_gbit_s)],
        ["written to databases, GB an hour", say(one.stored_gb_hour)],
        ["write transactions a second (one a process)", say(one.write_transactions_s)],
        ["money an hour: cores", say(one.work_price_hour)],
    ]
    return markdown_table(["10⁵ patients in live sessions at once", ""], rows)


def limits_part(found: Measured, sets_a_core: float) -> str:
    """Return what saturates first at each step: the share of each part that the fullest hour takes."""
    needs = [month_needs(found, clips) for clips in STEPS]
    clip_s = mean_clip_s() * ASSUMED.frame_hz * found.frame_ms("full") * found.crowding / 1000
    live = live_needs(found, LIVE_PATIENTS, sets_a_core)

    def used(values: list[float]) -> list[str]:
        return [_share(one) for one in values]

    database = "postgresql" if "postgresql" in found.store else "sqlite"
    per_disk = 1e13 / _BYTES_AN_INODE
    rows = [
        ["one core of worker", *used([one.peak_clips_s * clip_s for one in needs]),
         "more workers; nothing else changes"],
        ["SQLite's writes", *used([one.peak_transactions_s / transactions_a_s(found, "sqlite") for one in needs]),
         "PostgreSQL as soon as workers run on a second computer"],
        [f"writes of the {'PostgreSQL' if database == 'postgresql' else 'SQLite'} measured here",
         *used([one.peak_transactions_s / transactions_a_s(found, database) for one in needs]),
         "a server of its own with a fast log disk; then a database for each group of clinics"],
        ["a link of 1 Gbit/s for films", *used([one.peak_upload_mbit_s / _LINK_MBIT_S for one in needs]),
         "10 Gbit/s; then film in the clinic's own network, or send what the browser sees instead of the film"],
        ["one Dask scheduler", *used([one.peak_clips_s * found.scheduler.scheduler_ms / 1000 for one in needs]),
         "several batches, each with its own scheduler"],
        ["one driver, with tasks that do nothing",
         *used([one.peak_clips_s * found.scheduler.client_ms / 1000 for one in needs]), "several batches"],
        ["result folders written by one process here", *used([one.peak_clips_s / found.folders_a_s for one in needs]),
         "they are written by all workers; a shared file system is slower by far, measure yours"],
        ["files of a year on a file system of 10 TB", *used([12 * one.files / per_disk for one in needs]),
         "Parquet rows only, or folders in an object store"],
    ]  # fmt: skip
    table = markdown_table(["share used in the fullest hour", *STEP_NAMES, "what to change when it is full"], rows)
    stored_mb_s = live.stored_gb_hour / 3.6
    writes = _share(live.write_transactions_s / transactions_a_s(found, database))
    a_writer = 1000 / found.store[database].live_write_ms
    return table + (
        f"\n\nLive, 10⁵ at once: one process holds a set, and a process has one core, so {say(live.processes)} "
        f"processes. What is full long before them is one database: {say(stored_mb_s)} MB/s of frames in "
        f"{say(live.processes)} transactions a second, {writes} of what was measured here; one connection that does "
        f"nothing else writes for {say(a_writer)} processes."
    )


def _share(share: float) -> str:
    if share < 0.001:
        return "0 %"
    return f"{say(100 * share)} %" if share < 2 else f"{say(share)} ×"
