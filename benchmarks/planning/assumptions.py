"""What nobody could measure here: to be replaced by whoever plans for a place of their own."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.planning.chance import Chance

__all__ = ["ASSUMED", "PRICES", "Assumed", "Price", "draw_seconds"]


@dataclass(frozen=True, slots=True)
class Assumed:
    """The assumptions, each with its unit in its name.

    Parameters
    ----------
    clip_median_s, clip_spread, clip_most_s
        Lengths of clips: log-normal, a sixth longer than median times spread; none longer than the limit.
    long_share, long_s
        Of an archive, this share are whole recordings of a session, so long.
    frame_hz
        Pictures a second.
    film_mbit_s
        What a phone writes at 1080p.
    working_days
        A month has so many days on which clips are made.
    hours
        Share of a day's clips in each hour from midnight, by any measure.
    full_share
        Share of a core's time that is planned to be used at the peak; the rest is for what is not foreseen.
    beat_s
        A worker says so often that it lives, ``hiphinge.service.jobs``.
    set_s, rest_s
        A live patient is in a set for so long, then rests.
    machine_cores, machine_gb, machines_a_spare
        The machines that are bought, and for how many of them one more stands by.
    database_cores, clips_a_database
        A database, and how many clips a month share one: not for its speed, but so that clinics are apart.
    disk_share, link_share
        So full disks and links are planned at most.
    session_sets
        Sets of a live session whose recording is kept.
    """

    clip_median_s: float = 12.0
    clip_spread: float = 1.8
    clip_most_s: float = 600.0
    long_share: float = 0.001
    long_s: float = 1800.0
    frame_hz: float = 30.0
    film_mbit_s: float = 12.0
    working_days: int = 21
    hours: tuple[float, ...] = (
        0, 0, 0, 0, 0, 0, 1, 4, 9, 11, 11, 9, 5, 7, 9, 10, 9, 6, 4, 2, 1, 1, 1, 0,
    )  # fmt: skip
    full_share: float = 0.75
    beat_s: float = 5.0
    set_s: float = 150.0
    rest_s: float = 60.0
    machine_cores: int = 16
    machine_gb: int = 64
    machines_a_spare: int = 20
    database_cores: int = 2
    clips_a_database: float = 1e7
    disk_share: float = 0.7
    link_share: float = 0.5

    @property
    def peak_hour_share(self) -> float:
        """Share of a day's clips in its fullest hour."""
        return max(self.hours) / sum(self.hours)


@dataclass(frozen=True, slots=True)
class Price:
    """A price: an amount for a unit, in whatever currency the reader thinks in."""

    what: str
    amount: float
    unit: str


ASSUMED = Assumed()
#: November 2026, the order of magnitude of public list prices; nobody's offer. To be replaced.
PRICES: dict[str, Price] = {
    "core": Price("a core that is rented while it works, 4 GB of memory with it", 0.045, "core-hour"),
    "object": Price("object storage, one region", 0.023, "GB and month"),
    "disk": Price("a file system that every machine sees", 0.2, "GB and month"),
    "database": Price("a managed PostgreSQL with a spare, for each core of it", 70.0, "core and month"),
    "egress": Price("data that leaves the data centre", 0.08, "GB"),
}


def draw_seconds(chance: Chance, assumed: Assumed = ASSUMED, *, archive: bool = False) -> float:
    """Draw a clip's length; an archive has whole recordings between its clips."""
    if archive and chance.uniform() < assumed.long_share:
        return assumed.long_s
    return min(chance.log_normal(assumed.clip_median_s, assumed.clip_spread), assumed.clip_most_s)
