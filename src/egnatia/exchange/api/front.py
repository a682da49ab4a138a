"""What holds for every answer, whoever gives it: headers that keep browsers from guessing, framing and caching."""

from egnatia.exchange.asgi import App, Message, Receive, Scope, Send

SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Pages that need more (scripts of their own) say so themselves: what an answer says already stays."""


OVER_TLS = (b"strict-transport-security", b"max-age=31536000")
"""A browser that has been here over TLS comes back in no other way, for a year (RFC 6797)."""


def front(app: App, *, over_tls: bool = False) -> App:
    """The application with the safe headers on every answer; `over_tls` says that it is reached over TLS alone."""
    safe = (*SAFE, OVER_TLS) if over_tls else SAFE

    async def fronted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                named = {name for name, _ in given}
                message["headers"] = given + [each for each in safe if each[0] not in named]
            await send(message)

        await app(scope, receive, safely)

    return fronted
