"""What a browser calls itself, in the words that its person knows: "Firefox, Windows"."""

from typing import Final

_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
"""The first that is named: each of them names those after it as well."""

_SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_words(agent: str) -> str:
    """The browser and the system; what it calls itself, at most 60 characters of it, where that is neither."""
    known = (_first(_BROWSERS, agent), _first(_SYSTEMS, agent))
    return ", ".join(each for each in known if each) or agent[:60]


def _first(named: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((words for mark, words in named if mark in agent), "")
