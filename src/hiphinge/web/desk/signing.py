"""Who signs what is done at the desk: the account's name; at home, where there are no accounts, whoever says so."""

from __future__ import annotations

from hiphinge.service.words import mask_addresses
from hiphinge.web.access import Who
from hiphinge.web.patient.answers import Answers
from hiphinge.web.translate import _

__all__ = ["SIGNATURE", "read_signature", "signature"]

#: The form field with a name, where there is no account.
SIGNATURE = "signature"
_LONGEST = 80


def signature(who: Who) -> str:
    """Return the name that an account signs with; "" where somebody has to say it."""
    return mask_addresses(who.name) if who.account is not None else ""


def read_signature(who: Who, answers: Answers) -> str:
    """Return who signs, from the account, else from the form."""
    own = signature(who)
    if own:
        return own
    found = answers.text(SIGNATURE, longest=_LONGEST, needed=_("Please say who you are."))
    if "@" in found:
        answers.errors[SIGNATURE] = _("Please give a name, not an address.")
    return found
