"""Why a source could not be read, in a word that the pages turn into what to do, and in detail."""

import enum
import ssl
from typing import Final

import httpx

from egnatia.exchange.outward import Barred
from egnatia.record.record import Invalid


class Trouble(enum.StrEnum):
    """What is wrong, from where whoever keeps the source can do something about it."""

    KEY = "key"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    BUSY = "busy"
    FAULT = "fault"
    SLOW = "slow"
    UNKNOWN_NAME = "unknown name"
    UNREACHED = "unreached"
    CERTIFICATE = "certificate"
    REDIRECTS = "redirects"
    BARRED = "barred"
    EMPTY = "empty"
    LARGE = "large"
    PACKED = "packed"
    PAGE = "page"
    FORM = "form"
    COLUMN = "column"
    ROWS = "rows"
    OTHER = "other"


class Unread(OSError):
    """A document that could not be had, or is not what it should be."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(message)


class Busy(Unread):
    """The server wants to be left alone for so many `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(message, Trouble.BUSY)


class Misfit(Invalid):
    """A list whose columns or values are not those of its mapping."""

    def __init__(self, error: Invalid, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(error.problems)


ANSWERS: Final = {
    401: Trouble.KEY,
    403: Trouble.FORBIDDEN,
    404: Trouble.MISSING,
    410: Trouble.MISSING,
    429: Trouble.BUSY,
    503: Trouble.BUSY,
}
"""What an answer's status means; any other of 500 and more is a fault of the server's."""


def trouble_of(error: Exception) -> Trouble:
    """What is wrong, of whatever a reading raises."""
    match error:
        case Unread() | Misfit():
            return error.trouble
        case Invalid():
            return Trouble.FORM
        case _:
            return Trouble.OTHER


def unreached(where: str, error: httpx.HTTPError) -> Unread:
    """Why a call came to nothing."""
    said = str(error) or type(error).__name__
    return Unread(f"{where}: {said}", _of_call(error, said))


def _of_call(error: httpx.HTTPError, said: str) -> Trouble:
    causes = [error.__cause__, error.__context__]
    match error:
        case httpx.TooManyRedirects():
            return Trouble.REDIRECTS
        case httpx.TimeoutException():
            return Trouble.SLOW
        case httpx.DecodingError():
            return Trouble.PACKED
        case _ if any(isinstance(each, Barred) for each in causes):
            return Trouble.BARRED
        case _ if "CERTIFICATE" in said or any(isinstance(each, ssl.SSLError) for each in causes) or "SSL" in said:
            return Trouble.CERTIFICATE
        case _ if "Name or service not known" in said or "name resolution" in said or "nodename" in said:
            return Trouble.UNKNOWN_NAME
        case httpx.ConnectError():
            return Trouble.UNREACHED
        case _:
            return Trouble.FAULT
