"""The kinds of values that a list may hold, by the names that people use in a mapping."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from egnatia.exchange.formats import observable as o
from egnatia.exchange.formats.fang import refang
from egnatia.record.values import guessed

Observe = Callable[[str, str], o.Observed]

KINDS: Final[Mapping[str, Observe]] = {
    "address": o.address,
    "domain": o.domain,
    "url": o.web,
    "mail": o.mail,
    "md5": o.file_hash("MD5"),
    "sha1": o.file_hash("SHA-1"),
    "sha256": o.file_hash("SHA-256"),
    "sha512": o.file_hash("SHA-512"),
    "ssdeep": o.file_hash("SSDEEP"),
    "filename": o.file_name,
    "mutex": o.one("mutex", "name"),
    "registry": o.registry,
    "mac": o.one("mac-addr", "value", o.mac),
    "as": o.one("autonomous-system", "number", o.as_number),
    "certificate-sha1": o.certificate_hash("SHA-1"),
    "certificate-sha256": o.certificate_hash("SHA-256"),
    "user-agent": o.user_agent,
}
"""`auto` besides: what a value looks like."""

_LOOKS: Final[Mapping[str, str]] = {
    "ipv4-addr:value": "address",
    "ipv6-addr:value": "address",
    "domain-name:value": "domain",
    "url:value": "url",
    "email-addr:value": "mail",
    "mac-addr:value": "mac",
    "autonomous-system:number": "as",
    "file:hashes.MD5": "md5",
    "file:hashes.'SHA-1'": "sha1",
    "file:hashes.'SHA-256'": "sha256",
    "file:hashes.'SHA-512'": "sha512",
    "windows-registry-key:key": "registry",
}
_WITH_PORT: Final = re.compile(r"((?:\d{1,3}\.){3}\d{1,3}):\d{1,5}")
_HOSTS_LINE: Final = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)")


def kind_of(text: str) -> str | None:
    """The kind that a bare value looks like; None where it looks like none that detects by itself."""
    return next((_LOOKS[each.kind] for each in guessed(text)[:1] if each.kind in _LOOKS), None)


def tidy(text: str) -> str:
    """A value as lists write it: defanged, with quotes, a port behind an address, or as a line of a hosts file."""
    whole = refang(text.strip().strip("\"'").strip())
    for form in (_WITH_PORT, _HOSTS_LINE):
        if (found := form.fullmatch(whole)) is not None:
            return found[1]
    return whole


def observe(text: str, kind: str = "auto") -> tuple[str, o.Observed]:
    """What a value is, and its kind; raises NotOfItsKind."""
    value = tidy(text)
    named = (kind_of(value) or "") if kind == "auto" else kind
    known = KINDS.get(named)
    if known is None:
        if kind == "auto":
            raise o.NotOfItsKind(f"a value that tells its kind, not {text!r}")
        raise o.NotOfItsKind(f"one of {', '.join(KINDS)}, not {kind!r}")
    return named, known(value, "")
