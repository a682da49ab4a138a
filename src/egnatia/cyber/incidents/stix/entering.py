"""An incident of the suite taken into a case: as a new one, or into one that is there."""

import msgspec

from egnatia.casework.registry import Deed, Opening, Refused, Registry, Unknown
from egnatia.cyber.incidents.stix.adopting import adopted, deeds
from egnatia.cyber.incidents.stix.bundle import Incident
from egnatia.exchange.submission import Submitter
from egnatia.record.case import CaseParty


class Entered(msgspec.Struct, frozen=True):
    """What a case has taken: how many facts, tasks and records; and what it has not, in words."""

    case: str
    facts: int
    tasks: int
    records: int
    left_out: tuple[str, ...]


def begin(registry: Registry, submitter: Submitter, incident: Incident, workflow: str, own: CaseParty) -> Entered:
    """Opens a case of the incident, with the submitter's organisation as its one party. Raises Unknown, ValueError."""
    book = registry.library.newest(workflow)
    if book is None:
        raise Unknown(f"there is no workflow {workflow!r} here")
    taken = adopted(incident, book)
    facts = {name: value for name, value in taken.facts.items() if not book.fields[name].by}
    opening = Opening(workflow=workflow, title=incident.name, parties=(own,), facts=facts)
    case = registry.open(submitter, opening)
    return _filled(registry, submitter, incident, case, len(facts), taken.left_out)


def enter(registry: Registry, submitter: Submitter, incident: Incident, case: str) -> Entered:
    """Takes the incident into a case that is there: only facts that are said otherwise or not at all. Raises Unknown,
    Refused."""
    fold = registry.fold(registry.clearance_of(submitter), case)
    taken = adopted(incident, fold.book)
    fresh = {name: value for name, value in taken.facts.items() if fold.state.facts.get(name) != value}
    if fresh:
        registry.act(submitter, case, Deed(does="set", fields=fresh, text=f"From {incident.id}: {incident.name}"))
    return _filled(registry, submitter, incident, case, len(fresh), taken.left_out)


def _filled(
    registry: Registry, submitter: Submitter, incident: Incident, case: str, facts: int, left_out: tuple[str, ...]
) -> Entered:
    tasks = 0
    for deed, status in deeds(incident):
        made = registry.act(submitter, case, deed)
        tasks += 1
        if status:
            registry.act(submitter, case, Deed(does="progress", about=(made.id,), fields={"status": status}))
    records: tuple[str, ...] = ()
    if incident.others:
        try:
            lodged = registry.lodge(submitter, case, incident.others, f"Came with {incident.id}")
        except Refused as refused:
            left_out += (refused.refusal.reason,)
        else:
            records, left_out = lodged.ids, left_out + lodged.refused
    return Entered(case, facts, tasks, len(records), left_out)
