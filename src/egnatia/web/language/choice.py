"""What may be chosen in a workflow is kept by short keys; these are their words in the reader's language."""

from collections.abc import Mapping
from typing import Final

from egnatia.web.language.speech import ECONOMIES, Speech

_WRITTEN: Final[Mapping[str, str]] = {
    "c2-server": "C2 server", "cdn": "CDN", "ddos": "DDoS", "ddos-amplifier": "DDoS amplifier", "dns": "DNS",
    "dos": "DoS", "ict-services": "ICT services", "ids-alert": "IDS alert", "phi": "Health data of persons",
    "pii": "Personal data", "tld": "Top-level domain registry",
}  # fmt: skip
"""Choices that are not spelled as words are."""


def spelled(choice: str) -> tuple[str, ...]:
    """A choice of a workflow in English words: one message, or two where it is one of a class (`fraud:phishing`)."""
    return tuple(_WRITTEN.get(each) or each.replace("-", " ").capitalize() for each in choice.split(":"))


def chosen(choice: str, speech: Speech) -> str:
    """A choice in the reader's words; an economy by its name."""
    if choice in ECONOMIES:
        return speech.economy(choice)
    return ": ".join(map(speech.gettext, spelled(choice)))
