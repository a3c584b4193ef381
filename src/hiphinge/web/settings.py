"""The settings of the web app: one table, read once at the edge."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hiphinge.errors import ConfigError

__all__ = ["PREFIX", "SETTINGS", "Setting", "Settings", "read_settings"]

#: Every variable of the web app begins so; one that is not in the table is refused with the nearest name.
PREFIX = "HIPHINGE_WEB_"
_YES, _NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off")

Kind = Literal["text", "path", "flag", "number", "choice", "list"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, its environment variable, what holds where it is not given, and what it is for.

    ``least`` and ``most`` bound a number, ``choices`` are a choice's.
    """

    name: str
    variable: str
    default: Any
    kind: Kind
    help: str
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()


def _setting(name: str, default: Any, kind: Kind, text: str, **bounds: Any) -> Setting:
    return Setting(name, PREFIX + name.upper(), default, kind, text, **bounds)


#: Everything that can be set, in the order in which ``hiphinge serve --help`` shows it.
SETTINGS: tuple[Setting, ...] = (
    _setting("mode", "home", "choice", "home: one household on this computer, no accounts. clinic: accounts.",
             choices=("home", "clinic")),
    _setting("host", "127.0.0.1", "text", "The address to listen on."),
    _setting("port", 8765, "number", "The port to listen on.", least=0, most=65535),
    Setting("store", "HIPHINGE_STORE", "", "text", "Where people are kept: a file, or a PostgreSQL URL."),
    _setting("program", None, "path", "A program file; without it the one saved in the store, else the built-in one."),
    _setting("data", None, "path", "A private folder for certificates. Default: beside the store's files."),
    _setting("hosts", (), "list", "Host names that browsers may use for this server, with commas between."),
    _setting("public_url", "", "text", "Address written into invitations, such as https://hinge.example.org."),
    _setting("tls", "off", "choice", "off; self: a certificate made here; files: those of cert and key.",
             choices=("off", "self", "files")),
    _setting("cert", None, "path", "The certificate, a PEM file (with tls = files)."),
    _setting("key", None, "path", "The certificate's private key, a PEM file (with tls = files)."),
    _setting("behind_proxy", False, "flag", "A proxy on this computer does TLS; its X-Forwarded headers count."),
    _setting("worker", True, "flag", "Home: look at sent films in this process. Clinic: see hiphinge worker."),
    _setting("processes", 1, "number", "Server processes behind the one port. Several are for a store on PostgreSQL.",
             least=1, most=64),
    _setting("phone_port", 8766, "number", "The port for phones, with --phone.", least=0, most=65535),
    _setting("open_visits", False, "flag", "Clinic: let visitors without an account try one appointment."),
    _setting("visits_per_hour", 60, "number",
             "Open visits: how many may begin in an hour; a further guest is asked to wait.", least=1, most=10000),
    _setting("idle_minutes", 720, "number", "Signed out after so long without a click.", least=5, most=43200),
    _setting("session_days", 30, "number", "Signed out after so many days at the latest.", least=1, most=365),
    _setting("visit_hours", 4, "number", "How long a visit without an account lasts.", least=1, most=48),
    _setting("invitation_days", 7, "number", "How long an invitation can be used.", least=1, most=60),
    _setting("upload_mb", 2048, "number", "The largest film that can be sent.", least=1, most=65536),
    _setting("live_frames", False, "flag", "Let devices too slow for the pose model send the camera's pictures to this "
             "server, which reads and forgets them."),
    _setting("requests_per_minute", 600, "number", "How much one browser may ask for, pages and calls together.",
             least=30, most=100000),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its value; the meaning of each stands in ``SETTINGS``."""

    mode: Literal["home", "clinic"] = "home"
    host: str = "127.0.0.1"
    port: int = 8765
    store: str = ""
    program: Path | None = None
    data: Path | None = None
    hosts: tuple[str, ...] = ()
    public_url: str = ""
    tls: Literal["off", "self", "files"] = "off"
    cert: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    worker: bool = True
    processes: int = 1
    phone_port: int = 8766
    open_visits: bool = False
    visits_per_hour: int = 60
    idle_minutes: int = 720
    session_days: int = 30
    visit_hours: int = 4
    invitation_days: int = 7
    upload_mb: int = 2048
    live_frames: bool = False
    requests_per_minute: int = 600

    @property
    def home(self) -> bool:
        """Whether this is a household's own installation, without accounts."""
        return self.mode == "home"

    @property
    def secure(self) -> bool:
        """Whether browsers reach this server through TLS."""
        return self.tls != "off" or self.behind_proxy


def read_settings(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Return the settings: what is given, else what the environment says, else what holds by default.

    Parameters
    ----------
    environ
        The environment; None takes this process's.
    **given
        Values by name, texts or of the setting's own kind; None counts as not given.

    Raises
    ------
    ConfigError
        A variable or a name that is no setting, or a value that cannot be used.
    """
    told = os.environ if environ is None else environ
    known = {one.variable: one for one in SETTINGS}
    for variable in told:
        if variable.startswith(PREFIX) and variable not in known:
            raise _unknown(variable, list(known))
    by_name = {one.name: one for one in SETTINGS}
    for name in given:
        if name not in by_name:
            raise _unknown(name, list(by_name))
    values: dict[str, Any] = {}
    for one in SETTINGS:
        value = given.get(one.name)
        named = one.variable if value is None else one.name
        value = told.get(one.variable) if value is None else value
        values[one.name] = one.default if value is None or value == "" else _read(one, value, named)
    return _check(Settings(**values))


def _read(one: Setting, value: Any, named: str) -> Any:
    """Return a value as its setting's kind."""
    if one.kind == "path":
        return Path(value).expanduser()
    if one.kind == "flag":
        return value if isinstance(value, bool) else _read_flag(str(value), named)
    if one.kind == "number":
        return _read_number(one, value, named)
    if one.kind == "list":
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip().lower() for part in parts if part.strip())
    if one.kind == "choice" and value not in one.choices:
        raise _bad(named, value, " or ".join(one.choices), _nearest(str(value), one.choices))
    return str(value).strip()


def _read_flag(value: str, named: str) -> bool:
    if value.strip().lower() in _YES:
        return True
    if value.strip().lower() in _NO:
        return False
    raise _bad(named, value, "yes or no")


def _read_number(one: Setting, value: Any, named: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or not one.least <= number <= one.most:
        raise _bad(named, value, f"a whole number from {one.least:g} to {one.most:g}")
    return number


def _check(settings: Settings) -> Settings:
    """Refuse settings that do not go together."""
    if settings.tls == "files" and (settings.cert is None or settings.key is None):
        raise ConfigError(
            "TLS from files needs both a certificate and its key.",
            expected="cert and key",
            next_step="Give both, or --tls self for a certificate that is made here.",
        )
    if settings.behind_proxy and settings.tls != "off":
        raise ConfigError(
            "TLS here and a proxy that does TLS do not go together.",
            expected="one of the two",
            next_step="Leave out --tls, or --behind-proxy.",
        )
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise _bad("public_url", settings.public_url, "an address that begins with https://")
    return settings


def _bad(named: str, value: object, expected: str, next_step: str = "") -> ConfigError:
    return ConfigError(f"{named} is {value!r}.", expected=expected, next_step=next_step or "Correct it.")


def _unknown(name: str, known: list[str]) -> ConfigError:
    return ConfigError(
        f"There is no setting {name}.",
        expected="one of those that hiphinge serve --help lists",
        next_step=_nearest(name, known) or "Take it out.",
    )


def _nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    """Return the known name that is closest; what all variables begin with does not count."""
    plain = {one.removeprefix(PREFIX): one for one in known}
    close = difflib.get_close_matches(name.removeprefix(PREFIX), list(plain), n=1, cutoff=0.6)
    return f"Did you mean {plain[close[0]]}?" if close else ""
