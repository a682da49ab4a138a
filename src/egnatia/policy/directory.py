"""Who is who: members, groups, constituencies and agreements, and the standing of an organisation at a moment."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from egnatia.policy.clearance import AgreementInForce, Clearance, Standing
from egnatia.policy.label import Label, Tlp


class Agreement(msgspec.Struct, frozen=True):
    """What a sharing agreement says, and who has signed it. Times bear their zone.

    `parties` are identity ids of organisations or groups; each of them has to be in `signed` before it is in force.
    `types` are the record types it covers, empty for all. In force from `valid_from` until before `valid_until`.
    `retention` is how long a party keeps what it received under it, None for as long as it likes. Personal data
    flows under it only if `personal_data` is set and a `legal_basis` named.
    """

    id: str
    parties: frozenset[str]
    valid_from: datetime
    valid_until: datetime | None = None
    types: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    legal_basis: str = ""
    retention: timedelta | None = None
    personal_data: bool = False
    onward: bool = False
    signed: frozenset[str] = frozenset()
    suspended: bool = False
    terminated: bool = False


class Directory(msgspec.Struct, frozen=True):
    """What a node knows of the organisations. `groups` are the identities in a group, which may be groups again;
    `clients` the organisations in the constituency of another one."""

    members: frozenset[str] = frozenset()
    groups: Mapping[str, frozenset[str]] = {}
    clients: Mapping[str, frozenset[str]] = {}
    agreements: tuple[Agreement, ...] = ()


EMPTY: Final = Directory()


def in_force(agreement: Agreement, at: datetime) -> bool:
    """Whether it holds at a moment: begun, not over, signed by every party, neither suspended nor terminated."""
    return (
        not (agreement.suspended or agreement.terminated)
        and bool(agreement.parties)
        and agreement.parties <= agreement.signed
        and agreement.valid_from <= at
        and (agreement.valid_until is None or at < agreement.valid_until)
    )


def standing(organisation: str, directory: Directory, at: datetime) -> Standing:
    """The standing of an organisation: what it is, and what each organisation that it is a client of is."""
    providers = sorted(provider for provider, clients in directory.clients.items() if organisation in clients)
    return msgspec.structs.replace(
        _own_standing(organisation, directory, at),
        client_of=tuple(_own_standing(provider, directory, at) for provider in providers if provider != organisation),
    )


def clearance(organisations: Iterable[str], directory: Directory, at: datetime) -> Clearance:
    """The clearance of whoever reads for these organisations: one for a person or program, all that it hosts for a
    peer node. Good until `standing_until`."""
    return Clearance(tuple(standing(organisation, directory, at) for organisation in organisations))


def groups_of(organisation: str, directory: Directory) -> frozenset[str]:
    """The groups it is in, by itself or through another group."""
    found: set[str] = set()
    reached = {organisation}
    while reached:
        reached = {group for group, within in directory.groups.items() if reached & within} - found
        found |= reached
    return frozenset(found - {organisation})


def organisations_of(identities: Iterable[str], directory: Directory) -> frozenset[str]:
    """These identities and everybody in the groups among them."""
    found: set[str] = set()
    left = set(identities)
    while left:
        found |= left
        left = {inner for group in left for inner in directory.groups.get(group, ())} - found
    return frozenset(found)


def until(label: Label, directory: Directory, at: datetime) -> datetime | None:
    """When time alone may change next who is admitted by `label`: an agreement with its owner begins or ends. None
    for never: then only a change of the directory or of the label does."""
    owners = set(_owners(label))
    return min(
        _turns((a for a in directory.agreements if owners & organisations_of(a.parties, directory)), at), default=None
    )


def standing_until(directory: Directory, at: datetime) -> datetime | None:
    """Until when a standing that was made at `at` holds, as long as the directory stays what it is; None: forever."""
    return min(_turns(directory.agreements, at), default=None)


def keep_until(label: Label, holder: str, directory: Directory, added_at: datetime) -> datetime | None:
    """Until when `holder` may keep what it was given under `label`; None where no agreement says so.

    The shortest retention of all agreements between owner and holder under which it may have come, in force or not:
    what has ended still binds. An owner keeps its own as long as it likes.
    """
    if holder == label.owner:
        return None
    periods = [
        agreement.retention
        for part in (label, *label.also)
        for agreement in _agreements_behind(part, directory)
        if agreement.retention is not None and {part.owner, holder} <= organisations_of(agreement.parties, directory)
    ]
    return added_at + min(periods) if periods else None


def _own_standing(organisation: str, directory: Directory, at: datetime) -> Standing:
    return Standing(
        organisation=organisation,
        member=organisation in organisations_of(directory.members, directory),
        groups=groups_of(organisation, directory),
        agreements=tuple(_agreements(organisation, directory, at)),
    )


def _agreements(organisation: str, directory: Directory, at: datetime) -> Iterator[AgreementInForce]:
    for agreement in directory.agreements:
        if not in_force(agreement, at):
            continue
        parties = organisations_of(agreement.parties, directory)
        if organisation in parties:
            yield AgreementInForce(
                id=agreement.id,
                parties=parties,
                types=agreement.types,
                personal_data=agreement.personal_data and bool(agreement.legal_basis),
                purposes=agreement.purposes,
                onward=agreement.onward,
            )


def _agreements_behind(label: Label, directory: Directory) -> Iterator[Agreement]:
    """The agreements on which reading what lies under one part of a label may rest."""
    by_agreement = bool(label.agreements) or (not label.audiences and Tlp.AMBER <= label.tlp <= Tlp.AMBER_STRICT)
    if not (by_agreement or label.personal):
        return
    for agreement in directory.agreements:
        if (agreement.id in label.agreements or not label.agreements) and (
            not agreement.types or label.type in agreement.types
        ):
            yield agreement


def _owners(label: Label) -> Iterator[str]:
    yield label.owner
    for other in label.also:
        yield from _owners(other)


def _turns(agreements: Iterable[Agreement], at: datetime) -> Iterator[datetime]:
    for agreement in agreements:
        for turn in (agreement.valid_from, agreement.valid_until):
            if turn is not None and turn > at:
                yield turn
