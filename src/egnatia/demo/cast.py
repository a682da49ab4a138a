"""Who plays in the demonstration: six economies' CSIRTs, the regional hub, a bank and a telecom. All are fictional."""

import hashlib
import uuid
from typing import Literal

import msgspec

from egnatia.settings import Economy

KOSOVO_FOOTNOTE = (
    "* This designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999 "
    "and the ICJ Opinion on the Kosovo declaration of independence."
)

ECONOMIES: dict[str, str] = {
    "AL": "Albania",
    "BA": "Bosnia and Herzegovina",
    "XK": "Kosovo*",
    "ME": "Montenegro",
    "MK": "North Macedonia",
    "RS": "Serbia",
    "regional": "the region",
}
"""What a person reads for an economy's code; Kosovo* never goes without its footnote."""


def demo_id(kind: str, *names: object) -> str:
    """The id of a demonstration object: the same in every run, shaped as the random UUID that STIX asks for."""
    digest = hashlib.sha256("\x1f".join(["egnatia demo", kind, *map(str, names)]).encode()).digest()
    return f"{kind}--{uuid.UUID(bytes=digest[:16], version=4)}"


class Actor(msgspec.Struct, frozen=True):
    """One organisation of the demonstration. `host` is the key of the node that it has its account on, its own key
    where it runs a node; `csirt` the one whose constituency it is in."""

    key: str
    name: str
    economy: Economy
    sector: str
    role: Literal["csirt", "hub", "bank", "telecom"]
    host: str
    csirt: str = ""

    @property
    def id(self) -> str:
        """Its STIX identity."""
        return demo_id("identity", self.key)

    @property
    def runs_node(self) -> bool:
        """Whether it runs its own node."""
        return self.host == self.key


def _csirt(economy: Literal["AL", "BA", "XK", "ME", "MK", "RS"]) -> Actor:
    key = economy.lower()
    name = f"CSIRT of {ECONOMIES[economy]} (demo)"
    return Actor(key=key, name=name, economy=economy, sector="government", role="csirt", host=key)


CSIRTS = tuple(_csirt(economy) for economy in ("AL", "BA", "XK", "ME", "MK", "RS"))
HUB = Actor("hub", "Western Balkans Regional Hub (demo)", "regional", "government", "hub", "hub")
BANK = Actor("bank", "Adriatic Example Bank (demo)", "ME", "financial-services", "bank", "bank", csirt="me")
TELECOM = Actor("telecom", "Vardar Example Telecom (demo)", "MK", "telecommunications", "telecom", "mk", csirt="mk")

MESH = (*CSIRTS, HUB)
"""The seven that are paired with each other."""

ACTORS = (*MESH, BANK, TELECOM)
NODES = tuple(actor for actor in ACTORS if actor.runs_node)


def actor(key: str) -> Actor:
    """The organisation with this key."""
    return next(each for each in ACTORS if each.key == key)
