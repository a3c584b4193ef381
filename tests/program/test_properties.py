"""Random lives: pain and red flags never lead up, replays agree, evidence is never empty, slips leave no trace."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hiphinge.program import next_step, replay
from hiphinge.program.history import (
    ClipSeen,
    FeelLog,
    History,
    Intake,
    NextMorning,
    Override,
    RedFlagAnswers,
    SessionClosed,
    SessionOpened,
    SetDone,
    Withdrawn,
)
from hiphinge.program.pain import FULL_DOSE
from tests.program.scripted import PROGRAM, START, answers_all_no, reps

DRILLS = [drill.id for drill in PROGRAM.drills]
STEPS = [stage.id for stage in PROGRAM.stages]
QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SMALL = st.integers(0, 6)
PAIN = st.sampled_from([0, 1, 1, 2, 2, 3, 4, 5, 6, 9, 10])

#: One entry: what kind, and its free fields. Sessions are named s0, s1, ... by how many were opened before.
ENTRIES = st.one_of(
    st.tuples(st.just("flags"), st.sampled_from([None, None, None, "bladder", "cancer", "open"])),
    st.tuples(st.just("intake"), st.none() | PAIN),
    st.tuples(st.just("open"), st.none() | st.integers(0, 5), st.sampled_from([None, False, False, False, True])),
    st.tuples(
        st.just("clip"), st.sampled_from(DRILLS[:4]), st.sampled_from(["typical", "cannot_tell", "left_out"]),
        st.sampled_from([None, 0, 1, 1, 1, 4, 9]), st.sampled_from(["", "", "usual", "coached"]),
    ),
    st.tuples(st.just("set"), st.sampled_from(DRILLS), st.sampled_from(["p" * 10, "ppppp", "pmmpp", "cccc", "ppppm"])),
    st.tuples(
        st.just("feel"), st.sampled_from([None, ("hamstrings",), ("low_back",), ("nothing",)]), st.none() | PAIN,
        st.sampled_from([None, None, None, None, "back", "further"]),
        st.sampled_from([(), (), ("low_back",), ("knee",), ("sacrum",), ("other", "sacrum")]),
    ),
    st.tuples(st.just("close")),
    st.tuples(st.just("morning"), st.integers(0, 3), SMALL),
    st.tuples(st.just("override"), st.sampled_from([*STEPS, None, "no such step"]), st.booleans()),
    st.tuples(st.just("withdraw"), st.integers(1, 12)),
)  # fmt: skip
#: A day as it goes well, as far as the step allows; random entries come between.
GOOD_DAY = [("open", 1, False), ("work",), ("work",), ("close",), ("morning", 0, 1)]
#: Days that go badly, and are tried again at once: pain in sets or clips, soreness, rest, misses.
AGAIN = [("reopen", 0, False), ("flags", None), ("work",), ("work",), ("close",)]
BAD_DAYS = [
    [("open", 0, False), ("work",), ("close",), ("morning", 0, 6), *AGAIN],
    [("open", 1, False), ("work",), ("close",), ("morning", 0, 9), *AGAIN, *AGAIN],
    [("open", 1, False), ("work",), ("feel", ("hamstrings",), 9, None, ()), *AGAIN],
    [("open", 1, False), ("work",), ("clip", "toe_touch", "typical", 8, "usual"), ("work",), ("close",)],
    [("open", 7, False), ("close",), *AGAIN],
    [("open", 1, False), ("intake", 9), *AGAIN],
]


@st.composite
def lives(draw):
    """A log of random entries between good days, with a clock that mostly goes forward."""
    plan = [
        ("flags", None),
        ("intake", 1),
        ("open", 1, None),
        *(("clip", name, "typical", 1, "") for name in DRILLS[:3]),
    ]
    plan = draw(st.sampled_from([plan, plan, plan, []]))
    for _ in range(draw(st.integers(0, 7))):
        plan = [
            *plan,
            *draw(st.sampled_from([GOOD_DAY, GOOD_DAY, [], *BAD_DAYS])),
            *draw(st.lists(ENTRIES, max_size=4)),
        ]
    gaps = draw(st.lists(st.sampled_from([0.1, 0.1, 0.1, 8, 25, 25, -30, -0.05]), min_size=1, max_size=7))
    return write(plan, gaps)


def write(plan, gaps):
    """Turn a plan into events; ``work`` does two good sets of the present drill."""
    events, now, opened, last = [], START, 0, "wall_hinge"
    for number, (kind, *rest) in enumerate(plan):
        long = {"open": 25.0, "morning": 12.0}.get(kind, 0.0)
        now += timedelta(hours=long + gaps[number % len(gaps)] / (1 if long else 10))
        if kind == "work":
            last = next_step(History(tuple(events), now), PROGRAM).drill or "upper_back"
            for entry in (("set", last, "p" * 10), ("feel", ("hamstrings",), 1, None, ())):
                events.append(make(len(events), now, entry[0], entry[1:], opened, last, events))
            continue
        if kind in ("open", "reopen"):
            opened, kind = opened + 1, "open"
        if kind == "set":
            last = rest[0]
        events.append(make(len(events), now, kind, rest, opened, last, events))
    return tuple(events)


def make(number, now, kind, rest, opened, last, events):
    base, session = {"key": f"e{number}", "at": now}, f"s{opened}"
    if kind == "flags":
        answers = answers_all_no()
        if rest[0] is not None:
            answers["sexual_function" if rest[0] == "open" else rest[0]] = None if rest[0] == "open" else True
        return RedFlagAnswers(**base, answers=answers)
    if kind == "withdraw":
        entry = events[-rest[0]].key if len(events) >= rest[0] else "nothing"
        return Withdrawn(**base, entry=entry, reason="a slip")
    kinds = {
        "intake": lambda pain: Intake(**base, pain=pain),
        "open": lambda pain, new: SessionOpened(**base, session=session, resting_pain=pain, new_symptoms=new),
        "clip": lambda drill, seen, pain, label: ClipSeen(
            **base, session=session, drill=drill, outcome=seen, pain=pain, label=label
        ),
        "set": lambda drill, grades: SetDone(**base, session=session, drill=drill, reps=reps(grades)),
        "feel": lambda effort, pain, leg, places: FeelLog(
            **base, session=session, drill=last, effort=effort, pain=pain, leg=leg, pain_places=places
        ),
        "close": lambda: SessionClosed(**base, session=session),
        "morning": lambda ago, pain: NextMorning(**base, session=f"s{max(opened - ago, 0)}", pain=pain),
        "override": lambda step, clears: Override(
            **base, clinician="Dr Lee", reason="seen", step=step, clears_stop=clears
        ),
    }
    return kinds[kind](*rest)


def after(events):
    return History(events, events[-1].at if events else START)


@QUIET
@given(lives())
def test_every_prefix_gives_the_decision_of_the_replay(events) -> None:
    decisions = replay(after(events), PROGRAM)
    assert len(decisions) == len(events)
    for k, event in enumerate(events):
        assert decisions[k] == next_step(History(events[: k + 1], event.at), PROGRAM), k


@QUIET
@given(lives())
def test_evidence_and_reason_are_never_empty(events) -> None:
    for decision in (next_step(History((), START), PROGRAM), *replay(after(events), PROGRAM)):
        assert decision.reason.strip()
        assert decision.evidence
        keys = {event.key for event in events}
        for one in decision.evidence:
            assert one.rule
            assert one.needed
            assert one.seen
            assert set(one.events) <= keys


class Says:
    """What says no, read from the log without the program's own folding of it; sessions do not forget it."""

    def __init__(self) -> None:
        self.flags, self.yes, self.worse = True, False, False
        self.rest: int | None = None
        self.stopped_at = self.sore_at = None  # when pain ended the sets, when a morning was sore
        self.stopped, self.sore_rest, self.name = False, 0, ""
        self.rests: dict[str, int] = {}

    def read(self, event) -> None:
        kind = type(event).__name__
        getattr(self, f"_{kind}", lambda event: None)(event)

    def _RedFlagAnswers(self, event):
        self.yes = self.yes or any(event.answers.values())
        self.flags = any(answer is None for answer in event.answers.values())
        self.worse = self.worse and self.flags

    def _SessionOpened(self, event):
        if self.stopped:
            self.stopped_at = self.stopped_at or event.at
        if self.stopped_at and event.at - self.stopped_at >= timedelta(hours=18):
            self.stopped, self.stopped_at = False, None
        self.rest, self.name = event.resting_pain, event.session
        self.rests[event.session] = event.resting_pain or 0
        self._settles(event, event.resting_pain)
        self.flags = self.flags or bool(event.new_symptoms) or self.worse
        self.worse = False
        self._hurts(event, event.resting_pain or 0, 10)

    def _settles(self, event, rest) -> None:
        calm = rest is not None and rest <= self.sore_rest + 1
        if self.sore_at and calm and event.at - self.sore_at >= timedelta(hours=24):
            self.sore_at = None

    def _hurts(self, event, pain, rest) -> None:
        if pain >= 5 or pain - rest >= 2:
            self.stopped = True
            self.stopped_at = event.at

    def _Intake(self, event):
        self._hurts(event, event.pain or 0, 10)
        if self.rest is None:
            self.rest = event.pain
            self.rests[self.name] = event.pain or 0  # pain at rest that was open is answered so
            self._settles(event, event.pain)

    def _FeelLog(self, event):
        self.yes = self.yes or event.leg == "further"
        back = not event.pain_places or not set(event.pain_places) <= {"knee", "other", "hip", "neck"}
        self._hurts(event, event.pain or 0, (self.rest or 0) if back else 10)

    def _ClipSeen(self, event):
        self._hurts(event, event.pain or 0, self.rest or 0)

    def _NextMorning(self, event):
        rise = event.pain - self.rests.get(event.session, 0)
        if rise >= 2:
            self.sore_at, self.sore_rest, self.worse = event.at, self.rests.get(event.session, 0), True
        elif event.session in self.rests and self.sore_at and event.at - self.sore_at >= timedelta(hours=10):
            self.sore_at = None

    def _Override(self, event):
        if event.step == "no such step":
            return
        self.yes = self.yes and not event.clears_stop
        if event.step is not None or event.clears_stop:
            self.stopped, self.stopped_at, self.sore_at = False, None, None

    @property
    def no_way_up(self) -> bool:
        return self.flags or self.yes or self.stopped or self.sore_at is not None

    @property
    def no_work(self) -> bool:
        return self.flags or self.yes


