"""Who has a record, and who has complied with its recall: what nodes have acknowledged and what they answered."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from egnatia.exchange.host import PeerStatus
from egnatia.exchange.takeback import own_custody
from egnatia.policy import Label, clearance_within, decide
from egnatia.store.entry import Row
from egnatia.trust import Forged
from egnatia.web.premises import Premises
from egnatia.web.record.name import decoded
from egnatia.web.record.text import visible


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation or node that has a record: `event` is stored, hidden, purged or refused, as a term of the
    vocabulary; `signed` says that it is a record of its own rather than an acknowledgement between nodes."""

    who: str
    event: str
    at: int
    signed: bool
    recall: str = ""
    reason: str = ""


class Compliance(msgspec.Struct, frozen=True, kw_only=True):
    """How one node stands to a recall: complied, received, waiting or unreachable. `at` is when that became known,
    0 where nothing did; `last_contact` when it was last heard of."""

    node: str
    name: str
    state: str
    at: int = 0
    last_contact: int = 0
    error: str = ""


def receipts(premises: Premises, row: Row, naming: Sequence[Row], known: Mapping[str, str]) -> tuple[Receipt, ...]:
    """Who says to have the record in `row`, for its owner; the newest first. `naming` are the records that name it."""
    found = [_answer(each, known) for each in naming if each.type == "receipt"]
    for node, at in premises.store.acknowledgements.at(row.position):
        if hosts_reader(premises, node, row.label):
            found.append(Receipt(who=node_name(premises, node), event="stored", at=at, signed=False))
    return tuple(sorted(found, key=lambda each: -each.at))


SILENT: Final = 120_000_000
"""After how many microseconds without a word a node counts as unreachable."""


def compliance(premises: Premises, recall: Row, naming: Sequence[Row], *, now: int) -> tuple[Compliance, ...]:
    """How each node that could have had the record stands to its recall; `naming` are the records that name that. The
    unreachable come first."""
    target = str(decoded(recall).get("object_ref", ""))
    held = own_custody(premises.store.custody.heads([target]).get(target, ()), recall.owner)
    before = without_recall(held.label if held is not None else recall.label)
    answered = _answered(premises, recall.id, naming)
    acknowledged = dict(premises.store.acknowledgements.at(recall.position))
    found = [
        _standing(peer, answered, acknowledged, silent=_is_silent(peer, recall.at, now))
        for peer in premises.peers()
        if peer.node in answered or hosts_reader(premises, peer.node, before)
    ]
    peers = {each.node for each in found}
    found += [
        Compliance(node=node, name=node_name(premises, node), state="complied", at=at)
        for node, at in answered.items()
        if node not in peers
    ]
    order = ("unreachable", "waiting", "received", "complied")
    return tuple(sorted(found, key=lambda each: (order.index(each.state), each.name)))


def without_recall(label: Label) -> Label:
    """The label as if nothing had been taken back."""
    also = tuple(without_recall(each) for each in label.also)
    return msgspec.structs.replace(label, withdrawn=False, also=also)


def hosts_reader(premises: Premises, node: str, label: Label) -> bool:
    """Whether any organisation of that node may see what lies under the label."""
    try:
        card = premises.card_of(node)
    except Forged:
        return False
    return any(
        decide(label, clearance_within(premises.clearance_of(each.id), label.exercise)).allowed
        for each in card.organisations
    )


def node_name(premises: Premises, node: str) -> str:
    """What a node's operator, or an organisation that no known node hosts, is called; its id where nobody knows."""
    try:
        return visible(premises.card_of(node).operator.name)
    except Forged:
        return visible(next((each.name for each in premises.organisations() if each.id == node), node))


def _answer(row: Row, known: Mapping[str, str]) -> Receipt:
    stix = decoded(row)
    who = str(stix.get("recipient_ref", row.owner))
    return Receipt(
        who=visible(known.get(who, who)),
        event=str(stix.get("event", "")),
        at=_micros(stix.get("at")) or row.at,
        signed=True,
        recall=str(stix.get("recall_ref", "")),
        reason=visible(str(stix.get("reason", ""))),
    )


def _answered(premises: Premises, recall: str, answers: Iterable[Row]) -> dict[str, int]:
    """By node, when an organisation of it answered; an organisation that no known node hosts stands for itself."""
    hosts = {
        organisation.id: peer.node
        for peer in premises.peers()
        if (card := _card(premises, peer)) is not None
        for organisation in card.organisations
    }
    found: dict[str, int] = {}
    for row in answers:
        stix = decoded(row)
        if row.type == "receipt" and stix.get("recall_ref") == recall and stix.get("event") != "refused":
            node = hosts.get(row.owner, row.owner)
            found[node] = max(found.get(node, 0), _micros(stix.get("at")) or row.at)
    return found


def _card(premises: Premises, peer: PeerStatus) -> Any:
    try:
        return premises.card_of(peer.node)
    except Forged:
        return None


def _is_silent(peer: PeerStatus, since: int, now: int) -> bool:
    """Whether nothing was heard of a node since a moment, and for some time."""
    last = _micros(peer.last_contact) or 0
    return bool(peer.error) or (last < since and last < now - SILENT)


def _standing(
    peer: PeerStatus, answered: Mapping[str, int], acknowledged: Mapping[str, int], *, silent: bool
) -> Compliance:
    last = _micros(peer.last_contact) or 0
    if peer.node in answered:
        state, at = "complied", answered[peer.node]
    elif peer.node in acknowledged:
        state, at = "received", acknowledged[peer.node]
    elif silent:
        state, at = "unreachable", 0
    else:
        state, at = "waiting", 0
    return Compliance(
        node=peer.node, name=visible(peer.name), state=state, at=at, last_contact=last, error=visible(peer.error)
    )


def _micros(instant: object) -> int | None:
    try:
        return int(datetime.fromisoformat(str(instant)).timestamp() * 1_000_000)
    except ValueError:
        return None
