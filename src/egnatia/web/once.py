"""A form that is sent twice is taken once: who presses a button twice gets what the first press did.

Each page masks the token of its forms anew, so two requests that are the same to the byte come from one and the same
form, filled in the same way. What stands for a moment is an answer that leads elsewhere; whatever was refused, shows a
page or begins a session is done again. It is one process's memory: several over one database do not know each other's.
"""

import asyncio
import hashlib
from typing import Final

from egnatia.exchange.asgi import (
    Answer,
    App,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    Message,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    respond,
)
from egnatia.web.visit import SESSION

KEPT_SECONDS: Final = 2.0
BODY_SECONDS: Final = 30.0
LIMIT_BYTES: Final = 10_000_000
"""What the framework takes of any form; a page may take less."""


class Once:
    """Stands before the pages, for who is signed in; forms with files pass."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._sent: dict[bytes, asyncio.Future[Answer | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Any request for a page."""
        kind = header(scope, b"content-type") if scope["type"] == "http" and scope["method"] == "POST" else None
        is_form = kind is not None and kind.startswith("application/x-www-form-urlencoded")
        if not is_form or SESSION not in (header(scope, b"cookie") or ""):
            await self._app(scope, receive, send)
            return
        try:
            body = await read_body(scope, receive, limit_bytes=LIMIT_BYTES, seconds=BODY_SECONDS)
        except BodyTooLarge as error:
            await respond(send, Answer(413, str(error).encode()))
        except BodyTooSlow as error:
            await respond(send, Answer(408, str(error).encode()))
        except ClientGone:
            return
        else:
            await self._taken(scope, body, send)

    async def _taken(self, scope: Scope, body: bytes, send: Send) -> None:
        key = _key(scope, body)
        if (first := self._sent.get(key)) is not None and (answer := await asyncio.shield(first)) is not None:
            await respond(send, answer)
            return
        sent = self._sent[key] = asyncio.get_running_loop().create_future()
        noted = _Noted(send)
        try:
            await self._app(scope, _whole(body), noted)
        finally:
            answer = noted.answer()
            sent.set_result(answer)
            if answer is None:
                self._forget(key, sent)
            else:
                asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, key, sent)

    def _forget(self, key: bytes, sent: "asyncio.Future[Answer | None]") -> None:
        if self._sent.get(key) is sent:
            del self._sent[key]


class _Noted:
    """Sends an answer on, and notes where it leads."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        await self._send(message)

    def answer(self) -> Answer | None:
        """What may be given to who asks the same again."""
        headers = tuple((bytes(name).lower(), bytes(value)) for name, value in self._start.get("headers", ()))
        begins = any(name == b"set-cookie" and SESSION.encode() in value.partition(b"=")[0] for name, value in headers)
        if self._start.get("status") != 303 or begins:
            return None
        return Answer(303, headers=tuple(each for each in headers if each[0] != b"content-length"))


def _key(scope: Scope, body: bytes) -> bytes:
    parts = (scope["path"].encode(), scope.get("query_string", b""), (header(scope, b"cookie") or "").encode(), body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


def _whole(body: bytes) -> Receive:
    """A body that was read already."""
    messages = iter(({"type": "http.request", "body": body, "more_body": False},))

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive
