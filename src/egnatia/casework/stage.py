"""What casework must know of exercises: their time, and who watches. The exercises themselves are a domain's."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from egnatia.exchange.host import Host
from egnatia.exchange.submission import Submitter
from egnatia.policy import EVERY, Clearance, clearance_within
from egnatia.record.case import Case
from egnatia.record.identifier import target_type


class Stage(Protocol):
    """Where cases of exercises are played."""

    def moment(self, case: Case) -> datetime | None:
        """What time it is in the case's exercise; None where its time is the real one."""
        ...

    def watchers(self, exercise: str) -> frozenset[str]:
        """Who sees everything in an exercise, whether it takes part in a case or not."""
        ...


class NoStage:
    """No exercises are known: all time is real, and nobody watches."""

    def moment(self, case: Case) -> datetime | None:
        """Never another time."""
        return None

    def watchers(self, exercise: str) -> frozenset[str]:
        """Nobody."""
        return frozenset()


def time_in(stage: Stage, case: Case) -> datetime:
    """What time it is for a case: that of its exercise, or the real one."""
    return stage.moment(case) or datetime.now(UTC)


def everywhere(clearance: Clearance) -> Clearance:
    """What is real, and every exercise: for a node's own work, never for a person."""
    return Clearance((*clearance.standings, *clearance_within(clearance, EVERY).standings))


def is_linking(host: Host, submitter: Submitter, about: Iterable[str], fields: Mapping[str, Any]) -> bool:
    """Whether a deed names a record of an exercise from outside of it, or a real one from inside. The gate sees to
    references; this to what is named in other ways."""
    if not host.store.custody.knows_exercises():
        return False
    named = {each for each in _texts([*about, *fields.values()]) if target_type(each) not in {None, "identity"}}
    if not named:
        return False
    real = host.clearance_of(submitter.organisation)
    beyond = real if submitter.exercise else clearance_within(real, EVERY)
    found = {row.id for row in host.store.get(beyond, list(named))}
    return bool(found) and bool(
        found - {row.id for row in host.store.get(clearance_within(real, submitter.exercise), list(found))}
    )


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from _texts(value)
