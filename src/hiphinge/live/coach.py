"""The coach of one live set: from the first frame of a room to the last rep.

A pure function of frames and commands in their order, however they were cut into messages: what was stored of a set,
read again, gives the same messages and the same state. Phases: ``view`` (is the whole person in the picture),
``facing`` (which way, asked in both orientations), ``stand`` (the person's own zero), ``ready``, ``moving``, ``done``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.options import AssessOptions
from hiphinge.errors import UsageError
from hiphinge.live.film import Film, make_tracks
from hiphinge.live.glance import Glance
from hiphinge.live.judging import RepJudge
from hiphinge.live.opening import Opening
from hiphinge.live.plan import SetPlan
from hiphinge.live.prompts import Message, Prompter
from hiphinge.live.run import Run
from hiphinge.live.standing import Stand
from hiphinge.live.together import Wanted, step_together
from hiphinge.live.voice import Phase, Voice
from hiphinge.live.wire import Rows
from hiphinge.live.words import words_of
from hiphinge.model import Array
from hiphinge.program.history import RepResult
from hiphinge.sagittal import FacingDecision
from hiphinge.spine import LiveSpine

__all__ = ["Coach"]

#: Frames that follow sooner are passed over: no camera is that fast.
_MIN_STEP_S = 0.004


class Coach:
    """Coaches one set.

    Parameters
    ----------
    plan
        What is done, and by whom.
    """

    def __init__(self, plan: SetPlan) -> None:
        self.plan = plan
        self._voice = Voice()
        self._opening = Opening(plan, self._voice)
        self._prompter, self._judge = Prompter(plan), RepJudge(plan)
        self._run: Run | None = None
        self._films: list[tuple[Film, FacingDecision]] = []
        self._n = 0
        self._now = -np.inf
        self._wall = plan.wall
        self._size: tuple[int, int] | None = None
        self._restarted = False

    # --- what it is and was ---

    @property
    def phase(self) -> Phase:
        """Where the set stands."""
        return self._run.phase if self._run is not None else self._opening.phase

    @property
    def mirror(self) -> bool:
        """Whether the browser is to send the picture mirrored."""
        return self._opening.mirror

    @property
    def results(self) -> tuple[RepResult, ...]:
        """The reps so far, as they were graded while they were done."""
        return tuple(one.result for one in self._judge.judged)

    def state(self) -> dict[str, Any]:
        """Return what a page that connects is told."""
        return {"phase": self.phase, "mirror": self.mirror, "drill": self.plan.drill.id, "plan": dict(self.plan.told())}

    def options(self) -> AssessOptions:
        """How ``tracks`` are to be judged; the drill's own limits are ``plan.drill.limits``."""
        return self.plan.options(self._wall)

    def tracks(self) -> ClipTracks:
        """Return what was seen, as the tracks of a clip: of several stretches the one with most reps, then frames.

        Where the facing was never told, they are those of the picture as it came, and nothing is told from them.
        """
        own = (self._opening.film, self._opening.facing)
        films = [(film, facing) for film, facing in (*self._films, own) if film.n]
        if not films:
            return make_tracks(self._opening.plain_rows(), FacingDecision(None, self._opening.facing.confidence))
        film, facing = max(films, key=lambda one: (one[0].n_reps, one[0].n))
        return make_tracks(film.rows, facing)

    # --- frames ---

    def step(self, rows: Rows) -> list[Message]:
        """Take in the next frames and return what is said; for several sets at once see ``step_together``."""
        return step_together([(self, rows)])[0]

    def walk(self, rows: Rows, glances: Sequence[Glance]) -> Generator[Wanted, tuple[Array, Array], None]:
        """Walk through frames, asking for readings on the way; what is said is taken afterwards (``take``).

        Parameters
        ----------
        rows
            The next frames.
        glances
            Each of them at a glance.

        Yields
        ------
        Wanted
            A reader and the rows that it is to read next; the answer are their values and half-widths,
            ``(rows, len(OUTPUTS))``.
        """
        first, self._n = self._n, self._n + len(rows)
        left = self._pass_over(glances)
        while left:
            glance = glances[left[0]]
            self._now = glance.time_s
            self._look_for_change(glance)
            if self._run is None or self.phase == "done":
                self._open(rows[left[0]], glance)
                left = left[1:]
            elif glance.mirrored != self.mirror:
                self._opening.ask_for_mirror(self._now)
                left = left[1:]
            else:
                batch = self._take_batch(left, glances)
                value, half = yield self._run.reader, batch
                left = left[self._follow(self._run, first, batch, rows, glances, value, half) :]

    def take(self) -> list[Message]:
        """Return what was said since the last time."""
        return self._voice.take()

    def _follow(
        self,
        run: Run,
        first: int,
        batch: Sequence[int],
        rows: Rows,
        glances: Sequence[Glance],
        value: Array,
        half: Array,
    ) -> int:
        """Take in frames that were read; return how many, since the run may end with one of them."""
        for done, at in enumerate(batch):
            self._now = glances[at].time_s
            run.frame(first + at, rows[at], glances[at], value[done], half[done])
            if run.phase == "done":
                return done + 1
            if self._opening.turns_round(glances[at]):
                self._begin_again("turned_round")
                return done + 1
        return len(batch)

    def _pass_over(self, glances: Sequence[Glance]) -> list[int]:
        """Return the frames that count: later than the one before by what a camera needs."""
        kept, latest = [], self._now
        for at, glance in enumerate(glances):
            if glance.time_s > latest + _MIN_STEP_S:
                kept.append(at)
                latest = glance.time_s
            else:
                self._restarted |= glance.restarted
        return kept

    def _take_batch(self, left: Sequence[int], glances: Sequence[Glance]) -> list[int]:
        """Return the next frames that the same reader reads: up to the next change of camera or orientation."""
        batch: list[int] = []
        for at in left:
            glance = glances[at]
            changed = glance.restarted or (glance.width_px, glance.height_px) != self._size
            if glance.mirrored != self.mirror or (changed and batch):
                break
            batch.append(at)
        return batch

    def _look_for_change(self, glance: Glance) -> None:
        """Begin anew where the camera was started again, or gives pictures of another size."""
        size = (glance.width_px, glance.height_px)
        changed = self._size is not None and (glance.restarted or self._restarted or size != self._size)
        self._size, self._restarted = size, False
        if changed and self.phase != "done":
            self._begin_again("camera")

    def _begin_again(self, why: str) -> None:
        """Begin at the view; what was seen so far is kept."""
        if self._run is not None:
            self._run.close(self._now)
            if self.phase == "done":
                return
        self._films.append((self._opening.film, self._opening.facing))
        self._run = None
        self._opening.begin_again(why, self._now)

    def _open(self, row: np.void, glance: Glance) -> None:
        """Take in a frame in which nothing is read yet."""
        stand = self._opening.frame(row, glance) if self.phase != "done" else None
        if stand is not None:
            self._begin_run(stand.reader, stand)

    def _begin_run(self, reader: LiveSpine, stand: Stand | None) -> None:
        self._judge.facing = self._opening.facing
        self._run = Run(
            self.plan, self._opening.film, stand, reader, wall_px=self._wall_px(), mirror=self.mirror,
            judge=self._judge, prompter=self._prompter, voice=self._voice,
        )  # fmt: skip

    def _wall_px(self) -> float | None:
        if self._wall is None or self._size is None:
            return None
        return (1.0 - self._wall if self.mirror else self._wall) * self._size[0]

    # --- commands ---

    def command(self, name: str, value: object = None) -> list[Message]:
        """Obey a command of the person and return what is said.

        Parameters
        ----------
        name
            ``start``: begin; while a still stand is sought, go on without one. ``stop``: end the set. ``calibrate``:
            stand still once more. ``wall``: the wall's place, a share of the unmirrored picture's width, or None.
            ``again``: say the latest words again. ``feel_skip``: nothing here.
        value
            The wall's place; other commands have none here.

        Raises
        ------
        UsageError
            There is no such command, or its value cannot be used.
        """
        match name:
            case "start":
                self._go_on_without()
            case "stop":
                self._stop()
            case "calibrate":
                self._calibrate()
            case "wall":
                self._place_wall(value)
            case "again":
                self._voice.again()
            case "feel_skip":
                pass
            case _:
                raise UsageError(
                    f"There is no command {name[:40]!r}.", expected="start, stop, calibrate, wall, again or feel_skip"
                )
        return self.take()

    def _go_on_without(self) -> None:
        if self.phase == "stand" and self._opening.film.n:
            self._opening.tell("ready", words_of("ready_bare"))
            self._begin_run(LiveSpine(), None)

    def _stop(self) -> None:
        if self._run is None:
            self._opening.tell("done", words_of("stopped"))
        elif self.phase != "done":
            self._run.close(self._now)
            self._run.stop(self._now)

    def _calibrate(self) -> None:
        if self._run is not None:
            self._run.close(self._now)
        if self.phase in ("stand", "ready", "moving") or (self._run is not None and self.phase == "view"):
            self._run = None
            self._opening.seek_stand(self._now)

    def _place_wall(self, value: object) -> None:
        known = value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1)
        if not known:
            raise UsageError(f"The wall's place is {value!r:.40}.", expected="a share of the width, 0 to 1, or null")
        self._wall = None if value is None else float(str(value))
        if self._run is not None:
            self._run.wall_px = self._wall_px()
