"""Addresses in reports are made whole and harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.formats.fang import defang, refang


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("hxxp://evil[.]example/a", "http://evil.example/a"),
        ("hXXps[:]//evil(.)example", "https://evil.example"),
        ("h**p://evil[dot]example", "http://evil.example"),
        ("hxxps[://]evil{.}example", "https://evil.example"),
        ("198[.]51[.]100[.]7", "198.51.100.7"),
        ("who[@]evil[.]example", "who@evil.example"),
        ("who(at)evil(dot)example", "who@evil.example"),
        ("evil\\.example", "evil.example"),
        ("fxp://evil[.]example", "ftp://evil.example"),
        ("https://plain.example/a(b)", "https://plain.example/a(b)"),
        ("C:\\Windows\\x.dll", "C:\\Windows\\x.dll"),
    ],
)
def test_a_defanged_address_is_made_whole(written: str, whole: str) -> None:
    assert refang(written) == whole
    assert refang(whole) == whole


@given(st.from_regex(r"(https?://)?[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){1,3}(/[a-z0-9]{0,5})?", fullmatch=True))
def test_what_is_defanged_comes_back(address: str) -> None:
    assert refang(defang(address)) == address
    assert "http://" not in defang(address)
