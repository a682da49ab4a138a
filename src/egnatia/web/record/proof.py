"""Where a record comes from, checked on the spot: its bytes, its place in a batch, and who signed the batch."""

from collections.abc import Callable
from typing import Final

import msgspec

from egnatia.store.entry import Row
from egnatia.store.store import Store
from egnatia.trust import Attestation, Card, Forged, check, check_proof, leaf
from egnatia.web.language.speech import N_


class Step(msgspec.Struct, frozen=True):
    """One check: what holds if it is passed; `detail` is for who wants to check it elsewhere."""

    words: str
    holds: bool
    detail: str = ""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What proves a record. `node` attested it at `at`; empty with None where there is no attestation here."""

    steps: tuple[Step, ...]
    node: str = ""
    operator: str = ""
    at: int | None = None
    sequence: int = 0
    count: int = 0
    index: int = 0
    root: str = ""
    leaf: str = ""
    path: tuple[str, ...] = ()
    key: str = ""

    @property
    def holds(self) -> bool:
        """Whether every check was passed."""
        return all(step.holds for step in self.steps)


BYTES: Final = N_("These exact bytes, with their owner and markings, stand in an attested batch")
SIGNED: Final = N_("The batch is signed with both keys of the node, the classical and the post-quantum one")
KNOWN: Final = N_("The node is known here by its card")
SPEAKS: Final = N_("The node may speak for the owner of the record")


def origin(row: Row, store: Store, card_of: Callable[[str], Card]) -> Origin:
    """The proof of a row, checked now. Costs one signature check of each kind."""
    attestation = _attestation(row, store)
    if attestation is None or row.proof is None:
        return Origin(steps=(Step(BYTES, holds=False),))
    hashed = leaf(row.owner, row.applied, row.body)
    steps = [_step(BYTES, lambda: check_proof(hashed, row.proof, attestation), hashed.hex())]  # type: ignore[arg-type]  # looked at above
    operator = ""
    try:
        card = card_of(attestation.node)
    except Forged as forged:
        steps.append(Step(KNOWN, holds=False, detail=str(forged)))
    else:
        operator = card.operator.name
        steps.append(Step(KNOWN, holds=True, detail=attestation.node))
        steps.append(_step(SIGNED, lambda: _check_signature(attestation, card), attestation.signature.key))
        steps.append(_step(SPEAKS, lambda: card.organisation(row.owner), row.owner))
    return Origin(
        steps=tuple(steps),
        node=attestation.node,
        operator=operator,
        at=attestation.at,
        sequence=attestation.sequence,
        count=attestation.count,
        index=row.proof.index,
        root=attestation.root.hex(),
        leaf=hashed.hex(),
        path=tuple(each.hex() for each in row.proof.path),
        key=attestation.signature.key,
    )


def _attestation(row: Row, store: Store) -> Attestation | None:
    if row.proof is None or not row.proof.attestation:
        return None
    return store.attestations([row.proof.attestation]).get(row.proof.attestation)


def _check_signature(attestation: Attestation, card: Card) -> None:
    check(attestation, card.keys.keys(attestation.signature.key, at=attestation.at).verifying)


def _step(words: str, checks: Callable[[], object], detail: str) -> Step:
    try:
        checks()
    except Forged as forged:
        return Step(words, holds=False, detail=str(forged))
    return Step(words, holds=True, detail=detail)
