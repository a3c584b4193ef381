"""Certificates made here: what they name, when another is made, and that real clients take them."""

from __future__ import annotations

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hiphinge.errors import ConfigError, OutputError
from hiphinge.web.tls import authority_bytes, check_files, ensure_certificate

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
NAMES = ("localhost", "attic.local", "127.0.0.1", "192.168.1.5")


def read(path):
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_names_times_and_uses(tmp_path):
    made = ensure_certificate(tmp_path / "tls", NAMES, now=NOW)
    leaf, authority = read(made.cert)
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(named.get_values_for_type(x509.DNSName)) == {"localhost", "attic.local"}
    assert {str(one) for one in named.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "192.168.1.5"}
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert made.expires == leaf.not_valid_after_utc
    assert len(made.fingerprint.split(":")) == 32


def test_the_authority_vouches_for_nothing_outside(tmp_path):
    made = ensure_certificate(tmp_path, NAMES, now=NOW)
    constraints = read(made.cert)[1].extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    names = {one.value for one in constraints.value.permitted_subtrees if isinstance(one, x509.DNSName)}
    assert names == {"localhost", "attic.local"}
    for one in constraints.value.permitted_subtrees:
        if isinstance(one, x509.IPAddress):
            assert not one.value.is_global


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps files private by their folder")
def test_only_the_owner_reads_the_keys(tmp_path):
    ensure_certificate(tmp_path / "tls", NAMES, now=NOW)
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    for path in (tmp_path / "tls").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_kept_as_long_as_it_fits(tmp_path):
    first = ensure_certificate(tmp_path, NAMES, now=NOW)
    assert ensure_certificate(tmp_path, NAMES, now=NOW + timedelta(days=300)) == first
    assert ensure_certificate(tmp_path, NAMES[:2], now=NOW) == first


def test_another_address_keeps_the_authority(tmp_path):
    first = ensure_certificate(tmp_path, NAMES, now=NOW)
    authority = authority_bytes(tmp_path)
    second = ensure_certificate(tmp_path, (*NAMES, "10.1.2.3"), now=NOW)
    assert second.fingerprint != first.fingerprint
    assert authority_bytes(tmp_path) == authority


@pytest.mark.parametrize("name", ["garden.local", "203.0.113.9"])
def test_a_name_that_it_may_not_vouch_for_makes_another_authority(tmp_path, name):
    ensure_certificate(tmp_path, NAMES, now=NOW)
    authority = authority_bytes(tmp_path)
    made = ensure_certificate(tmp_path, (*NAMES, name), now=NOW)
    assert authority_bytes(tmp_path) != authority
    assert authority_bytes(tmp_path) == read(made.cert)[1].public_bytes(x509_der())


def x509_der():
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


@pytest.mark.parametrize("later", [timedelta(days=370), timedelta(days=3000), timedelta(days=3300)])
def test_it_is_renewed_before_it_ends(tmp_path, later):
    first = ensure_certificate(tmp_path, NAMES, now=NOW)
    second = ensure_certificate(tmp_path, NAMES, now=NOW + later)
    assert second.fingerprint != first.fingerprint
    assert second.expires > NOW + later + timedelta(days=390)


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem", "authority.pem", "authority-key.pem"])
def test_what_is_broken_is_made_again(tmp_path, name):
    ensure_certificate(tmp_path, NAMES, now=NOW)
    (tmp_path / name).write_bytes(b"nothing")
    made = ensure_certificate(tmp_path, NAMES, now=NOW)
    if name != "key.pem":
        assert check_files(made.cert, made.key) == made.fingerprint


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_the_authority_takes_it(tmp_path, address):
    made = ensure_certificate(tmp_path, NAMES, now=datetime.now(UTC))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.cert, made.key)
    client = ssl.create_default_context(cadata=authority_bytes(tmp_path))
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=address)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    done = set()
    for _turn in range(20):
        for side in (ours, theirs):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                pass
    assert done == {ours, theirs}


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be kept"):
        ensure_certificate(tmp_path / "file", NAMES, now=NOW)


def test_files_of_ones_own(tmp_path):
    made = ensure_certificate(tmp_path / "a", NAMES, now=NOW)
    other = ensure_certificate(tmp_path / "b", NAMES, now=NOW)
    assert check_files(made.cert, made.key) == made.fingerprint
    with pytest.raises(ConfigError, match="does not belong"):
        check_files(made.cert, other.key)
    with pytest.raises(ConfigError, match="cannot be read"):
        check_files(tmp_path / "none.pem", made.key)
    (tmp_path / "bad.pem").write_text("nothing")
    with pytest.raises(ConfigError, match="cannot be read"):
        check_files(tmp_path / "bad.pem", made.key)


def test_no_authority_yet(tmp_path):
    assert authority_bytes(tmp_path) is None
