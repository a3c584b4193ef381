"""Names that sign notes and decisions: one that looks like somebody else's is refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hiphinge.errors import UsageError
from hiphinge.web.translate import _

__all__ = ["LONGEST_NAME", "check_name"]

#: As long as a signature may be where there are no accounts.
LONGEST_NAME = 80
#: Without a shape of their own, but some languages are not written without them.
_JOINERS = frozenset("\u200c\u200d")


def check_name(name: str, taken: Iterable[str]) -> None:
    """Refuse a name that nobody could sign with, or that is somebody else's: a signature says who it was.

    Raises
    ------
    UsageError
        It is empty, an address, too long, one of ``taken`` to whoever reads it, or has characters that nobody sees.
    """
    if not _as_read(name):
        raise UsageError(_("Please give the name that others will see."))
    if "@" in _as_read(name):
        raise UsageError(_("Please give a name, not an address."))
    if len(name) > LONGEST_NAME:
        raise UsageError(_("This name is too long: at most {number} characters.").format(number=LONGEST_NAME))
    if any(unicodedata.category(one) in ("Cc", "Cf") and one not in _JOINERS for one in name):
        raise UsageError(_("This name has characters that nobody sees. Please type it anew."))
    if _as_read(name) in {_as_read(one) for one in taken}:
        raise UsageError(_("Somebody is called that already. Add something to tell them apart."))


def _as_read(name: str) -> str:
    """Return a name by what is seen of it: how it is written small, and what has no shape, tells nobody apart."""
    shaped = (one for one in unicodedata.normalize("NFKC", name) if unicodedata.category(one) != "Cf")
    return " ".join("".join(shaped).split()).casefold()
