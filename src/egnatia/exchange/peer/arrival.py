"""What arrives from a peer becomes a batch for the log, because it proves its origin, not because of who sent it.

A record that does not prove its origin, or whose owner its origin does not host, is refused and shown, the rest of its
page is taken, and the peer that sent it is cut off: it had to check the same before it took it in.
"""

import time
from collections.abc import Callable, Sequence, Set
from concurrent.futures import Future

import msgspec
from msgspec.structs import replace

from egnatia.exchange.labelling import Labelling
from egnatia.exchange.peer.belief import Arriving, Belief
from egnatia.exchange.peer.frame import Heartbeat, Item, Page, Scope, View
from egnatia.exchange.peer.obedience import Obeyed, obey
from egnatia.exchange.peer.sealed import TYPE, opened, recipients
from egnatia.exchange.relabelling import relabelled
from egnatia.policy import Label, waiting_for
from egnatia.record import Invalid, Record
from egnatia.store.entry import Appended, Batch, Cursor, Entry, Note
from egnatia.store.store import Store
from egnatia.trust.attestation import Attestation
from egnatia.trust.card import SignedCard
from egnatia.trust.cards import Cards
from egnatia.trust.errors import Forged, Unopenable
from egnatia.trust.sealing import OpeningKeys

UNOPENED = "unopened"
SHOWN = 20  # refusals of one page that are named in the audit log; the rest are counted


class Unopened(msgspec.Struct, frozen=True):
    """A carrier that waits for a card: its owner, the node that attested it (empty: this one), and since when."""

    carrier: str
    owner: str
    node: str
    since: int


class Taken(msgspec.Struct, frozen=True):
    """A frame as the log will have it: what was refused, and the first thing that proves the sender a liar.

    `obeyed` are the recalls in it and their owners, to be answered once they are durable; `waits` says that a record
    waits for a marking, or a marking may end such waiting; `unopened` are carriers whose content waits for a card.
    """

    batch: Batch
    refused: tuple[str, ...] = ()
    lied: str = ""
    obeyed: tuple[tuple[Record, str], ...] = ()
    waits: bool = False
    unopened: tuple[Unopened, ...] = ()


class Inside(msgspec.Struct, frozen=True):
    """What a carrier holds that proved its origin; `unopened` where more of it is by nobody who is known."""

    arriving: tuple[Arriving, ...]
    proven: tuple[Attestation, ...]
    unopened: tuple[Unopened, ...]


class Own(msgspec.Struct, frozen=True):
    """Who receives: the node, and what opens things sealed to its organisations."""

    node: str
    openings: Callable[[], tuple[OpeningKeys, ...]]


