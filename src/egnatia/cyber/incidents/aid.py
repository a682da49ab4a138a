"""The ledger of mutual aid: what each economy has given to and received from others, from the cases of assistance."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Registry, Unknown
from egnatia.policy import Clearance

WORKFLOW = "assistance"
_MOST = 500


class Account(msgspec.Struct, frozen=True):
    """One economy: hours and people that it gave and received."""

    hours_given: float = 0
    hours_received: float = 0
    people_given: float = 0
    people_received: float = 0


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One assistance: who gave to whom, what, and how it stands."""

    case: str
    title: str
    state: str
    asking: tuple[str, ...]
    giving: tuple[str, ...]
    hours: float
    people: float
    equipment: str


def assistances(registry: Registry, clearance: Clearance) -> Iterator[Fold]:
    """The cases of assistance that somebody takes part in, real ones alone."""
    for is_open in (True, False):
        for each in registry.standings(clearance, is_open=is_open, limit=_MOST):
            if each.workflow == WORKFLOW and not each.exercise:
                try:
                    yield registry.fold(clearance, each.id)
                except Unknown:
                    continue


def entry(fold: Fold) -> Entry:
    """One case as a line of the ledger; economies in the place of organisations."""
    facts = fold.state.facts

    def economies(role: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(fold.state.parties[each].economy for each in fold.state.holders(role)))

    return Entry(
        case=fold.case.id,
        title=fold.case.title,
        state=fold.book.states[fold.state.state].title,
        asking=economies("asking"),
        giving=economies("giving") if fold.state.done.get("offer") else (),
        hours=float(facts.get("hours", 0)),
        people=float(facts.get("people", 0)) if fold.state.done.get("deploy") else 0.0,
        equipment=str(facts.get("equipment", "")),
    )


def ledger(entries: Iterable[Entry]) -> Mapping[str, Account]:
    """What each economy gave and received; where several gave or asked, in equal parts."""
    found: dict[str, Account] = {}
    for each in entries:
        for economies, verb in ((each.giving, "given"), (each.asking, "received")):
            if not each.giving or not each.asking:
                continue
            for economy in economies:
                before = found.get(economy, Account())
                found[economy] = msgspec.structs.replace(
                    before,
                    **{
                        f"hours_{verb}": getattr(before, f"hours_{verb}") + each.hours / len(economies),
                        f"people_{verb}": getattr(before, f"people_{verb}") + each.people / len(economies),
                    },
                )
    return found
