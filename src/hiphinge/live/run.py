"""The reps of a set, from the stand on: every frame read, every bend counted and judged when it is over."""

from __future__ import annotations

from math import isfinite

import numpy as np

from hiphinge.clip.analyse import PELVIC_TILT_DEPTH_DEG
from hiphinge.live.bends import BendWatch, find_finished
from hiphinge.live.film import Film
from hiphinge.live.glance import Glance
from hiphinge.live.judging import RepJudge
from hiphinge.live.meter import Meter
from hiphinge.live.plan import SetPlan
from hiphinge.live.prompts import Prompt, Prompter
from hiphinge.live.standing import Stand
from hiphinge.live.voice import Phase, Voice
from hiphinge.live.words import ADVICE, Words, count_word, words_of
from hiphinge.model import Array
from hiphinge.spine import LiveSpine
from hiphinge.spine.network import OUTPUTS

__all__ = ["Run"]

#: A person who is gone for so long is waited for; one who is seen for so long is back.
_GONE_S, _BACK_S = 1.5, 0.5
#: Without frames for so long it is as if the person had been gone.
_GAP_S = 5.0
#: Share of the newest difference between what the model and what the bare points say of a lean.
_NEWEST = 0.1
_TILT, _LEAN = OUTPUTS.index("pelvis_tilt"), OUTPUTS.index("trunk_lean")


