"""What to think of once more before publishing: values that are well known and benign, and data on people."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.record import Invalid, Record, read
from egnatia.record.words import text_of
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.record.text import defanged, visible

_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CITIZEN: Final = re.compile(r"(?<!\d)\d{13}(?!\d)")
_ALBANIAN: Final = re.compile(r"(?<![A-Z0-9])[A-T]\d[0-9]{7}[A-W](?![A-Z0-9])")
_IBAN: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?(?![A-Z0-9])")
_PEOPLE: Final = frozenset({"user-account", "email-addr", "email-message"})

MAIL: Final = N_("an e-mail address")
NUMBER: Final = N_("a personal number")
ACCOUNT: Final = N_("a bank account")
RECORD: Final = N_("a record on an account or a message")
PERSON: Final = N_("a person")


class Benign(msgspec.Struct, frozen=True):
    """A value that is on a warning list."""

    value: str
    list: str


def benign(bodies: Iterable[bytes], lists: WarningLists) -> tuple[Benign, ...]:
    """Values in these records that are well known and benign, each once."""
    found: dict[str, Benign] = {}
    for record in _read(bodies):
        for value in record.values:
            warned = lists.warned(value.kind, value.value)
            if warned is not None:
                found.setdefault(value.value, Benign(visible(defanged(value.value)), warned.list))
    return tuple(found.values())


def is_held_up(bodies: Iterable[bytes], lists: WarningLists) -> bool:
    """Whether an indicator among these records would make others block what is benign: it is published only where
    somebody insists."""
    return any(lists.reason(msgspec.json.decode(record.body)) is not None for record in _read(bodies))


def personal(bodies: Iterable[bytes], speech: Speech) -> tuple[str, ...]:
    """What in these records looks like data on a person, in words; a guess that a person has to judge."""
    found = dict.fromkeys(each for record in _read(bodies) for each in _personal(record))
    return tuple(speech.gettext(each) for each in found)


def _personal(record: Record) -> Iterator[str]:
    decoded = msgspec.json.decode(record.body)
    if record.head.type in _PEOPLE:
        yield RECORD
    if record.head.type == "identity" and decoded.get("identity_class") == "individual":
        yield PERSON
    text = text_of(decoded)
    if record.head.type != "identity" and _MAIL.search(text):
        yield MAIL
    if any(is_citizen_number(each) for each in _CITIZEN.findall(text)) or _ALBANIAN.search(text):
        yield NUMBER
    if any(is_iban(each) for each in _IBAN.findall(text)):
        yield ACCOUNT


def is_citizen_number(digits: str) -> bool:
    """Whether 13 digits are a unique master citizen number (JMBG, EMBG): a birthday, a region, a check digit."""
    day, month = int(digits[:2]), int(digits[2:4])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return False
    weights = (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11
    return int(digits[12]) == (0 if rest > 9 else rest)


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN: ISO 13616, the remainder by 97 is 1."""
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(each, 36)) for each in turned)) % 97 == 1


def _read(bodies: Iterable[bytes]) -> Iterator[Record]:
    for body in bodies:
        try:
            yield read(body, tolerant=True)
        except Invalid:
            continue
