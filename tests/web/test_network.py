"""Names and addresses: of this computer, and those that may be used for it."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from hiphinge.web.network import address_of, allowed_hosts, computer_names, host_of, is_loopback, lan_addresses
from hiphinge.web.settings import Settings


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("localhost", "localhost"), ("LOCALHOST:80", "localhost"), ("[::1]:8765", "::1"), ("a.example.", "a.example"),
        ("", ""), ("a b", "a b"), ("a/b", ""), ("me@localhost", ""), ("[::1", ""), (" localhost", ""), ("a?b", ""),
    ],
)  # fmt: skip
def test_the_name_in_a_host_header(value, host):
    assert host_of(value) == host


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("Localhost", True), ("192.168.1.5", False),
        ("0.0.0.0", False), ("localhost.example", False),
    ],
)  # fmt: skip
def test_loopback(host, is_it):
    assert is_loopback(host) is is_it


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"), ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"), ("testclient", "testclient"), (None, ""),
    ],
)  # fmt: skip
def test_who_has_many_addresses_is_counted_once(client, counted):
    scope = {"type": "http", "headers": [], "client": None if client is None else (client, 1)}
    assert address_of(HTTPConnection(scope)) == counted


def test_addresses_without_sending_anything():
    """The real way: a datagram socket that connects sends nothing, and may find nothing."""
    assert all(not is_loopback(one) for one in lan_addresses())


def test_addresses_are_told_once_and_loopback_never():
    told = {"192.168.254.254": "192.168.1.5", "10.254.254.254": "192.168.1.5", "172.31.254.254": "127.0.0.1"}

    def probe(address):
        if address not in told:
            raise OSError("no way there")
        return told[address]

    assert lan_addresses(probe) == ("192.168.1.5",)


@pytest.mark.parametrize(
    ("name", "names"),
    [("Attic", ("attic", "attic.local")), ("a.example", ("a.example",)), ("localhost", ()), ("bad_name", ()), ("", ())],
)
def test_names_of_this_computer(name, names):
    assert computer_names(name) == names


def test_hosts_that_are_answered():
    home = allowed_hosts(Settings())
    assert home == {"localhost", "127.0.0.1", "::1"}
    clinic = Settings(mode="clinic", host="0.0.0.0", hosts=("a.example",), public_url="https://B.example:444/")
    assert allowed_hosts(clinic, addresses=("192.168.1.5",)) == home | {"a.example", "b.example", "192.168.1.5"}
    assert "10.0.0.4" in allowed_hosts(Settings(host="10.0.0.4"))
