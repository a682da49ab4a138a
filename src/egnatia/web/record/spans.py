"""A pattern cut into what it is made of, so that an analyst sees its parts at a glance. It is never read as more than
text: a wrong pattern is cut as well."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from egnatia.web.record.text import visible

_PARTS: Final = re.compile(
    r"(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<joint>\b(?:AND|OR|NOT|FOLLOWEDBY|WITHIN|REPEATS|TIMES|SECONDS|START|STOP)\b)"
    r"|(?P<sign>\b(?:LIKE|MATCHES|IN|ISSUBSET|ISSUPERSET|EXISTS)\b|[=<>!]+)"
    r"|(?P<path>[a-z][a-z0-9-]*:[a-zA-Z0-9_.\[\]*-]+(?:'(?:[^'\\]|\\.)*'(?:\.[a-z_]+)*)?)"
    r"|(?P<bracket>[\[\]()])"
    r"|(?P<number>\b\d+(?:\.\d+)?\b)"
)


class Span(msgspec.Struct, frozen=True):
    """A stretch of a pattern: `kind` is text, joint, sign, path, bracket, number, or empty for what lies between."""

    kind: str
    text: str


def spans(pattern: str, pattern_type: str) -> tuple[Span, ...]:
    """The pattern in its parts; one that is not a STIX pattern in one piece."""
    if pattern_type != "stix":
        return (Span("", visible(pattern)),)
    return tuple(_cut(visible(pattern)))


def _cut(pattern: str) -> Iterator[Span]:
    at = 0
    for found in _PARTS.finditer(pattern):
        if found.start() > at:
            yield Span("", pattern[at : found.start()])
        yield Span(found.lastgroup or "", found[0])
        at = found.end()
    if at < len(pattern):
        yield Span("", pattern[at:])
