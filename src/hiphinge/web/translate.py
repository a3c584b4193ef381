"""Words in the reader's language: catalogues in ``web/locale``, English where there is none."""

from __future__ import annotations

import gettext as catalogues
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

__all__ = ["LOCALE", "N_", "_", "choose_language", "current_language", "languages", "ngettext", "set_language"]

#: Catalogues: ``<language>/LC_MESSAGES/hiphinge.mo``, made from ``hiphinge.pot``.
LOCALE = Path(__file__).parent / "locale"
_DOMAIN = "hiphinge"
_LANGUAGE: ContextVar[str] = ContextVar("hiphinge_language", default="en")


def _(text: str) -> str:
    """Return a text in the language of the page that is being made."""
    return _catalogue(_LANGUAGE.get()).gettext(text) if text else ""


def N_(text: str) -> str:
    """Mark a text that is looked up later, when it is shown."""
    return text


def ngettext(one: str, many: str, number: int) -> str:
    """Return the text for this number in the language of the page that is being made."""
    return _catalogue(_LANGUAGE.get()).ngettext(one, many, number)


def set_language(language: str) -> None:
    """Choose the language of what this request is answered with."""
    _LANGUAGE.set(language)


def current_language() -> str:
    """Return the language of the page that is being made."""
    return _LANGUAGE.get()


@lru_cache
def languages() -> tuple[str, ...]:
    """Return the languages there are, English first."""
    found = {path.parent.parent.name for path in LOCALE.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo")}
    return ("en", *sorted(found - {"en"}))


def choose_language(accepted: str, *, known: tuple[str, ...] | None = None) -> str:
    """Return the language that suits an ``Accept-Language`` header best; English where none does.

    ``known`` are the languages to choose from, None those that there are.
    """
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")[:20]):
        tag, _semicolon, quality = part.strip().partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        if weight > 0:
            wanted.append((-weight, place, tag.strip().lower()))
    known = languages() if known is None else known
    for _weight, _place, tag in sorted(wanted):
        for one in known:
            if tag == one.lower() or tag.split("-")[0] == one.lower():
                return one
    return "en"


@lru_cache(maxsize=16)
def _catalogue(language: str) -> catalogues.NullTranslations:
    """Return a language's catalogue; English is the text itself."""
    return catalogues.translation(_DOMAIN, LOCALE, languages=[language], fallback=True)
