"""Records that belong to a case: handed in under the case's own label, and linked on its timeline.

What was found in an incident is for its parties: such records bear the TLP of the case and its parties as audience,
whatever they said of themselves before.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.casework.audience import marking
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed, Registry
from egnatia.exchange.submission import Submitter
from egnatia.policy.marking import TLP_2

Fields = dict[str, Any]
_WAIT: Final = 60.0
_AT_ONCE: Final = 500
_LINKED_MOST: Final = 1_000
_SHARED: Final = frozenset(
    {
        "attack-pattern", "campaign", "course-of-action", "identity", "incident", "indicator", "infrastructure",
        "intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data", "report",
        "threat-actor", "tool", "vulnerability", "relationship", "sighting", "event", "impact", "task",
    }
)  # fmt: skip
_OBSERVABLE: Final = re.compile(
    "artifact|autonomous-system|directory|domain-name|email-addr|email-message|file|ipv4-addr|ipv6-addr|mac-addr|mutex|"
    "network-traffic|process|software|url|user-account|windows-registry-key|x509-certificate"
)


class Lodged(msgspec.Struct, frozen=True):
    """What became of records: those that are there now, and why others are not; `event` linked them."""

    ids: tuple[str, ...]
    refused: tuple[str, ...] = ()
    event: str = ""


def markings(fold: Fold) -> tuple[tuple[str, ...], bytes]:
    """The marks of a record of the case: its TLP and its parties; and the definition that the latter need."""
    id_, definition = marking(fold.state.active())
    return (*(each for each in fold.case.object_marking_refs if each in TLP_2), id_), definition


def lodge(
    registry: Registry, submitter: Submitter, case: str, records: Iterable[Mapping[str, Any]], why: str
) -> Lodged:
    """Hands in records under the case's label and links them to it, with words for the timeline. Types that are not to
    be shared so are left out. Raises Unknown, Refused."""
    fold = registry.fold(registry.host.clearance_of(submitter.organisation), case)
    refs, definition = markings(fold)
    bodies = [
        msgspec.json.encode({**_bare(each), "object_marking_refs": list(refs)})
        for each in records
        if each.get("type") in _SHARED or _OBSERVABLE.fullmatch(str(each.get("type")))
    ]
    ids: list[str] = []
    refused: list[str] = []
    for start in range(0, len(bodies), _AT_ONCE):
        part = [definition, *bodies[start : start + _AT_ONCE]]
        outcome = registry.host.admission.submit(part, submitter).result(_WAIT)
        refused += [str(each.problems[0]) for each in outcome.refused]
        ids += [each.id for each in outcome.accepted if each.index > 0]
    event = link(registry, submitter, case, ids, why).id if ids else ""
    return Lodged(tuple(ids), tuple(refused), event)


def link(registry: Registry, submitter: Submitter, case: str, ids: Sequence[str], why: str) -> Event:
    """Says on the timeline that records belong to the case."""
    return registry.act(submitter, case, Deed(does="link", refs=tuple(ids[:_LINKED_MOST]), text=why))


def _bare(record: Mapping[str, Any]) -> Fields:
    return {name: value for name, value in record.items() if name not in {"object_marking_refs", "granular_markings"}}
