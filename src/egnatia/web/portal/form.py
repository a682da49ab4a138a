"""Forms for who has no account: told from programs by what people do, counted against floods, bound to no cookie."""

import hashlib
import hmac
import time
from typing import Final, TypeVar

import msgspec
from litestar.datastructures import UploadFile

from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.caller import Throttle, Throttled
from egnatia.web.language.speech import N_
from egnatia.web.portal.counter import Counter
from egnatia.web.visit import read_form, require_same_origin

LEAST_SECONDS: Final = 2
"""Nobody reads and fills in a form so fast."""
MOST_SECONDS: Final = 12 * 3_600
BODY_BYTES: Final = 64_000

TOO_FAST: Final = N_("The form was sent too fast, or was open too long: look at it once more and send it again")

Form = TypeVar("Form", bound=msgspec.Struct)


class Trap(msgspec.Struct, frozen=True):
    """What each form holds beside its own fields: when it was given out, and a field that no person sees."""

    stamp: str = ""
    website: str = ""


class Hasty(ValueError):
    """The form was sent by a program, or too late."""


class Bot(ValueError):
    """A program has filled in what no person sees: it is thanked, and nothing is kept."""


class TooMany(Throttled):
    """So many forms came from one address that it has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.args = (f"Too much was sent from here; try again in {seconds} seconds",)


class Limit:
    """At most so many forms from one address in a span of time."""

    def __init__(self, most: int, seconds: float) -> None:
        self._throttle = Throttle(failures=most, seconds=seconds)

    def count(self, address: str) -> None:
        """One more; raises Throttled where it is one too many."""
        wait = self._throttle.wait(address)
        if wait:
            raise TooMany(wait)
        self._throttle.failed(address)


def stamp(counter: Counter, at: float | None = None) -> str:
    """When a form is given out, so that nobody can say another moment."""
    moment = str(int(time.time() if at is None else at))
    return f"{moment}.{_seal(counter, moment)}"


async def received(counter: Counter, kind: type[Form], *, limit_bytes: int = BODY_BYTES) -> Form:
    """The form. Raises NotAllowed for one from another site, BadRequest for one that cannot be read, Hasty, Bot."""
    require_same_origin(counter.request)
    length = counter.request.headers.get("content-length", "")
    if not length.isdecimal() or int(length[:12]) > limit_bytes:
        raise BadRequest(f"the form is larger than {limit_bytes} bytes, or does not say how large it is")
    data = await counter.request.form()
    texts = {name: [str(each) for each in data.getall(name) if not isinstance(each, UploadFile)] for name in data}
    given = {name: values for name, values in texts.items() if values}
    _judge(counter, read_form({name: given[name] for name in ("stamp", "website") if name in given}, Trap))
    wanted = {field.encode_name for field in msgspec.structs.fields(kind)}
    return read_form({name: values for name, values in given.items() if name in wanted}, kind)


async def file_in(counter: Counter, name: str, limit_bytes: int) -> tuple[str, bytes]:
    """The file of a form that was received: what it is called, and its content; both empty where none was chosen."""
    sent = (await counter.request.form()).get(name)
    if not isinstance(sent, UploadFile):
        return "", b""
    await sent.seek(0)
    content = await sent.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise BadRequest(f"a file may have at most {limit_bytes} bytes")
    return sent.filename or "file", content


def _judge(counter: Counter, trap: Trap) -> None:
    if trap.website:
        raise Bot
    moment, _, seal = trap.stamp.partition(".")
    if not moment.isdecimal() or not hmac.compare_digest(seal.encode(), _seal(counter, moment).encode()):
        raise Hasty
    if not LEAST_SECONDS <= time.time() - int(moment[:12]) <= MOST_SECONDS:
        raise Hasty


def _seal(counter: Counter, moment: str) -> str:
    return hmac.new(counter.premises.secret, f"portal form {moment}".encode(), hashlib.sha256).hexdigest()[:32]
