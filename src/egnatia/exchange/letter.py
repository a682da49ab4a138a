"""What a node tells a person or a program outside: an e-mail, or a call of a webhook."""

import hashlib
from typing import Literal

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True, tag="mail"):
    """An e-mail in plain text. What bears the same `thread` is kept together by the reader's program.
    `unsubscribe` is where one press ends such letters (RFC 8058). `public_record` is what it tells everyone of: it is
    not sent where that was taken back while the letter waited."""

    to: str
    subject: str
    text: str
    thread: str = ""
    unsubscribe: str = ""
    public_record: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True, tag="call"):
    """What a webhook is told: `hook` is its id, `kind` what happened, `data` what is told of it, as JSON."""

    hook: str
    kind: str
    data: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be sent. `id` stands for what it is about and for whom: put again, it is not sent again. `at` is
    when it was written, microseconds UTC. Of one that was sent only the id is remembered."""

    id: str
    at: int
    content: Mail | Call | None
    tries: int = 0
    error: str = ""
    state: Literal["waiting", "sent", "dead", "needless"] = "waiting"


def letter_id(*about: str) -> str:
    """The id of the letter about this: the same for the same."""
    return hashlib.sha256("\n".join(about).encode()).hexdigest()[:40]


class Undeliverable(Exception):
    """The letter will never be taken, however often it is tried."""
