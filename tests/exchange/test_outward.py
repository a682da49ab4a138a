"""Where a node calls: public addresses over TLS, and what its operator allows."""

import ipaddress

import pytest

from egnatia.exchange.outward import Barred, is_public, way


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 no binding
        "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001::1", "192.0.2.1", "2001:db8::1",
    ],
)  # fmt: skip
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["193.0.6.139", "2001:67c:2e8:22::c100:68b", "64:ff9b::c100:68b"])
def test_what_anybody_reaches_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "http://193.0.6.139/", "https://[::1]/", "https://2130706433/",
        "https://0x7f.1/", "ftp://193.0.6.139/", "file:///etc/passwd", "https://ana:secret@193.0.6.139/", "https://",
        "https://193.0.6.139:99999/", "https://193.0.6.139/\r\nx: y",
    ],
)  # fmt: skip
def test_such_a_url_is_not_called(url: str) -> None:
    with pytest.raises(Barred):
        way(url, ())


def test_what_is_checked_is_what_is_called() -> None:
    assert way("https://193.0.6.139/x", ()).addresses == ("193.0.6.139",)


@pytest.mark.parametrize("allow", ["localhost", "127.0.0.0/8, ::1"])
def test_the_operator_allows_hosts_and_networks_inside_also_without_tls(allow: str) -> None:
    assert way("http://localhost:9000/x", tuple(allow.split(", "))).host == "localhost"


def test_a_network_that_is_allowed_allows_no_other() -> None:
    with pytest.raises(Barred):
        way("https://10.1.0.1/", ("10.0.0.0/16",))
