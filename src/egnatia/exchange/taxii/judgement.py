"""An envelope is judged twice: as it comes, and once more as it is stored.

A token that was revoked in between gets nothing in any more; one that merely ran out had the right when it was used.
Rights count as far as the token had them both times. What was erased after a backup was taken, in which it waited
still, does not come back with it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from egnatia.exchange.caller import Caller
from egnatia.exchange.taxii.line import Arrived
from egnatia.exchange.taxii.resource import StatusDetail
from egnatia.exchange.taxii.status import failed, id_of
from egnatia.record import Invalid, read
from egnatia.store.store import Store

REVOKED: Final = "the token was revoked before the object was stored"
ERASED: Final = "this version was erased here and does not come back"


def as_of_now(store: Store, caller: Caller) -> Caller | None:
    """The caller with the rights that it had and still has; None for one whose token was revoked."""
    stored = store.tokens.get(caller.token_id)
    if stored is None or stored.revoked is not None:
        return None
    rights = frozenset(right for right in caller.rights if right.value in stored.rights)
    return msgspec.structs.replace(caller, rights=rights)


def without_erased(store: Store, arrived: Arrived, bodies: Sequence[bytes]) -> tuple[list[bytes], list[StatusDetail]]:
    """What of an envelope that a node found as it began may be stored, and what was erased before. Reads the whole
    list of what was."""
    owner = arrived.caller.organisation
    gone = {(each.id, each.version) for each in store.erased() if each.owner == owner}
    ids = {id_ for id_, _ in gone}
    left, erased = list[bytes](), list[StatusDetail]()
    for body in bodies:
        if ids and id_of(body) in ids and _key(body) in gone:
            erased.append(failed(body, arrived.received, ERASED))
        else:
            left.append(body)
    return left, erased


def _key(body: bytes) -> tuple[str, str] | None:
    """Id and version of a record; None where it is none."""
    try:
        record = read(body, tolerant=True)
    except Invalid:
        return None
    return record.head.id, record.version
