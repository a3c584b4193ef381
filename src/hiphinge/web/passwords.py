"""Passwords: Argon2id, and the few rules that help."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hiphinge.errors import UsageError
from hiphinge.web.translate import _

__all__ = ["LEAST_CHARACTERS", "Passwords", "check_password"]

LEAST_CHARACTERS = 10
_MOST_CHARACTERS = 256
_DIFFERENT = 4
#: Each hash takes 64 MiB while it is made: not too many at once.
_AT_ONCE = 3


class Passwords:
    """Hashes and compares passwords; the time taken does not tell whether there is such an account."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = PasswordHasher() if hasher is None else hasher
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._decoy = ""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turns:
            return self._hasher.hash(_same(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that was kept; None (no such account) takes as long, and is never right."""
        if kept is None and not self._decoy:
            self._decoy = self.hash("nobody's password")
        with self._turns:
            try:
                right = self._hasher.verify(kept if kept is not None else self._decoy, _same(password))
            except (VerificationError, InvalidHashError):
                return False
        return right and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with less effort than is made now."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, login: str) -> None:
    """Refuse a password that is too easy to guess.

    Raises
    ------
    UsageError
        Too short or too long, too few different characters, or the sign-in name itself.
    """
    plain, name = _same(password).casefold(), _same(login).strip().casefold()
    expected = _("{number} characters or more; a short sentence is good").format(number=LEAST_CHARACTERS)
    if not LEAST_CHARACTERS <= len(password) <= _MOST_CHARACTERS:
        raise UsageError(_("The password is too short, or very long."), expected=expected)
    if len(set(plain)) < _DIFFERENT:
        raise UsageError(_("The password repeats a few characters."), expected=expected)
    if name and (plain == name or (len(name) >= LEAST_CHARACTERS - 2 and name in plain)):
        raise UsageError(_("The password is the sign-in name."), expected=expected)


def _same(text: str) -> str:
    """Return a text so that every keyboard's way of writing it is the same."""
    return unicodedata.normalize("NFKC", text)
