"""What came before a marking that it bears was known gets its label once it is."""

from collections.abc import Iterator, Sequence

from egnatia.exchange.labelling import Labelling
from egnatia.policy.resolution import resolved
from egnatia.store import Relabel, Store


def relabelled(store: Store, labelling: Labelling, owner: str, markings: Sequence[str]) -> Iterator[Relabel]:
    """A new label for every label of this owner that waited for one of these markings."""
    known = labelling.known(owner, markings)
    for label in store.custody.labels_of(owner):
        better = resolved(label, known)
        if better != label:
            yield Relabel(label, better)
