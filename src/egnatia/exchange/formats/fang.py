"""Addresses in reports are written so that nobody clicks on them (`hxxp://evil[.]example`): here they are made whole,
and made harmless again."""

import re
from typing import Final

_DOT: Final = re.compile(
    r"\s?(?:[\[({<]\s?(?:\.|dot|punkt|pikë|točka|tačka|точка|тачка)\s?[\])}>]|\\\.|\[\.|\.\])\s?", re.IGNORECASE
)
_AT: Final = re.compile(r"\s?[\[({<]\s?(?:@|at)\s?[\])}>]\s?", re.IGNORECASE)
_COLON: Final = re.compile(r"[\[({<]:[\])}>]")
_BROKEN_SLASHES: Final = re.compile(r"(?<=[a-zA-Z])[\[({<]://[\])}>]|(?<=[a-zA-Z]):[\[({<]//[\])}>]")
_SLASH: Final = re.compile(r"[\[({<]/[\])}>]")
_FTP: Final = re.compile(r"\bf[x*]p(?=s?[\[({<]?:)", re.IGNORECASE)
_HTTP: Final = re.compile(r"\b(?:h[xt*]{2}p|meow)(?=s?[\[({<]?:)", re.IGNORECASE)


def refang(text: str) -> str:
    """`text` with its addresses made whole. What is whole already stays as it is; applying it twice changes nothing
    more."""
    if (
        not any(mark in text for mark in "[({<\\")
        and "x" not in text.lower()
        and "*" not in text
        and "meow" not in text
    ):
        return text
    text = _BROKEN_SLASHES.sub("://", text)
    text = _COLON.sub(":", text)
    text = _SLASH.sub("/", text)
    text = _DOT.sub(".", text)
    text = _AT.sub("@", text)
    return _HTTP.sub("http", _FTP.sub("ftp", text))


def defang(text: str) -> str:
    """`text` with its addresses made harmless: for mails, pages and PDFs. `refang` gives them back."""
    text = re.sub(r"\b(h)tt(ps?)(?=://)", r"\1xx\2", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(f)t(ps?)(?=://)", r"\1x\2", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[^\s.])\.(?=[^\s.])", "[.]", text)
    return re.sub(r"(?<=\S)@(?=\S)", "[@]", text)
