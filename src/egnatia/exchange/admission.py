"""`submit` is the one way in: decode, validate, check the right, label, attest, store, wake the readers.

One thread admits. What is handed in while it works waits and is then taken together: one attestation (the costly
signature) and one commit serve everybody who was waiting, and each still gets an answer of their own.
"""

import logging
import time
from collections.abc import Callable, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

import msgspec

from egnatia.exchange.drafting import ADDED, Draft, Drafting, Drafts
from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.exchange.labelling import Labelling
from egnatia.exchange.relabelling import relabelled
from egnatia.exchange.submission import Accepted, Closing, Handling, NotAllowed, Refused, Right, Submission, Submitter
from egnatia.exchange.world import World
from egnatia.policy import EVERY, Clearance, clearance_within
from egnatia.record import Problem, Record, read
from egnatia.store import Appended, Batch, Conflict, Entry, Keep, Note, Signing, Store
from egnatia.trust import Attestation, Proof, SigningKeys
from egnatia.trust.attesting import digest, prepare, sign

TOGETHER = 1_000
"""About how many records are attested together: an audit path then stays at ten hashes."""

log = logging.getLogger(__name__)


class _Waiting(msgspec.Struct):
    bodies: Sequence[bytes]
    submitter: Submitter
    handling: Handling
    atomic: bool
    tolerant: bool
    closing: Closing | None
    answer: "Future[Submission]"


