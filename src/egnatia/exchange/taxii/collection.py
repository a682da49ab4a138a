"""The collections that a reader finds: different questions to the one feed.

Every collection holds only what the reader may see; the same id means the same question to everybody, and who may
not know of a collection (a community's, for strangers) does not find it.
"""

import hashlib
import uuid
from collections.abc import Callable

import msgspec

from egnatia.exchange.caller import Caller
from egnatia.exchange.shown import TLP_NAMES
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii.negotiation import STIX
from egnatia.exchange.taxii.resource import CollectionResource
from egnatia.policy.clearance import Clearance
from egnatia.policy.label import Tlp
from egnatia.record.marking import TLP2_IDS

ALL = "all"

_TLP_MARKINGS: dict[str, str] = {name: marking for marking, name in TLP2_IDS.items()}


class Collection(msgspec.Struct, frozen=True):
    """A question to the feed with a name; unset parts ask for everything. `words` are in the text of what is asked
    for; `since` is exclusive, microseconds UTC. `applied` are the markings put on what is added to it; `writable`
    whether anything can be."""

    alias: str
    title: str
    description: str
    types: frozenset[str] | None = None
    owners: frozenset[str] | None = None
    tlps: frozenset[Tlp] | None = None
    audience: str | None = None
    words: str = ""
    since: int | None = None
    applied: tuple[str, ...] = ()
    writable: bool = False

    def id(self, node_id: str) -> str:
        """Its identifier at a node: always the same, and in the form of a random UUID (TAXII 2.1 section 2)."""
        return str(uuid.UUID(bytes=hashlib.sha256(f"{node_id} {self.alias}".encode()).digest()[:16], version=4))


Searches = Callable[[str], tuple[Collection, ...]]
"""The saved searches of an organisation's people, as collections. Asks the store."""

SAVED = "saved-"
"""How the alias of a saved search begins."""


def none_saved(organisation: str) -> tuple[Collection, ...]:
    """No saved searches, whoever asks."""
    return ()


def collections(caller: Caller, clearance: Clearance) -> tuple[Collection, ...]:
    """The collections that `caller` finds, always in the same order."""
    everything = Collection(
        ALL,
        "Everything you may see",
        "All records that your organisation may see. What is added here takes its own markings, else the default.",
        writable=True,
    )
    indicators = Collection(
        "indicators",
        "Indicators",
        "Patterns that detect suspicious or malicious activity.",
        types=frozenset({"indicator"}),
    )
    observed = Collection(
        "sightings",
        "Sightings",
        "What was seen where: sightings and the data observed.",
        types=frozenset({"sighting", "observed-data"}),
    )
    own = [_own(caller.organisation)] if caller.organisation else []
    communities = sorted({group for standing in clearance.standings for group in standing.groups})
    return (everything, indicators, observed, *map(_tlp, Tlp), *own, *map(_community, communities))


def resource(collection: Collection, caller: Caller, node_id: str) -> CollectionResource:
    """The collection as `caller` may use it."""
    return CollectionResource(
        id=collection.id(node_id),
        title=collection.title,
        description=collection.description,
        alias=collection.alias,
        can_read=caller.may(Right.READ),
        can_write=may_write(collection, caller),
        media_types=(STIX,),
    )


def may_write(collection: Collection, caller: Caller) -> bool:
    """Whether `caller` may add to the collection."""
    return collection.writable and caller.organisation is not None and caller.may(Right.SUBMIT)


def _tlp(tlp: Tlp) -> Collection:
    name = tlp.name.replace("_", "+")
    marking = _TLP_MARKINGS[TLP_NAMES[tlp]]
    return Collection(
        f"tlp-{TLP_NAMES[tlp].replace('+', '-')}",
        f"TLP:{name}",
        f"Records under TLP:{name}. What is added here is put under TLP:{name}, or stricter where it says so itself.",
        tlps=frozenset({tlp}),
        applied=(marking,),
        writable=True,
    )


def _own(organisation: str) -> Collection:
    return Collection(
        f"own-{organisation.removeprefix('identity--')}",
        "Your own",
        "What your organisation has published.",
        owners=frozenset({organisation}),
        writable=True,
    )


def _community(group: str) -> Collection:
    return Collection(
        f"community-{group.partition('--')[2]}",
        f"Community {group}",
        "Records whose audience names this community, of which your organisation is a member.",
        audience=group,
    )
