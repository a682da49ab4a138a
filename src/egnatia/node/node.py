"""One node put together from its settings: the only place that wires everything."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from types import TracebackType
from typing import Final

import msgspec

from egnatia.casework.registry import Registry
from egnatia.cyber.exercises.exercises import Exercises
from egnatia.cyber.incidents.counting import Counting
from egnatia.cyber.incidents.situation import Situations
from egnatia.exchange.admission import Admission
from egnatia.exchange.host import PeerStatus
from egnatia.exchange.labelling import Labelling
from egnatia.exchange.outbox import Outbox
from egnatia.exchange.partner import partner_transport
from egnatia.exchange.peer.pairing import Pairings, State
from egnatia.exchange.peer.status import statuses
from egnatia.exchange.peer.target import target_of
from egnatia.exchange.peer.witness import Heard, hear
from egnatia.exchange.retention import Retention
from egnatia.exchange.submission import Handling, Right, Submitter
from egnatia.exchange.takeback import own_custody
from egnatia.exchange.webhook import Hooks
from egnatia.node.domains import workflows
from egnatia.node.facts import Facts
from egnatia.node.holding import held
from egnatia.node.residence import Hosted, Residence
from egnatia.policy import PUBLIC, Clearance, Directory, Label, Seen, Tlp, bounded_by, clearance_within, preview
from egnatia.policy import Handling as DefaultHandling
from egnatia.record import Record, read
from egnatia.settings import Settings
from egnatia.store import Batch, Known, Note, Store
from egnatia.store.plan import ENDS
from egnatia.trust import Card, Cards, Finding, Forged, OpeningKeys, PrivateKeys, PublicKeys, SignedCard, verify
from egnatia.trust.audit import AuditRow
from egnatia.trust.freshness import Freshness
from egnatia.trust.party import Local

_TLP: Final = {"amber": Tlp.AMBER, "amber+strict": Tlp.AMBER_STRICT, "red": Tlp.RED}
ALL_RIGHTS: Final = frozenset(Right)
ERASURES: Final = "erasures"
"""The file in the data directory that remembers what was erased, beyond any backup of the database."""


def now() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1_000


class Node:
    """A node that is open: its store, its keys, its gate. Close it, or use it as a context manager.

    Opening does not listen: the command line works on the data directory beside a running server.
    """

    def __init__(self, settings: Settings, residence: Residence) -> None:
        self.settings = settings
        self.residence = residence
        with ExitStack() as opened:
            opened.enter_context(held(settings.data))
            self.store = opened.enter_context(Store.open(settings.database_url, ledger=settings.data / ERASURES))
            self._opened = opened.pop_all()
        self.pairings = Pairings(self.store, lambda: residence.signed_card, lambda: residence.keys)
        self.cards = Cards()
        self.facts = Facts(self.store, lambda: residence.organisations, self.pairings.all)
        terms = settings.retention
        retention = Retention(
            residence.own,
            self.facts.directory,
            personal_days=terms.personal_days,
            observables_days=terms.observables_days,
        )
        self.labelling = Labelling(default=self._default, retention=retention.until)
        for row in self.store.custody.records("marking-definition"):
            self.labelling.learn(row.owner, read(row.body, tolerant=True))
        self.admission = Admission(
            self.store,
            keys=residence.keys.signing,
            node=residence.node,
            labelling=self.labelling,
            members=self.facts.publishers,
            clearance_of=self.clearance_of,
        )
        self.outbox = Outbox(self.store, settings)
        self.hooks = Hooks(self.store, residence.secret("webhooks"))
        self.casework = Registry(self, workflows(), lambda: [each.id for each in residence.organisations])
        self.counting = Counting(self.casework)
        self.situations = Situations(self.casework)
        self.exercises = Exercises(self.casework, self.facts.economy)
        self.casework.stage = self.exercises
        self._noticed = residence.signed_card.body

    @classmethod
    def create(cls, settings: Settings, passphrase: str | bytes) -> None:
        """Makes a node: keys, card, database, and the record of the organisation that operates it.

        Raises FileExistsError where there is one already.
        """
        residence = Residence.create(settings, passphrase, now)
        with cls(settings, residence) as node:
            node.introduce(residence.organisations[0])

    @classmethod
    def open(cls, settings: Settings, passphrase: str | bytes | None = None) -> "Node":
        """Opens the node in the data directory; the passphrase comes from where the settings say, if not given."""
        secret = settings.passphrase() if passphrase is None else passphrase
        return cls(settings, Residence.open(settings, secret, now))

    def introduce(self, hosted: Hosted) -> None:
        """Publishes the identity of an organisation that this node hosts, for everyone."""
        about = self.settings.organisation
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        identity = {
            "type": "identity",
            "spec_version": "2.1",
            "id": hosted.id,
            "created": stamp,
            "modified": stamp,
            "created_by_ref": hosted.id,
            "name": hosted.name,
            "identity_class": "organization",
            "sectors": list(about.sectors) if hosted.id == self.own else [],
            "contact_information": about.contact if hosted.id == self.own else "",
            "object_marking_refs": ["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"],
        }
        body = msgspec.json.encode({key: value for key, value in identity.items() if value})
        self.admission.submit([body], Submitter(hosted.id, "init", ALL_RIGHTS), tolerant=False).result()

    @property
    def node_id(self) -> str:
        """The node's id."""
        return self.residence.node

    @property
    def own(self) -> str:
        """The identity of the organisation that operates the node."""
        return self.residence.own

    @property
    def keys(self) -> PrivateKeys:
        """The node's current keys."""
        return self.residence.keys

    @property
    def replaced_keys(self) -> tuple[PrivateKeys, ...]:
        """Keys it had before."""
        return self.residence.replaced_keys

    @property
    def organisation_openings(self) -> tuple[OpeningKeys, ...]:
        """What opens records that are sealed to an organisation of this node."""
        return tuple(keys.opening for each in self.residence.organisations for keys in self.residence.keys_of(each.id))

    @property
    def signed_card(self) -> SignedCard:
        """The node's card, to give to others."""
        return self.residence.signed_card

    @property
    def card(self) -> Card:
        """What the node's card says."""
        return self.residence.card

    @property
    def secret(self) -> bytes:
        """What bookmarks of the feed are sealed with."""
        return self.residence.secret("bookmarks")

    def card_of(self, node: str) -> Card:
        """What this node, or one that it knows, says of itself; raises Forged."""
        if node == self.node_id:
            return self.card
        for pairing in self.pairings.all():
            if pairing.node == node:
                return msgspec.msgpack.decode(pairing.card.body, type=Card)
        raise Forged("node", f"{node} is not known here")

    def members(self) -> Set[str]:
        """The organisations whose records are theirs alone to publish."""
        return self.facts.publishers()

    def directory(self) -> Directory:
        """What is known of the organisations now."""
        return self.facts.directory()

    def organisations(self) -> tuple[Known, ...]:
        """Every organisation that is known, by name."""
        return self.facts.organisations()

    def forget_facts(self) -> None:
        """Who is who has changed: read it anew when next asked."""
        self.facts.forget()

    def clearance_of(self, organisation: str | None) -> Clearance:
        """What an organisation may see now; the public's for None."""
        return PUBLIC if organisation is None else self.facts.clearance(organisation)

    def preview(self, body: bytes, submitter: Submitter, handling: Handling) -> tuple[Seen, ...]:
        """Who would see the record if it were handed in so, of all organisations known here; raises Invalid."""
        label = self.label_of(read(body, tolerant=True), submitter, handling)
        readers = (self.facts.clearance(each.id) for each in self.facts.organisations())
        return preview(label, (clearance_within(each, label.exercise).standings[0] for each in readers))

    def label_of(
        self, record: Record, submitter: Submitter, handling: Handling, definitions: Sequence[bytes] = ()
    ) -> Label:
        """The label that the record would get if it were handed in so, with these marking-definitions before it; its
        head and references are enough. Only ends that the submitter may see count: it tells nothing of what is there
        besides."""
        owner = submitter.organisation
        marking = [read(submitter.marking)] if submitter.marking else []
        batch = self.labelling.meanings([*marking, *(read(each) for each in definitions)])
        applied = (*handling.applied, *(each.head.id for each in marking))
        label = self.labelling.whole(record, owner, applied, batch=batch)
        ends = [each.target for each in record.references if each.property in ENDS]
        clearance = clearance_within(self.clearance_of(owner), submitter.exercise)
        seen = {row.id for row in self.store.get(clearance, ends)}
        held = self.store.custody.heads(seen)
        bounds = [own_custody(copies, owner) or copies[0] for copies in held.values()]
        return bounded_by(label, [each.governing for each in bounds])

    def peers(self) -> tuple[PeerStatus, ...]:
        """How it goes with the nodes that this one exchanges with."""
        return statuses(self.store, self.pairings)

    def host(self, organisation: str, name: str, economy: str) -> None:
        """From now on this node publishes for that organisation too. Raises FileExistsError where it does already."""
        self.residence.host(organisation, name, economy)
        self.facts.forget()
        self.introduce(self.residence.organisations[-1])

    def notice(self) -> bool:
        """Takes up what was changed of the node itself, here or by another process (new keys, an organisation);
        whether there was anything, so that its card is another one than when it was last asked."""
        self.residence.reread()
        card = self.residence.signed_card.body
        if card == self._noticed:
            return False
        self._noticed = card
        self.admission.sign_with(self.keys.signing)
        self.facts.forget()
        return True

    def note(self, action: str, subject: str = "", detail: str = "", *, actor: str = "operator") -> None:
        """One line in the audit log, durable when this returns."""
        self.store.append(Batch(notes=(Note(actor, action, subject, detail),))).result()

    def audit_findings(
        self, heard: Iterable[Heard] = (), *, passed: Callable[[int], None] | None = None
    ) -> list[Finding]:
        """What is wrong with the audit log: against itself, the node's checkpoints, what its peers have signed and it
        has kept, and what was `heard` from them. `passed` is told the number of each row that was looked at."""
        witnesses = self.store.witnesses
        known = {pairing.node for pairing in self.pairings.all()}
        signed = {each for one in heard for each in one.given}
        signed.update(each for each in witnesses.countersignatures if each.peer in known)  # others are not checkable
        by_row = sorted(signed, key=lambda each: (each.checkpoint.seq, each.peer))
        rows = self.store.audit_rows() if passed is None else _telling(self.store.audit_rows(), passed)
        return verify(rows, witnesses.checkpoints, by_row, self._keys_of)

    def hear_witnesses(self) -> tuple[Heard, ...]:
        """Asks every peer what it has signed of this node's audit log; waits for the slowest."""
        cards = Cards()
        confirmed = [each for each in self.pairings.believed(cards) if each.state is State.CONFIRMED]
        local = Local(
            self.node_id, self.keys, keys_of=cards.keys_of, freshness=Freshness(), replaced=self.replaced_keys
        )
        targets, way = [target_of(each, cards) for each in confirmed], partner_transport(self.settings)
        return hear(targets, local, keys=self._keys_of, at=now(), transport=way)

    def purge(self) -> int:
        """Erases what may not be kept any longer; how many records that was."""
        return self.store.purge(now())

    def close(self) -> None:
        """Finishes what was handed in, then lets go of the data directory."""
        self.admission.close()
        self._opened.close()

    def __enter__(self) -> "Node":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _default(self, owner: str) -> DefaultHandling:
        """How this organisation's unmarked records are handled; the settings speak for the operator alone."""
        if owner != self.residence.own:
            return DefaultHandling()
        return DefaultHandling(tlp=_TLP[self.settings.handling.default_tlp])

    def _keys_of(self, node: str, verifying: str) -> PublicKeys:
        """The keys of this node, even revoked ones, or of one it knows, also replaced ones; raises Forged.

        A thief of this node's keys can sign heads, but not what its peers have signed under them.
        """
        if node == self.node_id:
            for keys in self.card.keys.all:
                if keys.verifying.id == verifying:
                    return keys
        return self.card_of(node).keys.keys(verifying)


def _telling(rows: Iterable[AuditRow], passed: Callable[[int], None]) -> Iterator[AuditRow]:
    for row in rows:
        yield row
        passed(row.seq)
