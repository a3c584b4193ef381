"""Making pages: templates, their words in the reader's language, and what every template can use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from hiphinge.errors import HiphingeError
from hiphinge.verdict.headlines import NOTICE
from hiphinge.web.access import Who, may, sees
from hiphinge.web.assets import asset
from hiphinge.web.context import context_of
from hiphinge.web.pictures import picture
from hiphinge.web.translate import N_, _, current_language, ngettext

__all__ = ["error_page", "fmt_angle", "fmt_date", "page", "render"]

_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip
#: What is refused on a person's page now, while the person is known: Today says what comes instead.
_GO_ON, _OF_A_PERSON = (409, 422), re.compile(r"(/p/[\w-]+)/")
_NOBODY = Who(None, "visitor", None, "", None, "")


def page(
    request: HTTPConnection,
    who: Who,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a page made from a template in ``web/templates``.

    Parameters
    ----------
    request
        What is answered.
    who
        For whom the page is.
    template
        Its name, such as ``"patient/today.html"``.
    status
        HTTP's.
    headers
        Further ones.
    **values
        What the template shows.
    """
    return HTMLResponse(render(request, who, template, **values), status_code=status, headers=headers)


def render(request: HTTPConnection, who: Who, template: str, **values: Any) -> str:
    """Return the text of a page, or of a part of one."""
    context = context_of(request)
    known = {
        "who": who,
        "home": context.settings.home,
        "lang": current_language(),
        "path": request.url.path,
        "csrf_token": who.csrf,
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(who.csrf),
        "url": lambda name, **parts: request.app.url_path_for(name, **parts),
        "may": lambda action: may(who, action),
        "sees": lambda person: sees(who, person),
    }
    return _environment().get_template(template).render({**known, **values})


def error_page(
    connection: HTTPConnection, error: HiphingeError, *, status: int, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Return the page that says what went amiss and what to do now."""
    who = connection.scope.get("hiphinge.who") or _NOBODY
    found = _OF_A_PERSON.match(connection.url.path) if status in _GO_ON else None
    today = f"{found[1]}/today" if found else ""
    today = today if connection.url.path != today else ""
    return page(connection, who, "error.html", status=status, headers=headers, error=error, code=status, today=today)


def fmt_angle(value: float | None, lo: float | None = None, hi: float | None = None) -> str:
    """Return an angle with its interval, for example ``24° (18 to 30)``."""
    if value is None:
        return _("not told")
    if lo is None or hi is None:
        return f"{_minus(value)}°"
    return _("{value}° ({lo} to {hi})").format(value=_minus(value), lo=_minus(lo), hi=_minus(hi))


def _minus(value: float) -> str:
    """Return a whole number with a real minus sign, and never "-0"."""
    return f"{round(value)}".replace("-", "\N{MINUS SIGN}")


def fmt_date(moment: datetime | date | None, *, clock: bool = False) -> str:
    """Return a day in the zone of this computer, for example ``2 March 2026``; with the time where ``clock``."""
    if moment is None:
        return "\N{EN DASH}"
    local = moment.astimezone() if isinstance(moment, datetime) else moment
    day = f"{local.day} {_(_MONTHS[local.month - 1])} {local.year}"
    return f"{day}, {local:%H:%M}" if clock and isinstance(local, datetime) else day


@lru_cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("hiphinge.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # pages stay of one version while a server runs, also while it is upgraded under it
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
    found.globals.update(
        asset=asset, notice=NOTICE, fmt_angle=fmt_angle, fmt_date=fmt_date, picture=picture,
    )  # fmt: skip
    return found
