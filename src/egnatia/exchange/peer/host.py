"""What the peers need of the node that they are peers of."""

from collections.abc import Set
from typing import Protocol

from egnatia.exchange.host import Admission
from egnatia.exchange.labelling import Labelling
from egnatia.policy import Clearance
from egnatia.settings import Settings
from egnatia.store.store import Store
from egnatia.trust.card import SignedCard
from egnatia.trust.cards import Cards
from egnatia.trust.keys import PrivateKeys
from egnatia.trust.sealing import OpeningKeys


class PeerHost(Protocol):
    """What peers need of the node. `members` are the identities of the known members; `clearance_of` is cheap."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def admission(self) -> Admission: ...
    @property
    def labelling(self) -> Labelling: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def node_id(self) -> str: ...
    @property
    def own(self) -> str: ...
    @property
    def keys(self) -> PrivateKeys: ...
    @property
    def replaced_keys(self) -> tuple[PrivateKeys, ...]: ...
    @property
    def signed_card(self) -> SignedCard: ...
    @property
    def organisation_openings(self) -> tuple[OpeningKeys, ...]: ...

    def clearance_of(self, organisation: str | None) -> Clearance: ...
    def members(self) -> Set[str]: ...
