"""Accounts, ways in, guests and programs, on SQLite and on PostgreSQL alike."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from hiphinge.errors import PersonNotFound, RecordConflict, StoreError, UsageError
from hiphinge.store import open_store
from tests.store.samples import score

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


def token(name):
    """The sha256 of a token."""
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def own(store, ann):
    return store.add_account("Ann@Example.org", "Ann", "patient", HASH, ann.id)


def let_in(store, name, account=None, *, person=None, role="patient", hours=1):
    return store.add_web_session(
        token(name), f"csrf-{name}", account, role, person, store._clock() + timedelta(hours=hours), "Firefox"
    )


# --- accounts ---


def test_an_account_is_found_by_its_login_in_any_case(store, own, ann, clock):
    assert (own.login, own.name, own.role, own.person) == ("Ann@Example.org", "Ann", "patient", ann.id)
    assert (own.password_hash, own.created, own.disabled_at) == (HASH, clock.now, None)
    assert store.find_account("  aNN@example.ORG ") == own == store.account(own.id)
    for nobody in ("bob@example.org", "", "a\x00b", "\ud800"):
        assert store.find_account(nobody) is None
    staff = store.add_account("STRASSE", "Dr. Öz", "clinician", HASH)
    assert store.find_account("straße") == staff
    clock.move(minutes=1)
    assert set(store.accounts()) == {own, staff}
    for nothing in ("none", "a\x00", ""):
        with pytest.raises(StoreError, match="no such account"):
            store.account(nothing)


def test_a_login_is_taken_once_and_never_repeated_in_a_text(store, own, ann):
    with pytest.raises(RecordConflict, match="taken") as caught:
        store.add_account("ann@example.ORG", "Other", "patient", HASH, ann.id)
    assert "example" not in str(caught.value).lower()
    assert "example" not in repr(own).lower()
    assert "argon" not in repr(own)
    for login in ("x" * 300 + "@secret", "secret\x00"):
        with pytest.raises(RecordConflict) as caught:
            store.add_account(login, "Other", "owner", HASH)
        assert "secret" not in str(caught.value)
    store.set_password(own.id, HASH + "2")
    store.link_person(own.id, ann.id)
    store.disable_account(own.id)
    store.enable_account(own.id)
    let_in(store, "a", own.id)
    told = repr(store.audit())
    assert "xample.org" not in told
    assert "argon" not in told
    assert f"account {own.id} logged in" in told
    assert [entry.what for entry in store.audit(ann.id)][1:3] == [
        f"account {own.id} added (patient)",
        f"password of account {own.id} changed",
    ]


def test_a_failing_statement_shows_none_of_its_values(store, own):
    query = text("INSERT INTO accounts (id, login, login_key) VALUES (:a, :b, :c)")
    with pytest.raises(StoreError) as caught, store._writing() as connection:
        connection.execute(query, {"a": "x", "b": "Secret@b", "c": "secret@b"})
    # What the server itself says of the row is not in the first line, which is all that is told.
    told, error = [], caught.value
    while error is not None:
        told.append(f"{error!s} {error!r}".partition("DETAIL")[0])
        error = error.__cause__
    assert "ecret@b" not in " ".join(told)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"role": "admin"}, UsageError),
        ({"role": "visitor"}, UsageError),
        ({"person": "nobody00"}, PersonNotFound),
        ({"person": None}, RecordConflict),
        ({"login": " "}, RecordConflict),
        ({"name": ""}, RecordConflict),
        ({"password_hash": ""}, RecordConflict),
    ],
)
def test_an_account_that_cannot_be_is_refused(store, ann, change, error):
    given = {"login": "a", "name": "Ann", "role": "patient", "password_hash": HASH, "person": ann.id} | change
    with pytest.raises(error):
        store.add_account(**given)
    assert store.accounts() == ()


def test_a_disabled_account_lets_nobody_in(store, own, ann, clock):
    let_in(store, "a", own.id, person=ann.id)
    assert store.web_session(token("a")).account == own.id
    store.disable_account(own.id)
    assert store.account(own.id).disabled_at == clock.now
    assert store.web_session(token("a")) is None
    with pytest.raises(RecordConflict, match="disabled"):
        let_in(store, "b", own.id)
    store.enable_account(own.id)
    assert store.account(own.id).disabled_at is None
    # It was ended, not paused.
    assert store.web_session(token("a")) is None


def test_the_last_owner_stays(store, own):
    first = store.add_account("one", "One", "owner", HASH)
    with pytest.raises(RecordConflict, match="only account"):
        store.disable_account(first.id)
    second = store.add_account("two", "Two", "owner", HASH)
    store.disable_account(first.id)
    with pytest.raises(RecordConflict, match="only account"):
        store.disable_account(second.id)
    store.disable_account(own.id)


def test_a_name_is_changed_and_written_down(store, own):
    store.rename_account(own.id, "Ann B.")
    assert store.account(own.id).name == "Ann B."
    assert store.audit()[-1].what == f"account {own.id} renamed from {own.name!r} to 'Ann B.'"
    for name in ("", "a\x00b", "x" * 121):
        with pytest.raises(RecordConflict):
            store.rename_account(own.id, name)
    assert store.account(own.id).name == "Ann B."


def test_a_password_is_changed_and_other_browsers_are_ended(store, own):
    for name in "abc":
        let_in(store, name, own.id)
    store.set_password(own.id, HASH + "new")
    assert store.account(own.id).password_hash == HASH + "new"
    assert store.end_web_sessions_of(own.id, but=token("b")) == 2
    assert [one.token_sha256 for one in store.web_sessions(own.id)] == [token("b")]
    assert store.end_web_sessions_of(own.id) == 1


# --- web sessions ---


def test_a_web_session_ends_by_time_or_by_hand(store, ann, own, clock):
    session = let_in(store, "a", own.id, person=ann.id)
    assert store.web_session(token("a")) == session
    assert (session.csrf, session.role, session.person, session.label) == ("csrf-a", "patient", ann.id, "Firefox")
    assert token("a") not in repr(session)
    assert store.web_session(token("b")) is None
    assert store.web_session("'; --") is None
    clock.move(minutes=59)
    store.touch_web_session(token("a"), clock.now + timedelta(hours=1))
    clock.move(minutes=30)
    seen = store.web_session(token("a"))
    assert seen.seen_at == clock.now - timedelta(minutes=30)
    clock.move(minutes=30)
    assert store.web_session(token("a")) is None
    store.touch_web_session(token("a"), clock.now + timedelta(hours=1))
    assert store.web_session(token("a")) is None
    let_in(store, "b", role="visitor")
    store.end_web_session(token("b"))
    store.end_web_session(token("b"))
    assert store.web_session(token("b")) is None


def test_a_browser_is_written_down_once_a_minute(store, clock):
    before = let_in(store, "a", role="owner")
    clock.move(seconds=59)
    store.touch_web_session(token("a"))
    assert store.web_session(token("a")) == before
    clock.move(seconds=1)
    store.touch_web_session(token("a"))
    assert store.web_session(token("a")).seen_at == clock.now
    assert store.web_session(token("a")).expires == before.expires


def test_a_link_is_followed_by_the_browsers(store, ann, own):
    staff = store.add_account("oz", "Dr. Öz", "clinician", HASH)
    let_in(store, "a", staff.id, role="clinician")
    store.link_person(staff.id, ann.id)
    assert store.web_session(token("a")).person == store.account(staff.id).person == ann.id
    store.link_person(staff.id, None)
    assert store.web_session(token("a")).person is None
    with pytest.raises(PersonNotFound):
        store.link_person(staff.id, "nobody00")
    with pytest.raises(StoreError, match="no such account"):
        store.link_person("none", ann.id)


def test_what_is_no_web_session_is_refused(store, ann):
    let_in(store, "a", role="owner")
    with pytest.raises(RecordConflict, match="already"):
        let_in(store, "a", role="owner")
    with pytest.raises(UsageError):
        let_in(store, "b", role="root")
    with pytest.raises(PersonNotFound):
        let_in(store, "b", person="nobody00")
    with pytest.raises(StoreError, match="no such account"):
        let_in(store, "b", "none")
    with pytest.raises(RecordConflict, match="sha256") as caught:
        store.add_web_session("the token itself", "c", None, "owner", None, store._clock(), "")
    assert "itself" not in str(caught.value)


# --- invitations ---


def invite(store, name="t", person=None, *, role="clinician", kind="account", hours=24):
    return store.add_invitation(token(name), role, person, "Öz", store._clock() + timedelta(hours=hours), kind)


def test_an_invitation_works_once(store, ann, clock):
    invited = invite(store, person=ann.id, role="patient", kind="device")
    assert store.invitation(token("t")) == invited == store.invitations()[0]
    assert (invited.role, invited.person, invited.name, invited.kind) == ("patient", ann.id, "Öz", "device")
    assert store.use_invitation(token("t")) == invited
    for used in (token("t"), token("never"), "'; --"):
        with pytest.raises(RecordConflict, match="cannot be used"):
            store.use_invitation(used)
    assert store.invitations() == ()
    invite(store, "late", hours=1)
    gone = invite(store, "gone")
    store.revoke_invitation(gone.id)
    store.revoke_invitation(gone.id)
    clock.move(hours=1)
    for name in ("late", "gone"):
        assert store.invitation(token(name)) is None
        with pytest.raises(RecordConflict, match="cannot be used"):
            store.use_invitation(token(name))
    assert store.invitations() == ()


def test_of_many_at_once_one_uses_the_invitation(store):
    invite(store)

    def use(_):
        try:
            return store.use_invitation(token("t")).name
        except RecordConflict:
            return None

    with ThreadPoolExecutor(6) as threads:
        assert [name for name in threads.map(use, range(12)) if name] == ["Öz"]
    assert store.invitations() == ()
    assert [entry.what.split()[-1] for entry in store.audit()].count("used") == 1


def test_an_invitation_and_its_account_are_both_or_neither(store, own, ann):
    invite(store, role="patient", person=ann.id)
    invite(store, "visit", role="visitor", kind="visit")
    with pytest.raises(RecordConflict, match="taken"):
        store.accept_invitation(token("t"), "ann@example.org", "Ann", HASH)
    assert store.invitation(token("t")) is not None
    with pytest.raises(RecordConflict, match="cannot be used"):
        store.accept_invitation(token("visit"), "guest", "Guest", HASH)
    made = store.accept_invitation(token("t"), "ann2@example.org", "Ann", HASH)
    assert (made.role, made.person) == ("patient", ann.id)
    with pytest.raises(RecordConflict, match="cannot be used"):
        store.accept_invitation(token("t"), "ann3@example.org", "Ann", HASH)


def test_what_is_no_invitation_is_refused(store):
    with pytest.raises(UsageError):
        invite(store, kind="party")
    with pytest.raises(UsageError):
        invite(store, role="root")
    with pytest.raises(PersonNotFound):
        invite(store, person="nobody00")
    invite(store)
    with pytest.raises(RecordConflict, match="already"):
        invite(store)


# --- people and guests ---


def test_a_person_is_renamed_and_found_by_id(store, ann):
    assert store.person(ann.id) == ann
    renamed = store.rename_person(ann.id, "  Anna   Beispiel ")
    assert renamed.name == "Anna Beispiel"
    assert store.find_person("anna beispiel") == renamed == store.person(ann.id)
    assert [entry.what for entry in store.audit(ann.id)] == ["person added", "person renamed"]
    with pytest.raises(PersonNotFound):
        store.find_person("Ann Example")
    for nobody in ("nobody00", "", "a\x00"):
        with pytest.raises(PersonNotFound):
            store.person(nobody)
        with pytest.raises(PersonNotFound):
            store.rename_person(nobody, "Bob")
    with pytest.raises(UsageError):
        store.rename_person(ann.id, " ")


def test_a_guest_is_not_among_the_people_until_kept(store, ann):
    guest = store.add_person("Guest", guest=True)
    other = store.add_person("Guest", guest=True)
    assert guest.guest
    assert store.people() == (ann,)
    assert set(store.people(guests=True)) == {ann, guest, other}
    assert store.person(guest.id) == guest == store.find_person(guest.id)
    with pytest.raises(PersonNotFound, match="Nobody"):
        store.find_person("Guest")
    assert store.count_guests(within=timedelta(hours=1)) == 2
    kept = store.keep_guest(guest.id, "Bob")
    assert store.count_guests(within=timedelta(hours=1)) == 1
    assert (kept.name, kept.guest) == ("Bob", False)
    assert store.keep_guest(guest.id, "Bob") == kept
    assert store.people() == (ann, kept)
    with pytest.raises(RecordConflict, match="kept already"):
        store.keep_guest(ann.id, "Somebody else")


def test_a_guest_who_was_not_kept_is_erased_a_day_later(store, ann, address, clock):
    guest, kept = store.add_person("Guest", guest=True), store.add_person("Guest", guest=True)
    store.append(guest.id, [score()])
    let_in(store, "g", person=guest.id, role="visitor", hours=100)
    store.keep_guest(kept.id, "Bob")
    clock.move(hours=24)
    store.tidy()
    assert store.person(guest.id) == guest
    clock.move(seconds=1)
    with open_store(address, clock=clock) as again:
        assert [person.name for person in again.people(guests=True)] == ["Ann Example", "Bob"]
    assert store.web_session(token("g")) is None
    with pytest.raises(PersonNotFound):
        store.keep_guest(guest.id, "Too late")
    # Kept between being found old and being erased.
    assert store._delete_person(kept.id, only_guest=True) is None
    assert store.person(kept.id).name == "Bob"
    assert not store._read_facts().scrub


# --- programs ---


def test_the_newest_program_is_in_use(store, clock):
    assert store.current_program() is None
    texts = ["name = 'ä'\n", "name = 'b'\n"]
    one, two = (store.save_program(it, hashlib.sha256(it.encode()).hexdigest(), "first\nnote") for it in texts)
    assert store.current_program() == two
    assert store.save_program(texts[1], two.sha256, "again") == two
    back = store.save_program(texts[0], one.sha256)
    assert store.current_program() == back
    assert store.programs() == (one, two, back)
    assert (one.toml, one.note, one.who, one.at) == (texts[0], "first\nnote", "tester", clock.now)
    with pytest.raises(RecordConflict, match="hash"):
        store.save_program("name = 'c'\n", one.sha256)
    assert [entry.what.split()[0] for entry in store.audit()] == ["program"] * 3


def test_acting_as_somebody_is_in_the_audit_trail(store, ann):
    other = store.acting_as("Dr. Öz")
    other.append(ann.id, [score()])
    store.append(ann.id, [score("next")])
    assert [entry.who for entry in store.audit(ann.id)] == ["tester", "Dr. Öz", "tester"]
    assert other.people() == store.people()
    with pytest.raises(RecordConflict):
        store.acting_as("a\x00")
