"""Who may see what a MISP event brings: its tags and its distribution, together, and never anybody whom MISP would not
have let see it.

MISP keeps these apart: a tag says how far people may pass a thing on, the distribution says whom the server gives it
to. Here both count. Organisations that only the other server knows (its community, the members of a group that came
without its list) are nobody here.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from egnatia.exchange.formats.conversion import PAP_MARKINGS, TLP_IDS, audience, identifier
from egnatia.exchange.formats.misp.event import Loose, SharingGroup, flag, number
from egnatia.exchange.formats.restriction import (
    PAP_LEVELS,
    TLP_LEVELS,
    Restrictions,
    restrictions,
    strictest,
    together,
)

OWN, COMMUNITY, CONNECTED, ALL, GROUP, INHERIT = range(6)
"""The distributions of MISP."""

NOBODY: Final = "the owner alone"
PERSONAL: Final = "personal data: the owner alone"
DISTRIBUTIONS: Final[Mapping[int, str]] = {
    OWN: "MISP: your organisation only",
    COMMUNITY: "MISP: this community only",
    CONNECTED: "MISP: connected communities",
}


class Terms(msgspec.Struct, frozen=True):
    """What the person who brings events in has settled.

    `organisations` maps UUIDs of MISP organisations to identities known here; `community` are the identities
    (organisations or groups) that the other server's community stands for, none if that is not settled; `decided` says
    what strange tags mean, `of_events` what they mean in one event alone, by its UUID; `tlp` is what is put on
    everything besides (`--tlp`).
    """

    organisations: Mapping[str, str] = {}
    community: tuple[str, ...] = ()
    decided: Mapping[str, str] = {}
    tlp: str | None = None
    of_events: Mapping[str, Mapping[str, str]] = {}

    def within(self, event: str) -> "Terms":
        """What is settled for one event."""
        own = self.of_events.get(event.lower())
        return self if not own else msgspec.structs.replace(self, decided={**self.decided, **own}, of_events={})

    def identity(self, organisation: str) -> str:
        """The identity of a MISP organisation: the one that it is known by here, or one after its UUID."""
        return self.organisations.get(organisation) or identifier("identity", organisation)


class Handled(msgspec.Struct, frozen=True):
    """How one thing of an event is handled. `audiences` are markings and the records that define them."""

    said: Restrictions = Restrictions()
    audiences: tuple[tuple[str, bytes], ...] = ()

    @property
    def tlp(self) -> str | None:
        """The TLP: red where a tag is not understood, at least amber+strict where MISP limits whom it is given to."""
        least = ["amber+strict"] if self.audiences else []
        return strictest([self.said.tlp, *least, *(["red"] if self.said.strange else [])], TLP_LEVELS)

    @property
    def refs(self) -> tuple[str, ...]:
        """The markings, in one order."""
        tlp = () if self.tlp is None else (TLP_IDS[self.tlp],)
        pap = () if self.said.pap is None else (PAP_MARKINGS[self.said.pap],)
        return (*tlp, *pap, *sorted({marking for marking, _ in self.definitions}))

    @property
    def definitions(self) -> tuple[tuple[str, bytes], ...]:
        """The audience markings with what defines them."""
        return (*self.audiences, audience(NOBODY, ())) if self.said.strange else self.audiences

    def under(self, applied: str | None) -> str:
        """The name of the handling where it is not for everyone; empty where it is. `applied` is put on besides."""
        tlp = strictest([self.tlp, applied], TLP_LEVELS)
        return "" if tlp == "clear" and not self.definitions else " ".join(self.refs) or "default"

    def is_stricter_than(self, other: "Handled") -> bool:
        """Whether fewer may see it: what is within an event and stricter is not named in the event's report."""
        return self.refs != other.refs

    def narrowed(self, name: str, recipients: Iterable[str], *, personal: bool = False) -> "Handled":
        """The same, for these recipients only."""
        added = audience(name, recipients, personal=personal)
        return Handled(self.said, tuple(dict.fromkeys((*self.audiences, added))))


def handled(
    terms: Terms, tags: Iterable[str], distribution: Loose, group: SharingGroup | None, within: Handled | None = None
) -> Handled:
    """How a thing with these tags and this distribution is handled; within another it is never more open than that.

    Events of feeds state no distribution: of these the tags say everything."""
    said = restrictions(tags, terms.decided)
    if within is not None:
        said = Restrictions(
            strictest([said.tlp, within.said.tlp], TLP_LEVELS),
            strictest([said.pap, within.said.pap], PAP_LEVELS),
            together(within.said, said).strange,
            said.rest,
        )
    outer = () if within is None else within.audiences
    found = Handled(said, outer)
    if distribution is None:
        return found
    match number(distribution):
        case 3:
            return found
        case 5 if within is not None:
            return found
        case 4 if group is not None and group.uuid:
            members = [each.organisation for each in group.members or () if each.organisation is not None]
            recipients = [terms.identity(each.uuid) for each in members if each.uuid] if flag(group.active) else []
            return found.narrowed(f"MISP sharing group {group.name or group.uuid}", recipients)
        case 1 | 2 as level:
            return found.narrowed(DISTRIBUTIONS[level], terms.community)
        case 0:
            return found.narrowed(DISTRIBUTIONS[OWN], ())
        case _:
            return found.narrowed("MISP: a distribution that is not understood", ())
