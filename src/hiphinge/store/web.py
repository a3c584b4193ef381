"""Accounts, the ways in, and programs: what a store keeps for the web app as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hiphinge.store import accounts, guesses, passes, programs
from hiphinge.store.core import StoreCore
from hiphinge.store.webrecords import Account, Invitation, SavedProgram, WebSession

__all__ = ["AccountStore", "ProgramStore"]


class AccountStore(StoreCore):
    """What a store does with accounts, web sessions and invitations.

    Passwords come as hashes and tokens as their sha256, so that neither is ever in a database. The audit trail names
    accounts by their ids, never by their logins.
    """

    def add_account(self, login: str, name: str, role: str, password_hash: str, person: str | None = None) -> Account:
        """Add an account with the role ``patient`` (which needs a person), ``clinician`` or ``owner``.

        Raises
        ------
        RecordConflict
            The login is taken (case does not matter), or a text that cannot be kept.
        UsageError
            A role that there is not.
        PersonNotFound
            Nobody has this id.
        """
        with self._writing() as connection:
            now = self._clock()
            account = accounts.insert_account(connection, login, name, role, password_hash, person=person, now=now)
            self._audit(connection, f"account {account.id} added ({role})", person)
            return account

    def accept_invitation(self, token_sha256: str, login: str, name: str, password_hash: str) -> Account:
        """Use an invitation and add the account that it is for, both or neither: a taken login leaves it open.

        Raises
        ------
        RecordConflict
            The invitation cannot be used (any more) or is of another kind, or as for ``add_account``.
        """
        with self._writing() as connection:
            now = self._clock()
            invited = passes.take_invitation(connection, token_sha256, now=now, kind="account")
            account = accounts.insert_account(
                connection, login, name, invited.role, password_hash, person=invited.person, now=now
            )
            self._audit(connection, f"account {account.id} added by invitation ({invited.role})", invited.person)
            return account

    def account(self, account_id: str) -> Account:
        """Return the account with this id.

        Raises
        ------
        StoreError
            There is none.
        """
        with self._reading() as connection:
            return accounts.read_account(connection, account_id)

    def find_account(self, login: str) -> Account | None:
        """Return the account with this login, disabled or not; None where there is none. Case does not matter."""
        with self._reading() as connection:
            return accounts.find_account(connection, login)

    def accounts(self) -> tuple[Account, ...]:
        """Return every account, oldest first."""
        with self._reading() as connection:
            return accounts.all_accounts(connection)

    def set_password(self, account_id: str, password_hash: str) -> None:
        """Take another password's hash; browsers that are logged in stay so until ``end_web_sessions_of``.

        Raises
        ------
        StoreError
            There is no such account.
        """
        with self._writing() as connection:
            account = accounts.change_password(connection, account_id, password_hash)
            self._audit(connection, f"password of account {account_id} changed", account.person)

    def rename_account(self, account_id: str, name: str) -> None:
        """Show an account under another name; the audit trail says which was which.

        Raises
        ------
        RecordConflict
            A name that cannot be kept.
        StoreError
            There is no such account.
        """
        with self._writing() as connection:
            account = accounts.rename_account(connection, account_id, name)
            self._audit(connection, f"account {account_id} renamed from {account.name!r} to {name!r}", account.person)

    def disable_account(self, account_id: str) -> None:
        """Let an account log in no longer, and end its web sessions.

        Raises
        ------
        RecordConflict
            It is the only one of an owner.
        StoreError
            There is no such account.
        """
        with self._writing() as connection:
            account = accounts.switch_account(connection, account_id, disabled_at=self._clock())
            self._audit(connection, f"account {account_id} disabled", account.person)

    def enable_account(self, account_id: str) -> None:
        """Let a disabled account log in again.

        Raises
        ------
        StoreError
            There is no such account.
        """
        with self._writing() as connection:
            account = accounts.switch_account(connection, account_id, disabled_at=None)
            self._audit(connection, f"account {account_id} enabled", account.person)

    def link_person(self, account_id: str, person_id: str | None) -> None:
        """Let an account open this person's record as their own (None: no record).

        Raises
        ------
        PersonNotFound
            Nobody has this id.
        StoreError
            There is no such account.
        """
        with self._writing() as connection:
            accounts.link_account(connection, account_id, person_id)
            self._audit(connection, f"account {account_id} linked" if person_id else "account unlinked", person_id)

    def try_guess(self, tried: Sequence[guesses.Guess]) -> float:
        """Count a guess as failed before it is looked at, and return 0; or for how many seconds it has to wait.

        One that has to wait is not counted. All servers of a store count together.
        """
        with self._writing() as connection:
            return guesses.try_guesses(connection, tried, now=self._clock())

    def guessed_right(self, forget: Sequence[guesses.Guess], forgive: Sequence[guesses.Guess] = ()) -> None:
        """Forget all failures of some, and take one back of others."""
        with self._writing() as connection:
            for one in sorted(forget, key=lambda one: one.key_sha256):
                guesses.forget(connection, one)
            for one in sorted(forgive, key=lambda one: one.key_sha256):
                guesses.forgive(connection, one)

    def add_web_session(
        self,
        token_sha256: str,
        csrf: str,
        account: str | None,
        role: str,
        person: str | None,
        expires: datetime,
        label: str = "",
    ) -> WebSession:
        """Let a browser in: with an account, or as a guest (None).

        Parameters
        ----------
        label
            What the person can tell the browser by; no address.

        Raises
        ------
        RecordConflict
            The account is disabled, or a text that cannot be kept.
        UsageError
            A role that there is not.
        PersonNotFound
            Nobody has this id.
        """
        values = {"token_sha256": token_sha256, "csrf": csrf, "account": account, "role": role}
        values |= {"person": person, "label": label}
        with self._writing() as connection:
            session = passes.insert_session(connection, {**values, "expires": expires}, now=self._clock())
            if account is not None:
                self._audit(connection, f"account {account} logged in", person)
            return session

    def web_session(self, token_sha256: str) -> WebSession | None:
        """Return the browser with this token; None where there is none, it has expired, or its account is disabled."""
        with self._reading() as connection:
            return passes.find_session(connection, token_sha256, now=self._clock())

    def web_sessions(self, account_id: str | None) -> tuple[WebSession, ...]:
        """Return the browsers that are logged in with an account (None: without one), the last used first."""
        with self._reading() as connection:
            return passes.sessions_of(connection, account_id, now=self._clock())

    def touch_web_session(self, token_sha256: str, expires: datetime | None = None) -> None:
        """Write down that a browser was here, and until when it is let in from now on (None: as before).

        Made for every request: nothing is written more often than once a minute.
        """
        with self._reading() as connection:
            session = passes.find_session(connection, token_sha256, now=self._clock())
        if session is not None and passes.needs_touch(session, expires, now=self._clock()):
            with self._writing() as connection:
                passes.touch_session(connection, token_sha256, expires, now=self._clock())

    def end_web_session(self, token_sha256: str) -> None:
        """Let a browser in no longer; nothing happens where it is not."""
        with self._writing() as connection:
            passes.end_session(connection, token_sha256)

    def end_web_sessions_of(self, account_id: str | None, *, but: str = "") -> int:
        """Let no browser of an account in any longer (``but`` the one with this token's hash); return how many.

        None: those without an account.
        """
        with self._writing() as connection:
            return passes.end_sessions_of(connection, account_id, but=but)

    def add_invitation(
        self, token_sha256: str, role: str, person: str | None, name: str, expires: datetime, kind: str
    ) -> Invitation:
        """Add a way in that works once.

        Parameters
        ----------
        person
            Whose record it opens; a patient's needs one.
        name
            Whom it is for, to be shown.
        kind
            ``account``: to make one; ``device``: to let a further browser in; ``visit``: for one visit.

        Raises
        ------
        RecordConflict
            A text that cannot be kept.
        UsageError
            A role or a kind that there is not.
        PersonNotFound
            Nobody has this id.
        """
        values = {"role": role, "person": person, "name": name, "expires": expires, "kind": kind}
        with self._writing() as connection:
            invitation = passes.insert_invitation(connection, token_sha256, values, now=self._clock())
            self._audit(connection, f"invitation {invitation.id} added ({kind}, {role})", person)
            return invitation

    def invitation(self, token_sha256: str) -> Invitation | None:
        """Return an invitation without using it; None where it cannot be used (any more)."""
        with self._reading() as connection:
            return passes.find_invitation(connection, token_sha256, now=self._clock())

    def use_invitation(self, token_sha256: str) -> Invitation:
        """Use an invitation, which can be done once, and return what it was.

        Raises
        ------
        RecordConflict
            It was used already, has expired, was withdrawn, or there never was one.
        """
        with self._writing() as connection:
            invitation = passes.take_invitation(connection, token_sha256, now=self._clock())
            self._audit(connection, f"invitation {invitation.id} used", invitation.person)
            return invitation

    def invitations(self) -> tuple[Invitation, ...]:
        """Return the invitations that can still be used, oldest first."""
        with self._reading() as connection:
            return passes.open_invitations(connection, now=self._clock())

    def revoke_invitation(self, invitation_id: str) -> None:
        """Withdraw an invitation, by its id; nothing happens where there is none (any more)."""
        with self._writing() as connection:
            if passes.drop_invitation(connection, invitation_id):
                self._audit(connection, f"invitation {invitation_id} withdrawn", None)


class ProgramStore(StoreCore):
    """What a store does with programs."""

    def save_program(self, toml: str, sha256: str, note: str = "") -> SavedProgram:
        """Save a program's text and use it from now on; the one in use, saved again, is one.

        Raises
        ------
        RecordConflict
            ``sha256`` is not that of the text in UTF-8, or a text that cannot be kept.
        """
        with self._writing() as connection:
            saved, new = programs.insert_program(connection, toml, sha256, note, who=self._who, now=self._clock())
            if new:
                self._audit(connection, f"program {sha256[:12]} saved", None)
            return saved

    def current_program(self) -> SavedProgram | None:
        """Return the program that is in use; None where none was saved: the one that comes with hiphinge."""
        with self._reading() as connection:
            return programs.newest_program(connection)

    def programs(self) -> tuple[SavedProgram, ...]:
        """Return every program that was saved, oldest first."""
        with self._reading() as connection:
            return programs.read_programs(connection)
