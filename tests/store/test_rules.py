"""What fits a log, without a database; and that no question reads a whole table."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event as hooks

from hiphinge.errors import RecordConflict, StoreError
from hiphinge.program.clock import find_withdrawn
from hiphinge.program.history import ClipSeen, SessionClosed, SessionOpened, Withdrawn
from hiphinge.store import LiveChunk, codec, open_store
from hiphinge.store.rules import LogState, Seen
from tests.store.samples import AT, FILM, a_set, closed, decision, document, every_kind, opened, score

MOVES = st.lists(
    st.tuples(st.sampled_from(["open", "close", "set", "withdraw"]), st.integers(0, 3), st.integers(0, 30)), max_size=40
)


def entry_of(number, move):
    """An entry that may or may not fit."""
    what, session, target = move
    key, name = f"k{number}", f"s{session}"
    if what == "open":
        return opened(name, key=key)
    if what == "close":
        return closed(name, key=key)
    if what == "set":
        return a_set(key, name, assessment=f"film{target % 5}")
    return Withdrawn(key=key, at=AT, entry=f"k{target}", reason="slip")


def accepted(moves):
    """The entries that a log takes in, and its state."""
    state, log = LogState([]), []
    for number, move in enumerate(moves):
        entry = entry_of(number, move)
        try:
            state.accept(entry)
        except RecordConflict:
            continue
        log.append(entry)
    return log, state


def seen(entry):
    return Seen(
        entry.key,
        type(entry).__name__,
        entry.at,
        getattr(entry, "session", None),
        getattr(entry, "assessment", None) or None,
        getattr(entry, "entry", ""),
    )


@given(MOVES)
def test_what_is_accepted_always_makes_sense(moves):
    log, state = accepted(moves)
    assert sum(state.sessions().values()) <= 1
    gone = find_withdrawn(log)
    counting = [entry for entry in log if entry.key not in gone]
    films = [entry.assessment for entry in counting if isinstance(entry, type(a_set())) and entry.assessment]
    assert len(films) == len(set(films))
    begun = [entry.session for entry in counting if isinstance(entry, SessionOpened)]
    assert sorted(begun) == sorted(state.sessions())
    # Each set was put in while its session was open.
    open_now = set()
    for number, entry in enumerate(log):
        if isinstance(entry, SessionClosed):
            open_now.discard(entry.session)
        elif isinstance(entry, SessionOpened):
            open_now.add(entry.session)
        elif isinstance(entry, Withdrawn):
            open_now = {name for name, is_open in LogState(map(seen, log[: number + 1])).sessions().items() if is_open}
        else:
            assert entry.session in open_now


@given(MOVES)
def test_a_log_read_again_is_in_the_same_state(moves):
    log, state = accepted(moves)
    again = LogState(map(seen, log))
    assert again.sessions() == state.sessions()
    further = [entry_of(1000, ("open", session, 0)) for session in range(4)]
    for entry in [*further, *(entry_of(1000, ("withdraw", 0, target)) for target in range(40))]:
        verdicts = []
        for one in (LogState(map(seen, log)), accepted(moves)[1]):
            try:
                one.accept(entry)
                verdicts.append("accepted")
            except RecordConflict as error:
                verdicts.append(str(error))
        assert verdicts[0] == verdicts[1]


def test_a_payload_is_canonical_and_complete():
    text = codec.encode_event(closed())
    assert text == '{"session":"s1"}'
    first = ClipSeen(key="a", at=AT, session="s", drill="d", outcome="o", measures={"b": (1, 2, 3), "a": (1, 2, 3)})
    second = ClipSeen(key="b", at=AT, session="s", drill="d", outcome="o", measures={"a": (1, 2, 3), "b": (1, 2, 3)})
    assert codec.encode_event(first) == codec.encode_event(second)
    assert '"assessment":""' in codec.encode_event(first)


def test_a_payload_that_does_not_fit_its_kind_is_told():
    with pytest.raises(StoreError, match="cannot be read"):
        codec.decode_event("SessionClosed", "k", AT, "{}")
    with pytest.raises(StoreError, match="cannot be read"):
        codec.decode_event("OutcomeScore", "k", AT, '{"measure": "nprs", "value": "high"}')
    with pytest.raises(StoreError, match="saved decision"):
        codec.decode_decision('{"action": "fly"}')


def test_a_class_of_ones_own_is_no_entry():
    class SessionClosed:
        key, at = "k", AT

    with pytest.raises(RecordConflict, match="kind SessionClosed"):
        codec.encode_event(SessionClosed())


def use_the_web(store, person, assessment):
    """Ask what the web app asks of one person, again and again."""
    sha = "e" * 64
    account = store.add_account("ann", "Ann", "patient", "hash", person.id)
    store.add_web_session(sha, "csrf", account.id, "patient", person.id, AT + timedelta(days=9))
    store.touch_web_session(sha, AT + timedelta(days=12))
    store.add_invitation(sha, "patient", person.id, "Ann", AT + timedelta(days=9), "device")
    store.use_invitation(sha)
    store.web_sessions(account.id)
    store.find_account("ann")
    upload = store.add_upload(person.id, "a.mp4", 1)
    store.set_upload_received(upload.id, 1)
    job = store.add_job("clip", person.id, {}, "key")
    store.claim_job("w", 60)
    store.beat_job(job.id, "w", 1, 60, 0.5)
    store.finish_job(job.id, "w", 1)
    live = store.open_live(person.id, None, "wall")
    store.append_live([LiveChunk(live.id, 0, "frames", b"x")])
    assert len(list(store.live_chunks(live.id))) == 1
    store.lives(state="open")
    store.add_revision(assessment, document("corrected"), {})
    store.files_of(assessment)
    for call in (store.uploads, store.jobs, store.lives, store.assessments):
        call(person.id)


def test_no_question_about_one_person_reads_a_whole_table(tmp_path):
    asked = []
    with open_store(tmp_path / "s.sqlite3", clock=lambda: AT + timedelta(days=1)) as store:
        ann = store.add_person("Ann")
        hooks.listen(store._engine, "before_cursor_execute", lambda *call: asked.append((call[2], tuple(call[3]))))
        number = store.add_assessment(ann.id, document(), sha256=FILM)
        store.append(ann.id, [*every_kind(), opened("s2"), a_set("set-2", "s2", assessment=number)])
        store.append(ann.id, [Withdrawn(key="w", at=AT, entry="set-2", reason="slip"), score("next")])
        store.history(ann.id)
        store.add_note(ann.id, "text", author="Ann", session="s1")
        store.save_decision(ann.id, 3, "f" * 64, decision())
        for call in (store.notes, store.decisions, store.clips, store.audit):
            call(ann.id)
        store.find_person("ann")
        store.find_film(ann.id, FILM)
        store.export_person(ann.id, tmp_path / "out")
        use_the_web(store, ann, number)
        questions = {one for one in asked if one[0].startswith("SELECT")}
        assert len(questions) > 15
        with store._reading() as connection:
            for statement, values in questions:
                plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
                assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], statement
