"""Sessions of people who signed in, of phones that were let in, and of visits without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hiphinge.web.context import Context
from hiphinge.web.tokens import csrf_of, fingerprint

if TYPE_CHECKING:
    from hiphinge.web.access import Role, Who

__all__ = ["find_session"]


def find_session(context: Context, token: str) -> Who | None:
    """Return whose session a token is, None where there is none, or it is over."""
    from hiphinge.web.access import Who

    find = getattr(context.store, "web_session", None)
    if find is None:
        return None
    sha = fingerprint(token)
    found = find(sha)
    if found is None:
        return None
    account = None if found.account is None else context.store.account(found.account)  # type: ignore[attr-defined]
    name = found.label if account is None else account.name
    return Who(found.account, cast("Role", found.role), found.person, name, sha[:16], csrf_of(token))
