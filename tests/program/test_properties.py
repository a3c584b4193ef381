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
from hiphinge.program.pain import call_pain
from tests.program.scripted import PROGRAM, START, answers_all_no, reps

DRILLS = [drill.id for drill in PROGRAM.drills]
STEPS = [stage.id for stage in PROGRAM.stages]
QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SMALL = st.integers(0, 6)

#: One entry: what kind, and its free fields. Sessions are named s0, s1, ... by how many were opened before.
ENTRIES = st.one_of(
    st.tuples(st.just("flags"), st.sampled_from([None, None, None, "bladder", "cancer", "open"])),
    st.tuples(st.just("intake"), st.none() | SMALL),
    st.tuples(st.just("open"), st.none() | st.integers(0, 5), st.sampled_from([None, False, False, False, True])),
    st.tuples(st.just("clip"), st.sampled_from(DRILLS[:3]), st.sampled_from(["typical", "cannot_tell", "left_out"])),
    st.tuples(st.just("set"), st.sampled_from(DRILLS), st.sampled_from(["p" * 10, "ppppp", "pmmpp", "cccc", "ppppm"])),
    st.tuples(
        st.just("feel"), st.sampled_from([None, ("hamstrings",), ("low_back",), ("nothing",)]), st.none() | SMALL,
        st.sampled_from([None, None, None, None, "back", "further"]),
    ),
    st.tuples(st.just("close")),
    st.tuples(st.just("morning"), st.integers(0, 3), SMALL),
    st.tuples(st.just("override"), st.sampled_from([*STEPS, None, "no such step"]), st.booleans()),
    st.tuples(st.just("withdraw"), st.integers(1, 12)),
)  # fmt: skip
#: A day as it goes well, as far as the step allows; random entries come between.
GOOD_DAY = [("open", 1, False), ("work",), ("work",), ("close",), ("morning", 0, 1)]


@st.composite
def lives(draw):
    """A log of random entries between good days, with a clock that mostly goes forward."""
    plan = [("flags", None), ("intake", 1), ("open", 1, None), *(("clip", name, "typical") for name in DRILLS[:3])]
    plan = draw(st.sampled_from([plan, plan, plan, []]))
    for _ in range(draw(st.integers(0, 7))):
        plan = [*plan, *draw(st.sampled_from([GOOD_DAY, GOOD_DAY, []])), *draw(st.lists(ENTRIES, max_size=4))]
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
            for entry in (("set", last, "p" * 10), ("feel", ("hamstrings",), 1, None)):
                events.append(make(len(events), now, entry[0], entry[1:], opened, last, events))
            continue
        if kind == "open":
            opened += 1
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
        "clip": lambda drill, seen: ClipSeen(**base, session=session, drill=drill, outcome=seen, pain=1),
        "set": lambda drill, grades: SetDone(**base, session=session, drill=drill, reps=reps(grades)),
        "feel": lambda effort, pain, leg: FeelLog(
            **base, session=session, drill=last, effort=effort, pain=pain, leg=leg
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


def says_no(events) -> bool:
    """Whether pain or a red flag says no, read from the log without the program's own folding of it."""
    no, yes, stopped = True, False, False
    resting: int | None = None
    for event in events:
        if isinstance(event, RedFlagAnswers):
            yes = yes or any(event.answers.values())
            no = any(answer is None for answer in event.answers.values())
        elif isinstance(event, SessionOpened):
            resting, stopped = event.resting_pain, (event.resting_pain or 0) >= 5
            no = no or bool(event.new_symptoms)
        elif isinstance(event, Intake) and resting is None:
            resting = event.pain
        elif isinstance(event, FeelLog):
            call = call_pain(event, resting or 0)
            yes = yes or call == "stop_see"
            stopped = stopped or call == "stop_set"
        elif isinstance(event, SessionClosed):
            resting, stopped = 0, False
        elif isinstance(event, Override):
            yes = yes and not event.clears_stop
            stopped = False
    return no or yes or stopped


@QUIET
@given(lives())
def test_no_life_leads_up_while_pain_or_a_red_flag_says_no(events) -> None:
    counted = tuple(sorted((one for one in events if not isinstance(one, Withdrawn)), key=lambda one: one.at))
    step, done = 0, False
    for k, decision in enumerate(replay(after(counted), PROGRAM)):
        now = STEPS.index(decision.step)
        if now > step and not isinstance(counted[k], Override):
            assert not says_no(counted[: k + 1]), k
        if decision.action == "done" and not done:
            assert not says_no(counted[: k + 1]), k
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
