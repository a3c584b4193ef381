"""Certificates made here, for phones in the same network: a camera needs TLS.

A small authority of this computer alone signs a certificate for its names and addresses. A phone that trusts the
authority once goes on trusting when the address changes. The authority can vouch for nothing but private addresses and
the names that it was made with.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hiphinge.errors import ConfigError, OutputError

__all__ = ["Certificate", "authority_bytes", "check_files", "ensure_certificate"]

_AUTHORITY, _AUTHORITY_KEY = "authority.pem", "authority-key.pem"
_CERTIFICATE, _KEY = "certificate.pem", "key.pem"
_AUTHORITY_DAYS = 3650
#: Phones take no longer ones.
_DAYS, _RENEW_DAYS = 397, 30
#: Another computer's clock may be a little behind.
_EARLIER = timedelta(days=1)
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10")
_PRIVATE_6 = ("fc00::/7", "fe80::/10", "::1/128")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key as files, and what a browser shows of it."""

    cert: Path
    key: Path
    fingerprint: str
    expires: datetime


def ensure_certificate(folder: Path, names: Iterable[str], *, now: datetime) -> Certificate:
    """Return a certificate for these names and addresses; one is made where there is none, or it does not fit any more.

    Parameters
    ----------
    folder
        Where it is kept; readable by its owner alone.
    names
        Host names and addresses.
    now
        This moment, aware.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    wanted = tuple(dict.fromkeys(names))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority, authority_key = _ensure_authority(folder, wanted, now)
        found = _read(folder / _CERTIFICATE)
        if found is None or not _fits(found, authority, wanted, now) or not (folder / _KEY).is_file():
            found = _make(folder, authority, authority_key, wanted, now)
    except OSError as error:
        raise OutputError(
            f"The certificate cannot be kept in {folder}: {error.strerror or error}.",
            expected="a folder that can be written",
            next_step="Name another with --data.",
        ) from None
    return Certificate(folder / _CERTIFICATE, folder / _KEY, _fingerprint(found), found.not_valid_after_utc)


def authority_bytes(folder: Path) -> bytes | None:
    """Return the authority's certificate as phones take it (DER), None where none was made."""
    found = _read(folder / _AUTHORITY)
    return None if found is None else found.public_bytes(serialization.Encoding.DER)


def check_files(cert: Path, key: Path) -> str:
    """Return the fingerprint of a certificate in a file, and see that its key is the right one.

    Raises
    ------
    ConfigError
        A file cannot be read, or the two do not belong together.
    """
    try:
        found = x509.load_pem_x509_certificates(cert.read_bytes())[0]
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, IndexError) as error:
        name = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        raise ConfigError(
            f"The certificate {cert} or its key {key} cannot be read{name}.",
            expected="PEM files, the key without a password",
            next_step="Check the paths of --cert and --key.",
        ) from None
    if private.public_key() != found.public_key():
        raise ConfigError(f"The key {key} does not belong to the certificate {cert}.", next_step="Name the right one.")
    return _fingerprint(found)


def _ensure_authority(
    folder: Path, names: tuple[str, ...], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return the authority; another is made where it is over, or may not vouch for one of the names."""
    found, key = _read(folder / _AUTHORITY), _read_key(folder / _AUTHORITY_KEY)
    if found is not None and key is not None and found.public_key() == key.public_key():
        lasts = found.not_valid_after_utc > now + timedelta(days=_DAYS + 1)
        if lasts and {_key_of(one) for one in _permitted(names)} <= {_key_of(one) for one in _constraints(found)}:
            return found, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hiphinge on this computer")])
    built = (
        _begin(name, name, key.public_key(), now, days=_AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(names), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / _AUTHORITY_KEY, _pem(key))
    _write(folder / _AUTHORITY, built.public_bytes(serialization.Encoding.PEM))
    return built, key


def _make(
    folder: Path,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    now: datetime,
) -> x509.Certificate:
    """Make and keep a certificate with a fresh key; the authority's own comes with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hiphinge")])
    built = (
        _begin(subject, authority.subject, key.public_key(), now, days=_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write(folder / _KEY, _pem(key))
    pem = serialization.Encoding.PEM
    _write(folder / _CERTIFICATE, built.public_bytes(pem) + authority.public_bytes(pem))
    return built


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, *, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now - _EARLIER + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _fits(found: x509.Certificate, authority: x509.Certificate, names: tuple[str, ...], now: datetime) -> bool:
    """Whether a certificate still has some time, every name, and is this authority's."""
    try:
        found.verify_directly_issued_by(authority)
        named = set(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except Exception:
        return False
    lasts = found.not_valid_before_utc <= now < found.not_valid_after_utc - timedelta(days=_RENEW_DAYS)
    return lasts and {_general(name) for name in names} <= named


def _permitted(names: Iterable[str]) -> list[x509.GeneralName]:
    """Return what the authority may vouch for: private addresses, this computer's names, addresses asked for."""
    networks = [ipaddress.ip_network(one) for one in (*_PRIVATE, *_PRIVATE_6)]
    found: list[x509.GeneralName] = [x509.IPAddress(one) for one in networks]
    for name in names:
        general = _general(name)
        if isinstance(general, x509.DNSName):
            found.append(general)
        elif not any(general.value in one for one in networks):
            found.append(x509.IPAddress(ipaddress.ip_network(general.value)))
    return found


def _constraints(authority: x509.Certificate) -> list[x509.GeneralName]:
    try:
        value = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return []
    return list(value.permitted_subtrees or ())


def _key_of(name: x509.GeneralName) -> str:
    return f"{type(name).__name__} {name.value}"


def _general(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _fingerprint(found: x509.Certificate) -> str:
    """Return the SHA-256 as browsers show it."""
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, ec.EllipticCurvePrivateKey) else None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    beside = path.with_name(f"{path.name}.partial")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        stream.write(content)
    beside.replace(path)
