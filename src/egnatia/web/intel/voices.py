"""The same from many sources, as lists show it: one card with all its voices. Nothing is merged but what is shown."""

from collections.abc import Sequence

import msgspec

from egnatia.cyber.intel.sameness import together
from egnatia.store import Row
from egnatia.web.card import UNKNOWN, Card, Organisations, cards
from egnatia.web.language import Speech
from egnatia.web.record.text import visible


def as_one(rows: Sequence[Row], organisations: Organisations, speech: Speech) -> tuple[tuple[Row, Card], ...]:
    """The first row of each thing that is said, with its card, on which the owners of the others stand."""
    grouped = together(rows)
    firsts = cards([first for first, _ in grouped], organisations, speech)
    return tuple(
        (first, msgspec.structs.replace(card, also=_owners(first, others, organisations, speech)))
        for (first, others), card in zip(grouped, firsts, strict=True)
    )


def _owners(first: Row, others: Sequence[Row], organisations: Organisations, speech: Speech) -> tuple[str, ...]:
    owners = dict.fromkeys(row.owner for row in others if row.owner != first.owner)
    return tuple(
        visible(organisations[each].name) if each in organisations else speech.gettext(UNKNOWN) for each in owners
    )
