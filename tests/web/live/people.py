"""People in an open session, and whoever else comes to a clinic, each with the cookie of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hiphinge.program import load_program
from hiphinge.service.desk import Desk
from hiphinge.store import Person, Store
from hiphinge.web.tokens import csrf_of, fingerprint, new_token

__all__ = ["Visitor", "begin_session", "let_in"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a session cookie."""

    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"cookie": f"hiphinge={self.token}", "x-csrf-token": csrf_of(self.token), "accept": "application/json"}


def let_in(store: Store, role: str, person: str | None = None) -> Visitor:
    """Begin a web session, as signing in (or a visit without an account) would."""
    token = new_token()
    account = None
    if role != "visitor":
        account = store.add_account(f"{role}-{token[:6]}@example.org", role, role, "no hash", person).id
    expires = datetime.now(UTC) + timedelta(hours=1)
    store.add_web_session(fingerprint(token), csrf_of(token), account, role, person, expires, role)
    return Visitor(token)


def begin_session(store: Store, name: str = "Ana") -> Person:
    """Add somebody with everything answered, in an open session."""
    desk = Desk(store, load_program(None))
    person = store.add_person(name)
    desk.answer_red_flags(person, {flag.id: False for flag in desk.program.red_flags})
    desk.take_intake(person, pain=0)
    desk.start(person, resting_pain=0, new_symptoms=False)
    return person
