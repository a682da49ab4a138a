"""A card is one record as a person meets it in a list: what it is, whose, how it may be handled, when it came."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from egnatia.exchange.shown import Shown, shown
from egnatia.store.entry import Row
from egnatia.store.keeping import Known
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.record.faces import FACES, OBSERVABLE_TYPES, kind_words
from egnatia.web.record.name import name_of, shortened
from egnatia.web.record.text import visible

LINKING: Final = frozenset(
    {
        "case-event",
        "case-attachment",
        "case-attachment-piece",
        "extension-definition",
        "marking-definition",
        "observed-data",
        "receipt",
        "relationship",
        "sealed-record",
    }
)

MINOR: Final = LINKING | OBSERVABLE_TYPES
"""Record types that a list shows on demand: they matter through what names them."""


LONGEST: Final = 200

UNKNOWN: Final = N_("An organisation that is not known here")


def major() -> tuple[str, ...]:
    """The others, those of the domains among them."""
    return tuple(sorted(frozenset(FACES) - MINOR))


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of one record. `kind` is its type in words, `owner` a name, `added` when it came to this node,
    microseconds UTC; `target` is what a recall takes back; `named` says that it has an audience by name; `also` are
    the owners of further records that say the same, where a list shows them as one."""

    id: str
    type: str
    version: str
    kind: str
    title: str
    detail: str
    lang: str
    tlp: str
    owner: str
    economy: str
    added: int
    redacted: bool
    named: bool
    target: str = ""
    also: tuple[str, ...] = ()

    @property
    def href(self) -> str:
        """The page of the record."""
        return f"/records/{self.id}"

    @property
    def minor(self) -> bool:
        """Whether it matters through what names it."""
        return self.type in MINOR


Organisations = Mapping[str, Known]
"""The organisations that are known here, by identity id."""


def by_id(organisations: Iterable[Known]) -> Organisations:
    """Organisations by their ids."""
    return {each.id: each for each in organisations}


def cards(rows: Sequence[Row], organisations: Organisations, speech: Speech) -> tuple[Card, ...]:
    """The cards of rows, in their order."""
    return tuple(card(msgspec.json.decode(shown(row), type=Shown), organisations, speech) for row in rows)


def card(seen: Shown, organisations: Organisations, speech: Speech) -> Card:
    """The card of a record."""
    stix = seen.record
    kind = str(stix.get("type", ""))
    owner = organisations.get(seen.owner)
    return Card(
        id=str(stix.get("id", "")),
        type=kind,
        version=str(stix.get("modified", stix.get("created", ""))),
        kind=speech.gettext(kind_words(kind)),
        title=name_of(stix, speech),
        detail=detail(stix),
        lang=str(stix.get("lang", ""))[:20],
        tlp=seen.tlp,
        owner=visible(owner.name) if owner else speech.gettext(UNKNOWN),
        economy=owner.economy if owner else "",
        added=int(datetime.fromisoformat(seen.added).timestamp() * 1_000_000),
        redacted=seen.redacted,
        named=bool(seen.audiences),
        target=str(stix.get("object_ref", "")) if kind == "recall" else "",
    )


def detail(stix: Mapping[str, Any]) -> str:
    """A second line, where there is more to say."""
    said = stix.get("description") or stix.get("explanation") or stix.get("reason")
    pattern = str(stix.get("pattern", ""))
    if not said and str(stix.get("name", pattern)) not in pattern:
        said = pattern
    return shortened(visible(str(said or "")), LONGEST)
