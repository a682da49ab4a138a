"""A sieve is what a reader asks of a list of records: kept in the page's address, and by name where it is saved."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec

from egnatia.exchange.shown import TLP_NAMES
from egnatia.policy.label import Tlp
from egnatia.store.query import LAST, Query
from egnatia.web.card import Organisations, major
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.record.faces import FACES, kind_words
from egnatia.web.visit import Visit, read_form

DAY: Final = 86_400_000_000

TLPS: Final[Mapping[str, Tlp]] = {name: tlp for tlp, name in TLP_NAMES.items()}

TIMES: Final[Mapping[int, str]] = {
    1: N_("The last 24 hours"),
    7: N_("The last 7 days"),
    30: N_("The last 30 days"),
}
"""How far back, in days."""

NOBODY: Final = "identity--none"
"""An owner that no record has: what an economy without organisations asks for."""


class Sieve(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every field narrows, an empty one does not. `q` are words, `days` how far back, `all` brings in what otherwise
    shows through what names it: links and observables."""

    q: Annotated[str, msgspec.Meta(max_length=400, pattern=r"^[^\x00]*\Z")] = ""
    type: Annotated[str, msgspec.Meta(max_length=250, pattern=r"^[a-z0-9-]*\Z")] = ""
    owner: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[a-z0-9-]*\Z")] = ""
    economy: Annotated[str, msgspec.Meta(max_length=10, pattern=r"^[A-Za-z]*\Z")] = ""
    tlp: Literal["", "clear", "green", "amber", "amber+strict", "red"] = ""
    days: Literal[0, 1, 7, 30] = 0
    all: bool = False

    @property
    def address(self) -> str:
        """The question part of a page's address; empty for no question."""
        set_ = {name: value for name, value in msgspec.structs.asdict(self).items() if value}
        return urlencode({name: "true" if value is True else value for name, value in set_.items()})

    @property
    def encoded(self) -> str:
        """As JSON, for a form."""
        return msgspec.json.encode(self).decode()

    def but(self, **changes: object) -> "Sieve":
        """The same, with other values."""
        return msgspec.structs.replace(self, **changes)

    def query(self, organisations: Organisations, now: int, *, everything: bool = False) -> Query:
        """The newest versions that pass, as the store is asked; `now` is microseconds UTC. With `everything` all types
        pass unless one is named."""
        owners = {self.owner} if self.owner else set()
        if self.economy:
            there = {each.id for each in organisations.values() if each.economy == self.economy}
            owners = (owners & there if owners else there) or {NOBODY}
        types = () if self.all or everything else major()
        return Query(
            types=(self.type,) if self.type else types,
            owners=tuple(sorted(owners)),
            tlps=(TLPS[self.tlp],) if self.tlp else (),
            since=now - self.days * DAY if self.days else None,
            versions=(LAST,),
            newest_first=True,
        )


class Chip(msgspec.Struct, frozen=True):
    """One filter that is set, in words, and the address without it."""

    words: str
    without: str


def sieve_of(visit: Visit) -> Sieve:
    """What the address of this request asks; raises BadRequest."""
    asked = visit.request.query_params
    return read_form({name: [str(each) for each in asked.getall(name)] for name in asked}, Sieve)


def chips(sieve: Sieve, path: str, organisations: Organisations, speech: Speech) -> tuple[Chip, ...]:
    """The filters that are set."""
    owner = organisations.get(sieve.owner)
    words = {
        "type": speech.gettext(kind_words(sieve.type)) if sieve.type else "",
        "owner": (owner.name if owner else sieve.owner) if sieve.owner else "",
        "economy": speech.economy(sieve.economy) if sieve.economy else "",
        "tlp": f"TLP:{sieve.tlp.upper()}" if sieve.tlp else "",
        "days": speech.gettext(TIMES[sieve.days]) if sieve.days else "",
        "all": speech.gettext("Also links and observables") if sieve.all else "",
    }
    empty = Sieve()
    return tuple(
        Chip(said, address(path, sieve.but(**{name: getattr(empty, name)}))) for name, said in words.items() if said
    )


def address(path: str, sieve: Sieve, **more: str) -> str:
    """A page with this question."""
    asked = "&".join(filter(None, (sieve.address, urlencode(more))))
    return f"{path}?{asked}" if asked else path


class Choices(msgspec.Struct, frozen=True):
    """What the filters offer: value and words each, an empty value for any."""

    types: tuple[tuple[str, str], ...]
    owners: tuple[tuple[str, str], ...]
    economies: tuple[tuple[str, str], ...]
    tlps: tuple[tuple[str, str], ...]
    times: tuple[tuple[str, str], ...]


def choices(organisations: Organisations, speech: Speech) -> Choices:
    """The choices in the order of the reader's language."""
    anything = ("", speech.gettext("Any"))
    kinds = sorted(
        ((kind, speech.gettext(face.words)) for kind, face in FACES.items()), key=lambda each: speech.order(each[1])
    )
    owners = sorted(((each.id, each.name) for each in organisations.values()), key=lambda each: speech.order(each[1]))
    return Choices(
        types=(anything, *kinds),
        owners=(anything, *owners),
        economies=(anything, *speech.economies(), ("regional", speech.economy("regional"))),
        tlps=(anything, *((name, f"TLP:{name.upper()}") for name in TLPS)),
        times=(("", speech.gettext("Any time")), *((str(days), speech.gettext(said)) for days, said in TIMES.items())),
    )
