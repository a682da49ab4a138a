"""What a pasted text names: addresses, domains, URLs, hashes and CVE numbers, however harmlessly they are written."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from egnatia.record.values import normalised
from egnatia.web.record.text import fanged

MOST: Final = 500
"""Values that are taken from one text."""

_URL: Final = re.compile(r"\b(?:https?|ftp)://[^\s<>\"'`|\\^{}]{3,2000}", re.IGNORECASE)
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z][\w-]{1,62}", re.IGNORECASE)
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w.]*\w)")
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:/\d{1,3})?(?![\w:])", re.IGNORECASE)
_HASH: Final = re.compile(r"(?<![\w])(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![\w])", re.IGNORECASE)
_CVE: Final = re.compile(r"\bCVE-\d{4}-\d{4,19}\b", re.IGNORECASE)
_DOMAIN: Final = re.compile(
    r"(?<![\w@./\\-])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![\w@-])(?!\.\w)"
)
_FILE_ENDINGS: Final = frozenset(
    {
        "exe", "dll", "sys", "bat", "cmd", "ps1", "vbs", "js", "jse", "hta", "lnk", "msi", "jar", "apk", "scr",
        "docx", "doc", "docm", "xls", "xlsx", "xlsm", "ppt", "pptx", "pdf", "rtf", "txt", "csv", "json", "xml",
        "html", "htm", "php", "asp", "aspx", "zip", "rar", "iso", "img", "gz", "tar", "py", "sh", "log", "ini",
        "cfg", "conf", "tmp", "bin", "dat", "eml", "msg", "png", "jpg", "jpeg", "gif", "svg", "md", "yml",
        "yaml", "sql", "bak",
    }
)  # fmt: skip
_TRAILING: Final = ".,;:!?)]}'\"»”’"
_DIGESTS: Final = {32: "MD5", 40: "'SHA-1'", 64: "'SHA-256'", 128: "'SHA-512'"}


class Found(msgspec.Struct, frozen=True):
    """One thing that a text names: the STIX path that it is a value of, and the value in its one form."""

    kind: str
    value: str

    @property
    def type(self) -> str:
        """The type of the record that it makes."""
        return self.kind.partition(":")[0]

    @property
    def pattern(self) -> str:
        """The STIX pattern that finds it."""
        quoted = self.value.replace("\\", "\\\\").replace("'", "\\'")
        return f"[{self.kind} = '{quoted}']"


def recognised(text: str) -> tuple[Found, ...]:
    """What the text names, each once, in the order of the kinds; what stands inside something greater (the host of a
    URL) is not named again."""
    return tuple(dict.fromkeys(_found(fanged(text))))[:MOST]


def _found(text: str) -> Iterator[Found]:
    for number in _CVE.findall(text):
        yield Found("vulnerability:name", number.upper())
    text, urls = _taken(_URL, text)
    for url in urls:
        yield Found("url:value", normalised("url:value", url.rstrip(_TRAILING)))
    text, mails = _taken(_MAIL, text)
    for mail in mails:
        yield Found("email-addr:value", normalised("email-addr:value", mail))
    text, digests = _taken(_HASH, text)
    for digest in digests:
        yield Found(f"file:hashes.{_DIGESTS[len(digest)]}", digest.lower())
    text, addresses = _taken(_IPV4, text)
    for address in addresses:
        if _is_network(address):
            yield Found("ipv4-addr:value", normalised("ipv4-addr:value", address))
    text, addresses = _taken(_IPV6, text)
    for address in addresses:
        if _is_network(address):
            yield Found("ipv6-addr:value", normalised("ipv6-addr:value", address))
    for name in _DOMAIN.findall(text):
        if name.rpartition(".")[2].lower() not in _FILE_ENDINGS:
            yield Found("domain-name:value", normalised("domain-name:value", name))


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, list[str]]:
    """The text without what the pattern finds, and what it found."""
    return pattern.sub(" ", text), pattern.findall(text)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return text.strip(":") != ""
