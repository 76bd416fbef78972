"""The address by which a visitor is counted, with and without proxies in between."""

from types import SimpleNamespace

import pytest

from egop.page.visitors import TRUSTED_PROXIES, address_of, is_local, trusted_proxies


def request(peer: str | None, forwarded: str = "", **headers: str) -> SimpleNamespace:
    if forwarded:
        headers["X-Forwarded-For"] = forwarded
    return SimpleNamespace(remote_ip=peer, headers=headers)


@pytest.fixture(autouse=True)
def told_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(TRUSTED_PROXIES, raising=False)


def test_without_a_trusted_proxy_the_headers_count_for_nothing():
    told = request("127.0.0.1", "203.0.113.7", Forwarded="for=203.0.113.8", **{"X-Real-Ip": "::1"})
    assert address_of(told) == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1", "203.0.113.7", "198.51.100.1"),  # who comes directly may write anything
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "192.0.2.66, 203.0.113.7", "203.0.113.7"),  # the first is the visitor's word
        ("127.0.0.1", "192.0.2.66, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "nonsense, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("127.0.0.1", "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "203.0.113.7", "fe80::/64"),
    ],
)
def test_behind_trusted_proxies_it_is_the_last_address_that_is_not_theirs(
    monkeypatch: pytest.MonkeyPatch, peer: str, forwarded: str, address: str
):
    monkeypatch.setenv(TRUSTED_PROXIES, "127.0.0.1, 10.0.0.0/8")
    assert address_of(request(peer, forwarded)) == address


def test_a_network_of_ipv6_is_one_visitor():
    first, second, other = (
        address_of(request(peer))
        for peer in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1")
    )
    assert first == second == "2001:db8:1:2::/64"
    assert other != first
    assert address_of(request("::1")) == "::/64"


@pytest.mark.parametrize("nobody", [None, request(None), request("")])
def test_outside_of_a_server_there_is_no_address(nobody: SimpleNamespace | None):
    assert address_of(nobody) == ""


def test_a_wrong_proxy_is_one_sentence():
    with pytest.raises(ValueError, match="a trusted proxy is an address or a network"):
        trusted_proxies("127.0.0.1,nginx")


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        (["localhost:5006", "127.0.0.1:5006", "[::1]:5006"], True),
        (["localhost:5006", "egop.example.org:80"], False),
        (["localhost:5006", "192.0.2.1:5006"], False),
        (["*:5006"], False),
        (["localhost.example.org:5006"], False),
    ],
)
def test_a_server_is_local_if_all_its_names_are_this_machines(monkeypatch, origins, expected):
    assert is_local(origins) == expected
    monkeypatch.setenv(TRUSTED_PROXIES, "127.0.0.1")
    assert not is_local(origins)