class Arrival:
    """Verifies and labels what peers send; one for a node, thread-safe."""

    def __init__(
        self,
        store: Store,
        own: Own,
        *,
        cards: Cards,
        labelling: Labelling,
        members: Callable[[], Set[str]],
        keep: Callable[[SignedCard, str, str], None],
    ) -> None:
        self._store, self._cards = store, cards
        self._node, self._openings = own.node, own.openings
        self._labelling = labelling
        self._unopened = store.kept(UNOPENED, Unopened)
        self._belief = Belief(own.node, cards, members=members, keep=keep)

    def take(self, peer: str, scope: Scope, frame: Page | Heartbeat | View, cursor: Cursor) -> Taken:
        """What becomes of a frame; costs about 0.1 ms a record, so call it on a thread."""
        if not isinstance(frame, Page):
            return Taken(Batch(cursor=cursor))
        refused: list[str] = []
        lies: list[str] = []
        for encoded in frame.cards:
            self._belief.introduced(encoded, peer, lies)
        attested = [self._belief.attested(attestation, peer, scope, lies) for attestation in frame.attestations]
        arriving: list[Arriving] = []
        for item in frame.items:
            try:
                arriving.append(self._belief.arriving(item, attested, frame.attestations))
            except Forged as forged:
                lies.append(f"record of {item.owner[:80]}: {forged}")
            except Invalid as invalid:
                refused.append(f"record of {item.owner[:80]}: {invalid}")
        inside, inner, waiting = self._unsealed(arriving, frame.attestations, refused)
        proven = tuple(one for one, digest in zip(frame.attestations, attested, strict=True) if digest)
        taken = self._taken(peer, (*arriving, *inside), (*proven, *inner), refused, lies)
        return replace(taken, batch=replace(taken.batch, cursor=cursor), unopened=waiting)

    def unseal(self, carrier: Record, owner: str, node: str) -> Taken | None:
        """What is inside a carrier that is held here; None where it is not for this node. `node` attested the carrier
        and must have attested what is inside; for a carrier handed in here (`node` empty) any known node may have."""
        hosted = self._cards.card(self._node).organisations if self._node in self._cards.nodes else ()
        if {each.id for each in hosted}.isdisjoint(recipients(carrier)):
            return None
        refused: list[str] = []
        inside = self._inside(carrier, owner, node, refused)
        if inside is None:
            return None
        return replace(self._taken(node, inside.arriving, inside.proven, refused, ()), unopened=inside.unopened)

    def _taken(
        self,
        peer: str,
        arriving: Sequence[Arriving],
        proven: tuple[Attestation, ...],
        refused: list[str],
        lies: Sequence[str],
    ) -> Taken:
        obeyed = obey(self._store, self._labelling, [(each.record, each.item.owner) for each in arriving])
        entries = self._labelled(peer, arriving, obeyed, refused)
        # A receipt would be real: in an exercise nobody answers for what is taken back.
        played = {entry.record.head.id for entry in entries if entry.label.exercise}
        batch = Batch(
            entries=entries,
            attestations=proven,
            recalls=tuple(obeyed.recalls),
            lifts=tuple(obeyed.lifts),
            notes=self._notes(peer or self._node, (*lies, *refused)),
        )
        return Taken(
            batch,
            refused=(*lies, *refused),
            lied=lies[0] if lies else "",
            obeyed=tuple(each for each in obeyed.obeyed if each[0].head.id not in played),
            waits=any(waiting_for(entry.label) or _is_marking(entry.record) for entry in entries),
        )

    def append(self, taken: Taken) -> "Future[Appended]":
        """Make it durable."""
        return self._store.append(taken.batch)

    def stored(self, taken: Taken, appended: Appended) -> tuple[str, ...]:
        """After it is durable: understand what waited for a marking, keep in mind what waits for a card. Returns
        conflicts, for the operator."""
        waiting: dict[str, set[str]] = {}
        for entry in taken.batch.entries:
            if _is_marking(entry.record):
                waiting.setdefault(entry.label.owner, set()).add(entry.record.head.id)
            known = {ref for ref in waiting_for(entry.label) if self._labelling.knows(entry.label.owner, ref)}
            if known:
                waiting.setdefault(entry.label.owner, set()).update(known)
        for owner, markings in waiting.items():
            relabels = tuple(relabelled(self._store, self._labelling, owner, sorted(markings)))
            if relabels:
                self._store.append(Batch(relabels=relabels)).result()
        for each in taken.unopened:
            self._unopened.add(f"{each.carrier} {each.owner}", each)
        conflicts = [taken.batch.entries[place].record.head for place in appended.conflicts]
        return tuple(f"{head.id} {head.modified or ''} is held with other content" for head in conflicts)

    def _unsealed(
        self, arriving: Sequence[Arriving], attestations: Sequence[Attestation], refused: list[str]
    ) -> tuple[tuple[Arriving, ...], tuple[Attestation, ...], tuple[Unopened, ...]]:
        """What is sealed to an organisation of this node, and the carriers that wait for a card."""
        found: list[Arriving] = []
        proven: list[Attestation] = []
        waiting: list[Unopened] = []
        for each in arriving:
            if each.record.head.type != TYPE:
                continue
            node, owner = attestations[each.item.attestation].node, each.item.owner
            inside = self._inside(each.record, owner, node, refused)
            if inside is not None:
                found += inside.arriving
                proven += inside.proven
                waiting += inside.unopened
        return tuple(found), tuple(proven), tuple(waiting)

    def _inside(self, carrier: Record, owner: str, node: str, refused: list[str]) -> Inside | None:
        """A relay cannot know what is inside, so nothing there is its lie."""
        try:
            contents = opened(carrier, self._openings())
        except Unopenable:
            return None
        except Forged as forged:
            refused.append(f"{carrier.head.id} of {owner}: {forged}")
            return None
        found: list[Arriving] = []
        wrong: list[str] = []
        scope: Scope = "own" if node else "all"
        attested = [self._belief.attested(one, node, scope, wrong) for one in contents.attestations]
        for item in contents.items:
            try:
                found.append(self._belief.arriving(item, attested, contents.attestations))
            except (Forged, Invalid) as bad:
                wrong.append(str(bad))
        refused += (f"in {carrier.head.id} of {owner}: {why}" for why in wrong)
        proven = tuple(one for one, digest in zip(contents.attestations, attested, strict=True) if digest)
        waits = bool(wrong) and self._belief.is_of_strangers(contents)
        return Inside(tuple(found), proven, (Unopened(carrier.head.id, owner, node, _now()),) if waits else ())

    def _labelled(
        self, peer: str, arriving: Sequence[Arriving], obeyed: Obeyed, refused: list[str]
    ) -> tuple[Entry, ...]:
        """Definitions are learned first, so that what they mark is understood wherever it stands on the page."""
        for each in arriving:
            if _is_marking(each.record):
                self._labelling.learn(each.item.owner, each.record)
        wholes: dict[tuple[str, str, str], Label] = {}
        entries: list[Entry] = []
        for place, each in enumerate(arriving):
            item, record = each.item, each.record
            if place in obeyed.refused:
                refused.append(f"{record.head.id} of {item.owner}: {obeyed.refused[place]}")
                continue
            try:
                label = obeyed.labels.get(place) or self._label(item, record)
            except Invalid as invalid:
                refused.append(f"{record.head.id} of {item.owner}: {invalid}")
                continue
            key = (record.head.id, record.version, item.owner)
            if record.head.granular_markings and not item.redacted:
                wholes[key] = label
            unless = wholes.get(key) if item.redacted else None
            kept = self._labelling.keep_until(label, record.head.type)
            source = peer or each.node
            entries.append(Entry(record, label, each.proof, item.applied, unless, source, kept, redacted=item.redacted))
        return tuple(entries)

    def _label(self, item: Item, record: Record) -> Label:
        if item.redacted:
            return self._labelling.label(record, item.owner, item.applied)
        return self._labelling.whole(record, item.owner, item.applied)

    def _notes(self, peer: str, refused: Sequence[str]) -> tuple[Note, ...]:
        notes = [Note(actor=peer, action="refuse", subject="peer", detail=why[:500]) for why in refused[:SHOWN]]
        if len(refused) > SHOWN:
            more = len(refused) - SHOWN
            notes.append(Note(actor=peer, action="refuse", subject="peer", detail=f"and {more} more"))
        return tuple(notes)


def _is_marking(record: Record) -> bool:
    return record.head.type == "marking-definition"


def _now() -> int:
    return time.time_ns() // 1_000
