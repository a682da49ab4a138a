"""Records that came before the marking they bear was known are labelled anew once it is."""

from collections.abc import Iterator, Sequence

from egnatia.exchange.labelling import Labelling
from egnatia.record import read
from egnatia.store import Relabel, Store


def relabelled(store: Store, labelling: Labelling, owner: str, markings: Sequence[str]) -> Iterator[Relabel]:
    """New labels for everything of this owner that waited for one of these markings."""
    for row in store.custody.unresolved(owner, markings):
        record = read(row.body, tolerant=True)
        label = labelling.label(record, owner, row.applied)
        whole = labelling.whole(record, owner, row.applied)
        if row.redacted:
            yield Relabel(row.position, label, unless=whole)
        else:
            yield Relabel(row.position, whole)