@QUIET
@given(lives())
def test_no_life_leads_up_while_pain_or_a_red_flag_says_no(events) -> None:
    counted = tuple(sorted((one for one in events if not isinstance(one, Withdrawn)), key=lambda one: one.at))
    step, says = 0, Says()
    done = False
    for k, decision in enumerate(replay(after(counted), PROGRAM)):
        says.read(counted[k])
        now = STEPS.index(decision.step)
        if now > step and not isinstance(counted[k], Override):
            assert not says.no_way_up, k
        if decision.action == "done" and not done and not isinstance(counted[k], Override):
            assert not says.flags, k
            assert not says.yes, k
        if decision.action in ("do", "choose", "up", "easier", "screen"):
            assert not says.no_work, k
        if says.sore_at is not None and decision.action in ("do", "choose", "easier"):
            assert any(one.rule == FULL_DOSE and one.holds is False for one in decision.evidence), k
        step, done = now, decision.action == "done"


@QUIET
@given(lives(), st.integers(0, 60))
def test_a_withdrawn_entry_counts_as_never_entered(events, which) -> None:
    clean = tuple(one for one in events if not isinstance(one, Withdrawn))
    if not clean:
        return
    entry = clean[which % len(clean)]
    now = clean[-1].at
    slip = Withdrawn(key="slip", at=now, entry=entry.key, reason="a slip")
    without = tuple(one for one in clean if one is not entry)
    assert next_step(History((*clean, slip), now), PROGRAM) == next_step(History(without, now), PROGRAM)


@QUIET
@given(lives())
def test_a_stop_stays_until_a_clinician_lifts_it(events) -> None:
    counted = tuple(one for one in events if not isinstance(one, Withdrawn))
    stopped = False
    for event, decision in zip(counted, replay(after(counted), PROGRAM), strict=True):
        if isinstance(event, Override) and event.clears_stop:
            stopped = False
        stopped = stopped or decision.action in ("stop_now", "stop_see")
        assert (decision.action in ("stop_now", "stop_see")) is stopped


@QUIET
@given(lives())
def test_steps_change_one_at_a_time_unless_a_clinician_says_so(events) -> None:
    counted = tuple(sorted((one for one in events if not isinstance(one, Withdrawn)), key=lambda one: one.at))
    step = 0
    for event, decision in zip(counted, replay(after(counted), PROGRAM), strict=True):
        now = STEPS.index(decision.step)
        if not isinstance(event, Override):
            assert abs(now - step) <= 1
            assert (decision.action == "up") <= (now == step + 1)
            assert (decision.action == "down") <= (now == step - 1)
        step = now
