"""A suspicious mail as data: who says to have sent it, which way it came, what it names. Nothing in it is ever run,
fetched or shown as it is."""

import hashlib
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import islice
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.extraction import mail_of, text_of

HEADERS: Final = (
    "From",
    "Reply-To",
    "Return-Path",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Authentication-Results",
    "Received",
)
"""What is read of a mail's head, in this order."""
RECEIVED: Final = 20
LONGEST: Final = 1_000
TEXT: Final = 100_000
PARTS: Final = 200
_STUMBLES: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, UnicodeError)
"""What the standard library raises on hostile mails, wherever it stumbles."""


class Attachment(msgspec.Struct, frozen=True):
    """A file in a mail: only what identifies it."""

    name: str
    kind: str
    size: int
    sha256: str


class MailFacts(msgspec.Struct, frozen=True):
    """What a mail says of itself, its text, and the files in it."""

    heads: tuple[tuple[str, str], ...] = ()
    text: str = ""
    attachments: tuple[Attachment, ...] = ()


def is_mail(content: bytes) -> bool:
    """Whether the file begins as a mail does."""
    lines = content[:8_192].split(b"\n\n")[0].split(b"\r\n\r\n")[0].lower().splitlines()
    names = {line.partition(b":")[0] for line in lines if b":" in line}
    return bool(names & {b"received", b"from", b"message-id", b"return-path"}) and not content.startswith(b"%PDF-")


def facts_of(content: bytes) -> MailFacts:
    """What can be read of a mail; a hostile one gives less, never an error."""
    try:
        made = mail_of(content)
    except _STUMBLES:
        return MailFacts()
    return MailFacts(tuple(_heads(made)), _text(content), tuple(_attachments(made)))


def _heads(made: EmailMessage) -> Iterator[tuple[str, str]]:
    for name in HEADERS:
        try:
            raw = (value for other, value in made.raw_items() if other.lower() == name.lower())
            values = [made.policy.header_fetch_parse(name, value) for value in islice(raw, RECEIVED)]
            yield from ((name, " ".join(str(value).split())[:LONGEST]) for value in values)
        except _STUMBLES:
            yield name, "?"


def _text(content: bytes) -> str:
    try:
        return text_of(content)[:TEXT]
    except _STUMBLES:
        return ""


def _attachments(made: EmailMessage) -> Iterator[Attachment]:
    try:
        for place, part in enumerate(made.walk()):
            if place >= PARTS:
                return
            if part.is_multipart() or (part.get_content_maintype() == "text" and not part.get_filename()):
                continue
            payload: Any = part.get_payload(decode=True)
            raw = payload if isinstance(payload, bytes) else b""
            digest = hashlib.sha256(raw).hexdigest()
            yield Attachment(str(part.get_filename() or "")[:200], part.get_content_type()[:100], len(raw), digest)
    except _STUMBLES:
        return