class Run:
    """One stretch of reps that count from one stand (or from none).

    Parameters
    ----------
    plan
        The set.
    film
        All frames; its next ones belong to the run.
    stand
        What they count from; None without.
    reader
        Has read the film's frames since the stand, and no others.
    wall_px
        Canonical x of the wall, None without.
    mirror
        Whether the picture is mirrored.
    judge, prompter, voice
        Those of the set.
    """

    def __init__(
        self,
        plan: SetPlan,
        film: Film,
        stand: Stand | None,
        reader: LiveSpine,
        *,
        wall_px: float | None,
        mirror: bool,
        judge: RepJudge,
        prompter: Prompter,
        voice: Voice,
    ) -> None:
        self.reader = reader
        self.phase: Phase = "ready"
        self.wall_px = wall_px
        self._plan, self._film, self._stand, self._mirror = plan, film, stand, mirror
        self._judge, self._prompter, self._voice = judge, prompter, voice
        self._tilts = plan.drill.rules == "pelvic_tilt"
        self._least_deg = PELVIC_TILT_DEPTH_DEG if self._tilts else plan.criteria().no_bend_lean_max_deg
        self._baseline_deg = 0.0 if stand is None or self._tilts else stand.baseline_deg
        nowhere = (float("nan"), float("nan"))
        hip_x_px, foot_px = nowhere if stand is None else (stand.hip_x_px, stand.foot_px)
        self._meter = Meter(plan, baseline_deg=self._baseline_deg, hip_x_px=hip_x_px, foot_px=foot_px)
        self._bends = BendWatch(self._least_deg)
        self._since = film.n
        self._shift_deg = 0.0
        self._seen_s = self._unseen_s = float("nan")
        self._lost = False
        if stand is not None:
            film.signal[stand.rows.start :] = self._signal_of(film.value[stand.rows.start :])

    @property
    def is_over(self) -> bool:
        """Whether the set has ended."""
        return self.phase == "done"

    def frame(self, seq: int, row: np.void, glance: Glance, value: Array, half: Array) -> None:
        """Take in the next frame with what was read of it."""
        if self._film.n > self._since and glance.time_s - float(self._film.time_s[-1]) > _GAP_S:
            self._bridge(glance.time_s)
        self._film.add(row, value, half)
        signal = self._signal(glance, value)
        self._film.signal[-1] = signal
        if self._wait(glance) or self.is_over:
            return
        time_s = glance.time_s
        over = self._bends.add(signal - self._baseline_deg, time_s)
        if self._bends.state == "bent" and self.phase == "ready":
            self._tell("moving", words_of("moving"), time_s)
        if over:
            self._end_bends(time_s)
            if self.is_over:
                return
        message = self._meter.add(seq, time_s, value, half, signal, glance.hip_x_px)
        if message:
            self._voice.put({**message, "reps": len(self._judge.judged)})

    def close(self, time_s: float) -> None:
        """End the run; a bend from which the person was coming up counts."""
        if self._bends.state == "rising":
            self._bends.forget()
            self._end_bends(time_s)

    def stop(self, time_s: float) -> None:
        """End the set because somebody says so."""
        if self.phase != "done":
            self._tell("done", words_of("stopped"), time_s)

    # --- one frame ---

    def _signal_of(self, value: Array) -> Array:
        signal: Array = -value[..., _TILT] if self._tilts else value[..., _LEAN]
        return signal

    def _signal(self, glance: Glance, value: Array) -> float:
        """What bends are found in; a lean that the model does not tell is that of the bare points."""
        signal = float(self._signal_of(value))
        if self._tilts or not isfinite(glance.lean_deg):
            return signal
        if not isfinite(signal):
            return glance.lean_deg + self._shift_deg
        self._shift_deg += _NEWEST * (signal - glance.lean_deg - self._shift_deg)
        return signal

    def _wait(self, glance: Glance) -> bool:
        """Wait for somebody who left the picture; true while they are gone."""
        now = glance.time_s
        if glance.seen:
            self._unseen_s = float("nan")
            self._seen_s = now if not isfinite(self._seen_s) else self._seen_s
        else:
            self._seen_s = float("nan")
            self._unseen_s = now if not isfinite(self._unseen_s) else self._unseen_s
        if not self._lost and isfinite(self._unseen_s) and now - self._unseen_s >= _GONE_S:
            self._leave(now)
        elif self._lost and isfinite(self._seen_s) and now - self._seen_s >= _BACK_S:
            self._come_back(now)
        return self._lost

    def _bridge(self, now: float) -> None:
        """Go on after a time without frames: a bend that was going on is not counted."""
        self.close(float(self._film.time_s[-1]))
        self._bends.forget()
        if self.phase != "done":
            self._come_back(now)

    def _leave(self, now: float) -> None:
        self.close(now)
        self._bends.forget()
        if self.phase == "done":
            return
        self._lost = True
        self._tell("view", ADVICE["lost"], now, advice=(ADVICE["lost"].show,))

    def _come_back(self, now: float) -> None:
        self._lost = False
        self._since = self._film.n
        done = len(self._judge.judged)
        told = f"{count_word(done)} {'is' if done == 1 else 'are'} done. " if done else ""
        self._tell("ready", words_of("back", done=told), now)

    # --- bends ---

    def _end_bends(self, time_s: float) -> None:
        """Judge the bends that are over, and say what comes after each."""
        found = find_finished(
            self._film.signal,
            time_s=self._film.time_s,
            since=self._since,
            entered_s=self._bends.entered_s,
            baseline_deg=self._baseline_deg,
            min_depth_deg=self._least_deg,
        )
        self._since = max(self._since, self._film.from_time(self._bends.low_s))  # the next bend may begin there
        for rep in found:
            stand = None if self._stand is None else self._stand.rows
            judged = self._judge.judge(self._film, rep, stand=stand, wall_px=self.wall_px)
            if judged is None:
                self._voice.put({"type": "cue", "rule": "", "say": "", "show": words_of("fetched").show})
                continue
            self._film.n_reps += 1
            prompt = self._prompter.after(judged, time_s)
            last = judged.rep.number >= self._plan.target_reps
            for message in prompt.messages:  # the newest words are what is heard: the last ones are the end's
                self._voice.put({**message, "say": ""} if last else message)
            if last or prompt.then in ("missed", "tired"):
                self._end(prompt, time_s, target=last)
                return
            if prompt.then == "pause":
                self._tell("ready", prompt.words, time_s, advice=(prompt.words.show,))
            self._call_for_arms(judged.rep.number, time_s)

    def _end(self, prompt: Prompt, time_s: float, *, target: bool) -> None:
        count = len(self._judge.judged)
        word, reps = count_word(count), "rep" if count == 1 else "reps"
        passed = any(one.result.grade == "pass" for one in self._judge.judged)
        name = "done" if passed or self._plan.drill.kind == "screen" else "done_missed"
        words = words_of(name, count=word.lower(), Count=word, reps=reps) if target else prompt.words
        self._tell("done", words, time_s)

    def _call_for_arms(self, number: int, time_s: float) -> None:
        """Before the reps that show the back, ask for arms off it."""
        left = self._plan.target_reps - number
        if self._plan.back_reps and left == self._plan.back_reps:
            words = words_of("arms", count=left)
            self._voice.put({"type": "cue", "rule": "hands", "say": words.say, "show": words.show})

    def _tell(self, phase: Phase, words: Words, time_s: float, *, advice: tuple[str, ...] = ()) -> None:
        self.phase = phase
        self._voice.phase(phase, words, mirror=self._mirror, time_s=time_s, advice=advice)
