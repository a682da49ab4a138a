"""What the server answers with: resources and errors as TAXII 2.1 has them."""

from typing import Final

import msgspec

from egnatia.exchange.asgi import Answer
from egnatia.exchange.taxii.negotiation import TAXII
from egnatia.exchange.taxii.resource import ErrorMessage

BASE: Final = ((b"content-type", TAXII.encode()), (b"vary", b"Accept, Authorization"))


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, title: str, description: str = "", *headers: tuple[bytes, bytes]) -> None:
        self.answer = Answer(
            status,
            msgspec.json.encode(ErrorMessage(title, str(status), description)),
            (*BASE, *headers),
        )
        super().__init__(title)


def not_found() -> Problem:
    """There is none, or none for who asks: one answer."""
    return Problem(404, "There is no such resource, or it is not for you", "TAXII paths end in a slash")


def resource_answer(content: msgspec.Struct, *headers: tuple[bytes, bytes]) -> Answer:
    """A resource as the answer."""
    return Answer(200, msgspec.json.encode(content), (*BASE, *headers))
