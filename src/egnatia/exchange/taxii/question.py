"""A TAXII filter within a collection, as a question to the store."""

from collections.abc import Iterable
from typing import TypeVar

from egnatia.exchange.taxii.collection import Collection
from egnatia.exchange.taxii.filter import Filter, Versions
from egnatia.store.query import FIRST, LAST, Query

T = TypeVar("T")


def question(collection: Collection, asked: Filter) -> Query | None:
    """What to ask the store; None where the filter and the collection exclude each other."""
    types = _both(collection.types, asked.types)
    if asked.impossible or types == frozenset():
        return None
    return Query(
        types=_sorted(types),
        ids=_sorted(asked.ids),
        owners=_sorted(collection.owners),
        tlps=_sorted(collection.tlps),
        audience=collection.audience or "",
        words=collection.words,
        since=max((each for each in (collection.since, asked.added_after) if each is not None), default=None),
        versions=_versions(asked.versions),
    )


def _versions(asked: Versions) -> tuple[str, ...]:
    """The store's way to say it: empty for every version."""
    if asked.every:
        return ()
    keywords = ((FIRST,) if asked.first else ()) + ((LAST,) if asked.last else ())
    return (*keywords, *sorted(asked.exact))


def _both(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    """What both admit; None admits everything."""
    if a is None or b is None:
        return a if b is None else b
    return a & b


def _sorted(values: Iterable[T] | None) -> tuple[T, ...]:
    return tuple(sorted(values)) if values is not None else ()  # type: ignore[type-var]  # str and Tlp both sort
