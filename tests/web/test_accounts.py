"""Signing in and out, invitations, passwords, visits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from hiphinge.errors import UsageError
from hiphinge.store import Guess, open_store
from hiphinge.web.accounts.signing import safe_path
from hiphinge.web.passwords import Passwords, check_password
from hiphinge.web.tokens import fingerprint, new_token
from tests.web.clients import Browser, clinic_app, clinic_browser, home_app, home_browser, quick_passwords, sign_in

GOOD = "blue heron at noon"


@pytest.fixture
def clinic(store):
    app = clinic_app(store)
    kept = app.state.hiphinge.passwords.hash(GOOD)
    app.state.ana = store.add_person("Ana")
    app.state.account = store.add_account("Ana@example.org", "Ana", "patient", kept, app.state.ana.id)
    return app


def log_in(browser, login="ana@EXAMPLE.org", password=GOOD, **more):
    browser.get("/login")
    return browser.post("/login", data={"login": login, "password": password, **more})


def test_signing_in_and_out(clinic):
    browser = clinic_browser(clinic)
    assert browser.get("/account").status_code == 303
    assert log_in(browser).status_code == 303
    page = browser.get("/account")
    assert page.status_code == 200
    assert "Ana" in page.text
    assert browser.get("/").headers["location"] == f"/p/{clinic.state.ana.id}/today"
    assert browser.post("/logout").status_code == 303
    assert browser.get("/account").status_code == 303


def test_signing_in_changes_the_token(clinic):
    """A token that somebody planted before stands for nobody after."""
    browser = clinic_browser(clinic)
    browser.get("/login")
    before = browser.cookies["__Host-hiphinge"]
    log_in(browser)
    after = browser.cookies["__Host-hiphinge"]
    assert before != after
    planted = clinic_browser(clinic)
    planted.hold(before)
    assert planted.get("/account").status_code == 303


def test_signing_out_ends_the_session_itself(clinic):
    browser = clinic_browser(clinic)
    log_in(browser)
    token = browser.cookies["__Host-hiphinge"]
    browser.get("/account")
    assert browser.post("/logout").status_code == 303
    stolen = clinic_browser(clinic)
    stolen.hold(token)
    assert stolen.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("login", "password"), [("ana@example.org", "no"), ("nobody", GOOD), ("", ""), ("a\x00b", GOOD)]
)
def test_what_does_not_fit_is_said_alike(clinic, login, password):
    answer = log_in(clinic_browser(clinic), login, password)
    assert answer.status_code == 401
    assert "does not fit" in answer.text


def test_a_login_that_is_not_there_takes_as_long(clinic):
    looked = []

    class Counting(Passwords):
        def verify(self, kept, password):
            looked.append(kept is not None)
            return super().verify(kept, password)

    clinic.state.hiphinge.passwords = Counting(quick_passwords()._hasher)
    log_in(clinic_browser(clinic), "nobody")
    log_in(clinic_browser(clinic), "ana@example.org", "no")
    assert looked == [False, True]


def test_a_disabled_account_does_not_get_in(clinic, store):
    browser = clinic_browser(clinic)
    log_in(browser)
    store.disable_account(clinic.state.account.id)
    assert browser.get("/account").status_code == 303
    assert log_in(clinic_browser(clinic)).status_code == 401


def test_guessing_has_to_wait(clinic):
    store = clinic.state.hiphinge.store
    browser = clinic_browser(clinic)
    for _number in range(5):
        assert log_in(browser, password="no").status_code == 401
    assert log_in(browser).status_code == 429
    later = store._clock() + timedelta(seconds=3)
    store._clock = lambda: later
    assert log_in(browser).status_code == 303


def test_two_servers_of_one_store_count_guesses_together(clinic, store):
    """Who guesses does not get as many tries more as there are servers."""
    other = clinic_app(store)
    browsers = [clinic_browser(clinic), clinic_browser(other)]
    answers = [log_in(browsers[n % 2], password="no").status_code for n in range(6)]
    assert answers == [401] * 5 + [429]


def test_who_knows_a_login_does_not_keep_its_owner_out(clinic):
    stranger = clinic_browser(clinic, address="198.51.100.9")
    answers = [log_in(stranger, password="no").status_code for _number in range(8)]
    assert answers[-1] == 429
    assert log_in(clinic_browser(clinic)).status_code == 303


def test_many_addresses_together_have_to_wait(clinic, store):
    """Not for long: each of them keeps the owner out, too."""
    for number in range(100):
        log_in(clinic_browser(clinic, address=f"198.51.100.{number}"), password="no")
    assert log_in(clinic_browser(clinic, address="198.51.100.200"), password="no").status_code == 429
    assert store.try_guess([Guess("name ana@example.org", free=100, longest_s=60.0)]) <= 60


def test_one_address_cannot_try_every_account(clinic):
    browser = clinic_browser(clinic)
    answers = [log_in(browser, f"login{number}", "no").status_code for number in range(22)]
    assert answers[:20] == [401] * 20
    assert answers[-1] == 429


def test_an_account_of_ones_own_does_not_open_the_way_to_others(clinic, store):
    browser = clinic_browser(clinic)
    answers = []
    for number in range(21):
        answers.append(log_in(browser, f"login{number}", "no").status_code)
        log_in(browser)
    assert answers[-1] == 429
    assert store.try_guess([Guess("address 203.0.113.7", free=20, longest_s=60.0)]) <= 60


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil", "/login", "x", "/a\nb", "/%0a//x//y"]
)
def test_going_on_leads_nowhere_else(path):
    assert safe_path(path) == "/"


def test_going_on_after_signing_in(clinic):
    answer = log_in(clinic_browser(clinic), next="/account?a=//b")
    assert answer.headers["location"] == "/account?a=//b"


def test_an_old_hash_is_renewed(clinic, store):
    before = store.account(clinic.state.account.id).password_hash
    clinic.state.hiphinge.passwords = Passwords()
    log_in(clinic_browser(clinic))
    after = store.account(clinic.state.account.id).password_hash
    assert after != before
    assert after.startswith("$argon2id$")
    assert Passwords().verify(after, GOOD)


def test_sessions_end_by_themselves(tmp_path):
    now = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
    with open_store(tmp_path / "s.db", clock=lambda: now[0]) as store:
        app = clinic_app(store, clock=lambda: now[0], idle_minutes=60, session_days=1)
        browser = sign_in(app, "clinician", until=now[0] + timedelta(hours=1))
        for _hour in range(23):
            now[0] += timedelta(minutes=50)
            assert browser.get("/account").status_code == 200
        idle = sign_in(app, "clinician", until=now[0] + timedelta(hours=1))
        now[0] += timedelta(minutes=61)
        assert idle.get("/account").status_code == 303
        now[0] += timedelta(hours=5)
        assert browser.get("/account").status_code == 303


def test_a_session_does_not_outlive_its_last_day(tmp_path):
    now = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
    with open_store(tmp_path / "s.db", clock=lambda: now[0]) as store:
        app = clinic_app(store, clock=lambda: now[0], idle_minutes=60, session_days=1)
        browser = sign_in(app, "clinician", until=now[0] + timedelta(hours=1))
        seen = []
        for _half in range(60):
            now[0] += timedelta(minutes=30)
            seen.append(browser.get("/account").status_code)
        assert seen[:47] == [200] * 47
        assert seen[-1] == 303


# --- passwords ---


@pytest.mark.parametrize(
    "password", ["short", "", "aaaaaaaaaaaa", "ababababab", "ana@example.org", "my ana@example.org", "x" * 300]
)
def test_passwords_that_are_too_easy(password):
    with pytest.raises(UsageError):
        check_password(password, "ana@example.org")


def test_passwords_that_are_fine():
    check_password(GOOD, "ana")
    check_password("correct horse", "")


def test_composed_and_decomposed_letters_are_the_same():
    passwords = quick_passwords()
    assert passwords.verify(passwords.hash("gr\u00fcner Reiher"), "gru\u0308ner Reiher")
    assert not passwords.verify("no hash at all", GOOD)


def test_changing_the_password_signs_others_out(clinic):
    here, there = clinic_browser(clinic), clinic_browser(clinic)
    log_in(here)
    log_in(there)
    here.get("/account")
    form = {"current": GOOD, "password": "a quite new one", "again": "a quite new one"}
    answer = here.post("/account/password", data=form)
    assert answer.headers["location"] == "/account?said=password"
    assert "changed" in here.get("/account?said=password").text
    assert there.get("/account").status_code == 303
    assert log_in(clinic_browser(clinic)).status_code == 401
    assert log_in(clinic_browser(clinic), password="a quite new one").status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {"current": "no", "password": "a quite new one", "again": "a quite new one"},
        {"current": GOOD, "password": "short", "again": "short"},
        {"current": GOOD, "password": "a quite new one", "again": "another one here"},
    ],
)
def test_a_password_that_cannot_be_changed(clinic, form):
    browser = clinic_browser(clinic)
    log_in(browser)
    browser.get("/account")
    assert browser.post("/account/password", data=form).status_code == 422
    assert log_in(clinic_browser(clinic)).status_code == 303


def test_the_name_that_signs_is_changed_by_its_owner(clinic, store):
    browser = sign_in(clinic, "owner", name="Administrator")
    assert 'value="Administrator"' in browser.get("/account").text
    answer = browser.post("/account/name", data={"name": "  Mary   Lee "})
    assert answer.headers["location"] == "/account?said=name"
    page = browser.get("/account?said=name").text
    assert "name is changed" in page
    assert 'value="Mary Lee"' in page
    assert "Signed: Mary Lee" in browser.get(f"/desk/p/{clinic.state.ana.id}").text
    (one,) = [one for one in store.audit() if "renamed" in one.what]
    assert (one.who, one.what.endswith("renamed from 'Administrator' to 'Mary Lee'")) == ("Administrator", True)


@pytest.mark.parametrize("name", ["", "  ", "mary@example.org", "x" * 81, "ANA", "dr lee", "a\x07b"])
def test_a_name_that_cannot_sign(clinic, store, name):
    """A patient's name, or a colleague's, would make their words out of one's own."""
    store.add_account("lee", "Dr Lee", "clinician", "x")
    browser = sign_in(clinic, "clinician", name="Mary")
    browser.get("/account")
    answer = browser.post("/account/name", data={"name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert "Mary" in {one.name for one in store.accounts()}


def test_a_patient_keeps_the_name_of_the_record(clinic, store):
    browser = clinic_browser(clinic)
    log_in(browser)
    assert "/account/name" not in browser.get("/account").text
    assert browser.post("/account/name", data={"name": "Dr Ana"}).status_code == 403
    assert store.account(clinic.state.account.id).name == "Ana"


def test_a_name_needs_the_pages_token(clinic, store):
    browser = sign_in(clinic, "clinician", name="Mary")
    answer = browser.post("/account/name", data={"name": "Eve"}, headers={"x-csrf-token": "no"})
    assert answer.status_code == 403
    assert "Eve" not in {one.name for one in store.accounts()}


def test_at_home_there_is_no_name_to_change(store):
    browser = home_browser(store)
    assert "/account/name" not in browser.get("/account").text
    assert browser.post("/account/name", data={"name": "Eve"}).headers["location"] == "/account"


def test_signing_out_everywhere_else(clinic):
    here, there = clinic_browser(clinic), clinic_browser(clinic)
    log_in(here)
    log_in(there)
    here.get("/account")
    here.post("/account/everywhere")
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303


# --- invitations ---


def invited(app, by="clinician", **form):
    browser = sign_in(app, by)
    page = browser.post("/desk/invitations", data=form)
    found = re.search(r"https://clinic\.example(/join/[\w-]{43})", page.text)
    return page, found and found[1]


def test_a_patient_joins_by_a_link_once(clinic, store):
    ben = store.add_person("Ben")
    page, path = invited(clinic, whom="patient", person=ben.id)
    assert "<svg" in page.text
    assert "The link for Ben" in page.text
    browser = clinic_browser(clinic)
    assert "Invitation for Ben" in browser.get(path).text
    assert "Invitation for Ben" in browser.get(path).text  # looking does not use it up
    form = {"login": "ben", "password": GOOD, "again": GOOD}
    assert browser.post(path, data=form).status_code == 303
    assert browser.get("/").headers["location"] == f"/p/{ben.id}/today"
    again = clinic_browser(clinic)
    assert again.get(path).status_code == 410
    assert again.post(path, data=form).status_code == 410
    account = store.find_account("BEN")
    assert (account.role, account.person, account.name) == ("patient", ben.id, "Ben")


@pytest.mark.parametrize(
    "form",
    [
        {"login": "ana@example.org", "password": GOOD, "again": GOOD},
        {"login": "", "password": GOOD, "again": GOOD},
        {"login": "lee", "password": "short", "again": "short"},
        {"login": "lee", "password": GOOD, "again": "something else"},
    ],
)
def test_an_invitation_outlives_a_form_that_does_not_fit(clinic, form):
    _page, path = invited(clinic, whom="clinician", name="Dr Lee")
    browser = clinic_browser(clinic)
    browser.get(path)
    assert browser.post(path, data=form).status_code == 422
    assert browser.post(path, data={"login": "lee", "password": GOOD, "again": GOOD}).status_code == 303
    assert browser.get("/").headers["location"] == "/desk"


def test_invitations_end_and_can_be_withdrawn(clinic, store):
    _page, path = invited(clinic, whom="clinician", name="Dr Lee")
    browser = sign_in(clinic, "clinician")
    assert "Dr Lee" in browser.get("/desk/invitations").text
    (one,) = store.invitations()
    assert browser.post(f"/desk/invitations/{one.id}/revoke").status_code == 303
    assert clinic_browser(clinic).get(path).status_code == 410
    token = new_token()
    store.add_invitation(fingerprint(token), "owner", None, "late", datetime.now(UTC) - timedelta(minutes=1), "account")
    assert clinic_browser(clinic).get(f"/join/{token}").status_code == 410
    assert clinic_browser(clinic).get("/join/short").status_code == 422


@pytest.mark.parametrize("form", [{"whom": "patient"}, {"whom": "clinician"}, {"whom": "clinician", "name": "a@b.c"}])
def test_invitations_for_nobody(clinic, form):
    page, path = invited(clinic, **form)
    assert page.status_code == 422
    assert path is None


def test_only_an_administrator_invites_administrators(clinic):
    assert invited(clinic, whom="owner", name="Boss")[0].status_code == 403
    _page, path = invited(clinic, by="owner", whom="owner", name="Boss")
    browser = clinic_browser(clinic)
    browser.get(path)
    browser.post(path, data={"login": "boss", "password": GOOD, "again": GOOD})
    assert browser.get("/desk/accounts").status_code == 200


def test_addresses_of_others_are_shown_to_nobody(clinic):
    page = sign_in(clinic, "owner").get("/desk/accounts").text
    assert "Ana" in page
    assert "@" not in page


def test_an_administrator_switches_accounts_off_and_on(clinic, store):
    owner, account = sign_in(clinic, "owner"), clinic.state.account
    owner.post(f"/desk/accounts/{account.id}/disable")
    assert store.account(account.id).disabled_at is not None
    owner.post(f"/desk/accounts/{account.id}/enable")
    assert store.account(account.id).disabled_at is None
    page = owner.post(f"/desk/accounts/{account.id}/password")
    password = re.search(r"<code>([\w-]+)</code>", page.text)[1]
    assert log_in(clinic_browser(clinic), password=password).status_code == 303
    assert owner.post("/desk/accounts/nobody/disable").status_code == 404
    me = next(one for one in store.accounts() if one.role == "owner")
    assert owner.post(f"/desk/accounts/{me.id}/disable").status_code == 403


def test_what_is_done_is_written_down_under_ones_name(clinic, store):
    browser = sign_in(clinic, "clinician", name="Dr Lee")
    browser.post("/desk/invitations", data={"whom": "patient", "person": clinic.state.ana.id})
    assert store.audit()[-1].who == "Dr Lee" or any(one.who == "Dr Lee" for one in store.audit())
    assert not [one for one in store.audit() if "@" in one.what + one.who]


# --- visits and phones ---


def test_a_visit_by_a_link_is_of_one_guest_alone(clinic, store):
    _page, path = invited(clinic, whom="visit")
    browser = clinic_browser(clinic)
    browser.get(path)
    assert browser.post(path).status_code == 303
    (guest,) = [one for one in store.people(guests=True) if one.guest]
    assert browser.get("/").headers["location"] == f"/p/{guest.id}/today"
    assert browser.get(f"/p/{clinic.state.ana.id}/today").status_code == 404
    assert browser.get("/account").status_code == 303
    assert guest not in store.people()


def test_anybody_may_try_where_the_clinic_allows_it(store):
    closed = clinic_browser(clinic_app(store))
    assert closed.post("/start").status_code == 403
    browser = clinic_browser(clinic_app(store, open_visits=True))
    answer = browser.post("/start")
    assert answer.status_code == 303
    assert re.fullmatch(r"/p/\w+/coach\?drill=toe_touch", answer.headers["location"])
    browser.get("/start")
    assert browser.post("/start").headers["location"] == answer.headers["location"]


def test_no_more_guests_come_in_an_hour_than_the_clinic_takes(tmp_path):
    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    with open_store(tmp_path / "store.sqlite3", clock=lambda: now[0]) as store:
        clinic = clinic_app(store, open_visits=True, visits_per_hour=2, clock=lambda: now[0])
        browsers = [clinic_browser(clinic, address=f"203.0.113.{number}") for number in range(3)]
        assert [one.post("/start").status_code for one in browsers] == [303, 303, 429]
        refused = browsers[2].post("/start")
        assert "Come back a little later" in refused.text
        assert int(refused.headers["retry-after"]) > 0
        assert len(store.people(guests=True)) == 2
        # Who is in goes on, and who works here is not counted out.
        browsers[0].get("/start")
        assert browsers[0].post("/start").status_code == 303
        assert sign_in(clinic, "clinician").post("/start").status_code == 303
        now[0] += timedelta(hours=1, minutes=1)
        assert browsers[2].post("/start").status_code == 303


def test_guests_who_erase_themselves_are_counted_too(store):
    """Each erasure writes the whole database anew: begun and erased in a circle, that held up everybody."""
    clinic, answers = clinic_app(store, open_visits=True, visits_per_hour=2), []
    for number in range(3):
        browser = clinic_browser(clinic, address=f"203.0.113.{number}")
        answer = browser.post("/start")
        answers.append(answer.status_code)
        if answer.status_code == 303:
            guest = answer.headers["location"].split("/")[2]
            browser.get(f"/p/{guest}/data")
            assert browser.post(f"/p/{guest}/data/erase", data={"name": "Guest"}).status_code == 200
    assert answers == [303, 303, 429]


@pytest.mark.parametrize(
    "name",
    ["clinician", "Clini\u200bcian", "Clini\u200dcian", "An\u202ena", "\uff23linician", "\u200d", "a\uff20b", "x" * 81],
)
def test_nobody_signs_with_what_looks_like_anothers_name(store, name):
    clinic = clinic_app(store)
    other = sign_in(clinic, "clinician")
    assert sign_in(clinic, "owner").post("/account/name", data={"name": name}).status_code == 422
    assert other.post("/desk/invitations", data={"whom": "clinician", "name": name}).status_code == 422


def test_the_first_two_minutes_at_home_ask_nothing(home, store):
    answer = home.post("/start")
    (guest,) = store.people(guests=True)
    assert answer.headers["location"] == f"/p/{guest.id}/coach?drill=toe_touch"
    assert home.get("/").headers["location"] == "/start"


def test_a_guest_is_kept_under_a_name(home, store):
    store.add_person("Ana")
    guest = home.post("/start").headers["location"].split("/")[2]
    assert home.get(f"/p/{guest}/keep").status_code == 200
    for name in ("", "  ", "ANA", "x" * 150):
        assert home.post(f"/p/{guest}/keep", data={"name": name}).status_code == 422
    answer = home.post(f"/p/{guest}/keep", data={"name": "Ben"})
    assert answer.headers["location"] == f"/p/{guest}/today"
    assert [one.name for one in store.people()] == ["Ana", "Ben"]
    assert home.get(f"/p/{guest}/keep").status_code == 303


def test_a_video_does_as_well(home):
    assert re.fullmatch(
        r"/p/\w+/upload\?drill=toe_touch", home.post("/start", data={"how": "upload"}).headers["location"]
    )


def test_a_phone_gets_in_by_a_link_once(store):
    app = home_app(store, addresses=("192.168.1.5",), phone_url="https://192.168.1.5:8766")
    owner = home_browser(store, addresses=("192.168.1.5",), phone_url="https://192.168.1.5:8766")
    page = owner.post("/phone").text
    path = re.search(r"https://192\.168\.1\.5:8766(/join/[\w-]{43})", page)[1]
    phone = Browser(app, address="192.168.1.77", url="https://192.168.1.5:8766")
    store.add_person("Ana")
    assert phone.get("/account").status_code == 303
    phone.get(path)
    assert phone.post(path).status_code == 303
    assert "Ana" in phone.get("/").text
    other = Browser(app, address="192.168.1.78", url="https://192.168.1.5:8766")
    assert other.get(path).status_code == 410
    assert "Devices that were let in" in owner.get("/account").text
    owner.post("/account/everywhere")
    assert phone.get("/account").status_code == 303


def test_a_phone_stays_in_for_its_days(tmp_path):
    now = [datetime(2026, 3, 2, 8, tzinfo=UTC)]
    with open_store(tmp_path / "s.db", clock=lambda: now[0]) as store:
        app = home_app(store, clock=lambda: now[0], addresses=("192.168.1.5",), session_days=30)
        token = new_token()
        store.add_invitation(fingerprint(token), "owner", None, "phone", now[0] + timedelta(hours=1), "device")
        phone = Browser(app, address="192.168.1.77", url="https://192.168.1.5:8766")
        phone.get(f"/join/{token}")
        phone.post(f"/join/{token}")
        assert phone.get("/account").status_code == 200
        now[0] += timedelta(days=29)
        assert phone.get("/account").status_code == 200
        now[0] += timedelta(days=2)
        assert phone.get("/account").status_code == 303
        # Where nobody signs in, it is not sent round in a ring.
        assert phone.get("/login?next=/account").headers["location"] == "/"
        assert phone.get("/").status_code == 200


def test_a_phone_of_the_household_is_nobody_in_a_clinic(store):
    """The same store may be used at home first, and in a clinic then."""
    clinic = clinic_app(store)
    for role, status in (("owner", 303), ("clinician", 303)):
        assert sign_in(clinic, role, account=False).get("/desk").status_code == status
    assert sign_in(clinic, "owner").get("/desk").status_code == 200


def test_no_phone_gets_in_where_none_is_asked_for(home):
    assert "hiphinge serve --phone" in home.get("/phone").text
    assert home.post("/phone").status_code == 403
    assert home.get("/phone/hiphinge.crt").status_code == 404
