"""A clearance is on whose behalf somebody reads, with every fact the decision needs."""

from typing import Final

import msgspec

EVERY: Final = "*"
"""In the place of an exercise: all of them, but never what is real. For nodes, which carry them; never for people."""


class AgreementInForce(msgspec.Struct, frozen=True):
    """A sharing agreement as it stands at the moment of reading, with the reader among its parties.

    `parties` are identity ids of organisations (groups resolved); `types` the record types it covers, empty for
    all; `personal_data` says whether personal data may flow under it; `purposes` what it may be used for; `onward`
    whether a party may pass on what it received under it.
    """

    id: str
    parties: frozenset[str]
    types: frozenset[str] = frozenset()
    personal_data: bool = False
    purposes: frozenset[str] = frozenset()
    onward: bool = False


class Standing(msgspec.Struct, frozen=True):
    """One organisation's standing: who it is, what it belongs to, whose client it is.

    `member` says that it belongs to the community (TLP:GREEN); `groups` are the group identities it is in;
    `client_of` the organisations (a CSIRT) whose constituency it is in, with the standing of each of them
    as far as TLP:AMBER lets clients see what they see. `exercise` is the one exercise that it reads in, empty for what
    is real: one standing never reads both.
    """

    organisation: str
    member: bool = False
    groups: frozenset[str] = frozenset()
    client_of: tuple["Standing", ...] = ()
    agreements: tuple[AgreementInForce, ...] = ()
    exercise: str = ""

    def __post_init__(self) -> None:
        if not self.organisation:
            raise ValueError("a standing needs the identity id of its organisation; who has none is PUBLIC")


class Clearance(msgspec.Struct, frozen=True):
    """On whose behalf somebody reads. A person or program has one standing; a peer node one for each organisation
    that it hosts; the public none at all, and sees TLP:CLEAR."""

    standings: tuple[Standing, ...] = ()


def within(clearance: Clearance, exercise: str) -> Clearance:
    """The same readers in an exercise (`EVERY` for all of them), where they see nothing that is real; unchanged for
    none. Neither clients nor agreements count there: who takes part is named."""
    if not exercise:
        return clearance
    return Clearance(tuple(Standing(each.organisation, exercise=exercise) for each in clearance.standings))


PUBLIC = Clearance()
