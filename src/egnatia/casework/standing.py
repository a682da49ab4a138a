"""How a case stands, in the few words that lists show and count by."""

from datetime import datetime
from typing import Final

from egnatia.casework.clock import Owed, moment, open_only
from egnatia.casework.fold import Fold
from egnatia.record.instant import version_of
from egnatia.store.casebook import Due, Standing

_LISTED: Final = ("severity", "sectors", "kind", "urgency", "affected_economies")
"""Facts that lists show and count by."""


def standing_of(fold: Fold) -> tuple[Standing, list[Due]]:
    """A case as lists show it, and what is owed in it."""
    state, case = fold.state, fold.case
    known = fold.known()
    shown = {name: known[name] for name in fold.book.conclusions} | {
        name: state.facts[name] for name in _LISTED if name in state.facts
    }
    shown |= {"economies": known["economies"], "opened": _micros(moment(version_of(case.created)))}
    last = max((key[0] for key in fold.ordering.keys.values()), default=state.since)
    owed = open_only(fold)
    standing = Standing(
        id=case.id,
        workflow=case.workflow,
        title=case.title,
        state=state.state,
        is_open=state.state not in fold.book.final and not state.merged,
        parties=tuple(sorted(state.active())),
        updated=_micros(moment(last)),
        exercise=case.exercise or "",
        facts=shown,
        roles={name: tuple(sorted(party.roles)) for name, party in state.active().items()},
        due=min((_micros(each.due) for each in owed if each.due is not None), default=0),
    )
    return standing, [_due(fold, each) for each in owed if each.due is not None]


def _due(fold: Fold, owed: Owed) -> Due:
    return Due(
        case=fold.case.id,
        title=fold.case.title,
        workflow=fold.case.workflow,
        version=fold.case.workflow_version,
        deadline=owed.deadline,
        what=owed.title,
        due=_micros(owed.due or owed.start),
        start=_micros(owed.start),
        by=owed.by,
        to=owed.to,
        review=owed.review.value,
        exercise=fold.case.exercise or "",
    )


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
