"""A person recognises their own browsers in the list of sessions."""

import pytest

from egnatia.web.account.agent import browser_words

KIT = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (KIT.format("X11; Linux x86_64") + "Chrome/156.0.0.0 Safari/537.36", "Chrome, Linux"),
        (KIT.format("Windows NT 10.0; Win64; x64") + "Chrome/156.0.0.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox, Windows"),
        (KIT.format("iPhone; CPU iPhone OS 19_0 like Mac OS X") + "Version/19.0 Safari/604.1", "Safari, iPhone"),
        (KIT.format("Macintosh; Intel Mac OS X 10_15_7") + "Version/19.0 Safari/605.1.15", "Safari, macOS"),
        (KIT.format("Linux; Android 16; K") + "Chrome/156.0.0.0 Mobile Safari/537.36", "Chrome, Android"),
        ("a test", "a test"),
        ("", ""),
        ("x" * 200, "x" * 60),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_its_person_calls_it(agent: str, words: str) -> None:
    assert browser_words(agent) == words