class Admission:
    """The node's gate. `submit` may be called from any thread; close it to let what waits be finished.

    `members` tells the identities of the known member organisations, `clearance_of` what one of them may see.
    """

    def __init__(
        self,
        store: Store,
        *,
        keys: SigningKeys,
        node: str,
        labelling: Labelling,
        members: Callable[[], Set[str]],
        clearance_of: Callable[[str], Clearance],
    ) -> None:
        self._store = store
        self._keys = keys
        self._node = node
        self._labelling = labelling
        self._members = members
        self._clearance_of = clearance_of
        self._four_eyes = FourEyes(store)
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._last = 0
        self._signer = ThreadPoolExecutor(1, thread_name_prefix="egnatia-signer")
        self._thread = Thread(target=self._run, name="admission", daemon=True)
        self._thread.start()

    def submit(
        self,
        bodies: Sequence[bytes],
        submitter: Submitter,
        *,
        handling: Handling = Handling(),
        atomic: bool = False,
        tolerant: bool = True,
        closing: Closing | None = None,
    ) -> "Future[Submission]":
        """Hands in records (bytes of one JSON object each); the answer comes when they are durable.

        Every record is taken or refused by itself, unless `atomic`: then all or none. Raises NotAllowed (through the
        future) where the submitter may not hand in. What `closing` says of the outcome is kept in the transaction that
        stores the records, and nothing is stored where it fails.
        """
        answer: Future[Submission] = Future()
        if Right.SUBMIT not in submitter.rights:
            answer.set_exception(NotAllowed(f"{submitter.name} may not submit for {submitter.organisation}"))
        elif not bodies:
            answer.set_result(Submission())
        else:
            self._waiting.put(_Waiting(bodies, submitter, handling, atomic, tolerant, closing, answer))
        return answer

    def sign_with(self, keys: SigningKeys) -> None:
        """What is admitted from now on is attested with these keys."""
        self._keys = keys

    def close(self) -> None:
        """Finishes what waits, then stops."""
        self._waiting.put(None)
        self._thread.join()
        self._signer.shutdown()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            together, last = self._joined(first)
            try:
                self._admit(together)
            except Exception as error:  # the thread must outlive any one batch
                log.exception("a batch could not be admitted")
                for waiting in together:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
            if last:
                return

    def _joined(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What waits now, up to about `TOGETHER` records; and whether the gate was closed behind it."""
        together, count = [first], len(first.bodies)
        while count < TOGETHER:
            try:
                more = self._waiting.get_nowait()
            except Empty:
                break
            if more is None:
                return together, True
            together.append(more)
            count += len(more.bodies)
        return together, False

    def _admit(self, together: Sequence[_Waiting]) -> None:
        drafted = [(waiting, self._draft(waiting)) for waiting in together]
        leaves = [each.leaf for _, drafts in drafted for each in drafts.drafts]
        if leaves:
            unsigned, paths = prepare(
                node=self._node, sequence=self._store.next_sequence(self._node), at=self._moment(), leaves=leaves
            )
            # Signed while it is stored: the one computes, the other waits for the disk.
            signing = Signing(digest(unsigned), self._signer.submit(sign, unsigned, self._keys))
            proofs = [Proof(signing.name, index, path) for index, path in enumerate(paths)]
        start = 0
        done: list[tuple[_Waiting, Drafts, Future[Appended]]] = []
        for waiting, drafts in drafted:
            if not drafts.drafts:
                self._refuse(waiting, drafts)
                continue
            end = start + len(drafts.drafts)
            done.append((waiting, drafts, self._append(waiting, drafts, unsigned, signing, proofs[start:end])))
            start = end
        if any(map(_defines, (drafts for _, drafts, _ in done))):
            # What was drafted together did not know what is defined beside it: that comes first into the log.
            wait([stored for _, _, stored in done])
        for waiting, drafts, stored in done:
            if _defines(drafts) and stored.exception() is None:
                self._understand(waiting.submitter.organisation, _definitions(drafts))
            stored.add_done_callback(partial(self._answer, waiting, drafts))

    def _moment(self) -> int:
        """Microseconds UTC, never before the last batch: peers refuse a node whose time runs backwards."""
        self._last = max(self._last, time.time_ns() // 1_000)
        return self._last

    def _draft(self, waiting: _Waiting) -> Drafts:
        submitter = waiting.submitter
        real = self._clearance_of(submitter.organisation)
        marking = read(submitter.marking) if submitter.marking else None
        drafting = Drafting(
            owner=submitter.organisation,
            clearance=clearance_within(real, submitter.exercise),
            world=World(
                submitter.exercise, real if submitter.exercise else clearance_within(real, EVERY), marking=marking
            ),
            applied=(*waiting.handling.applied, *((marking.head.id,) if marking else ())),
            tolerant=waiting.tolerant,
            stays_narrow=waiting.handling.stays_narrow,
            may_recall=Right.RECALL in submitter.rights,
            reviewed=self._reviewed(submitter),
            members=self._members(),
            labelling=self._labelling,
            store=self._store,
        )
        drafts = drafting.draft(waiting.bodies, datetime.now(UTC))
        if waiting.atomic and drafts.refused:
            return Drafts(refused=drafts.refused)
        return drafts

    def _reviewed(self, submitter: Submitter) -> Rule:
        """What this submitter may not hand in without a second person."""
        if Right.RELEASE in submitter.rights or submitter.exercise:
            return Rule.NEVER
        return self._four_eyes.rule(submitter.organisation)

    def _refuse(self, waiting: _Waiting, drafts: Drafts) -> None:
        note = _refusal(waiting.submitter, drafts.refused)
        noted = self._store.append(Batch(notes=(note,), outcome=_closed(waiting.closing, drafts)))
        noted.add_done_callback(partial(self._answer, waiting, drafts))

    def _append(
        self, waiting: _Waiting, drafts: Drafts, unsigned: Attestation, signing: Signing, proofs: Sequence[Proof]
    ) -> "Future[Appended]":
        submitter = waiting.submitter
        notes = [Note(submitter.name, "submit", submitter.organisation, _summary(drafts, unsigned))]
        if drafts.refused:
            notes.append(_refusal(submitter, drafts.refused))
        batch = Batch(
            entries=tuple(
                Entry(
                    each.record,
                    each.label,
                    proof,
                    each.applied,
                    each.unless,
                    leaf=each.leaf,
                    keep_until=self._labelling.keep_until(each.label, each.record.head.type),
                )
                for each, proof in zip(drafts.drafts, proofs, strict=True)
            ),
            signing=signing,
            recalls=tuple(drafts.recalls),
            lifts=tuple(drafts.lifts),
            notes=tuple(notes),
            outcome=_closed(waiting.closing, drafts),
        )
        return self._store.append(batch, atomic=waiting.atomic)

    def _understand(self, owner: str, definitions: Sequence[Record]) -> None:
        """Markings that are known now: what bears them and came before them is labelled anew."""
        learnt = [each.head.id for each in definitions if self._labelling.learn(owner, each)]
        relabels = tuple(relabelled(self._store, self._labelling, owner, learnt))
        if relabels:
            self._store.append(Batch(relabels=relabels)).result()

    def _answer(self, waiting: _Waiting, drafts: Drafts, stored: "Future[Appended]") -> None:
        """Runs on the store's writer thread once the batch is durable, or has failed."""
        error = stored.exception()
        if isinstance(error, Conflict):
            refused = [*drafts.refused, *(_conflict(drafts.drafts[place]) for place in error.places)]
            waiting.answer.set_result(Submission(refused=tuple(refused)))
        elif error is not None:
            waiting.answer.set_exception(error)
        else:
            waiting.answer.set_result(_outcome(drafts, stored.result()))


def _defines(drafts: Drafts) -> bool:
    return any(each.record.head.type == "marking-definition" for each in drafts.drafts)


def _definitions(drafts: Drafts) -> list[Record]:
    return [each.record for each in drafts.drafts if each.record.head.type == "marking-definition"]


def _closed(closing: Closing | None, drafts: Drafts) -> Callable[[Appended], Sequence[Keep]] | None:
    return None if closing is None else lambda appended: closing(_outcome(drafts, appended))


def _outcome(drafts: Drafts, appended: Appended) -> Submission:
    conflicts = set(appended.conflicts)
    accepted, refused = [], list(drafts.refused)
    for place, (each, position) in enumerate(zip(drafts.drafts, appended.positions, strict=True)):
        if each.index == ADDED:
            continue
        record, head = each.record, each.record.head
        dated = head.modified or head.created
        if place not in conflicts:
            accepted.append(Accepted(each.index, head.id, record.version, position, record.deviations, dated))
        elif not record.version:
            accepted.append(Accepted(each.index, record.head.id, "", 0, (*record.deviations, _kept(each))))
        else:
            refused.append(_conflict(each))
    accepted.sort(key=lambda each: each.index)
    refused.sort(key=lambda each: each.index)
    return Submission(tuple(accepted), tuple(refused))


def _kept(draft: Draft) -> Problem:
    """An observable has no versions: the same one with another marking or more properties is the one held already."""
    rule = "STIX 2.1 section 3.3: an observable has no versions; what is held of it was kept as it is"
    return Problem("$", rule, repr(draft.record.head.id))


def _conflict(draft: Draft) -> Refused:
    head = draft.record.head
    problem = Problem(
        "$.modified",
        "STIX 2.1 section 3.6: a changed record gets a later `modified`; this version is held with other content",
        repr(head.modified or head.id),
    )
    return Refused(draft.index, head.id, (problem,))


def _summary(drafts: Drafts, attestation: Attestation) -> str:
    return f"{len(drafts.drafts)} records, batch {attestation.sequence}, root {attestation.root.hex()}"


def _refusal(submitter: Submitter, refused: Sequence[Refused]) -> Note:
    """Names the rules, never what was found: that may be anything."""
    rules = sorted({f"{problem.path} {problem.rule}" for each in refused for problem in each.problems})
    return Note(submitter.name, "refuse", submitter.organisation, f"{len(refused)}: {'; '.join(rules)[:400]}")
