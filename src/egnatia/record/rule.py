"""Rules between the properties of one record, as data: which property, which rule of which section, how to tell."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from egnatia.record.instant import version_of

Properties = Mapping[str, Any]


class Rule(msgspec.Struct, frozen=True, eq=False):
    """A rule that concerns records which have all of `when` (empty: every record).

    `holds` is given the record's properties, each well formed already; a rule `by_presence` looks at their names
    only, so that it is decided once for all records with the same names. `forgivable` says that a tolerant
    reading may take the record all the same.
    """

    property: str
    says: str
    when: tuple[str, ...]
    holds: Callable[[Properties], bool]
    by_presence: bool = False
    forgivable: bool = True


def source(section: str) -> str:
    """Where a rule stands: a section of the standard by its number, or a specification by its name."""
    return f"STIX 2.1 section {section}" if section[0].isdigit() else section


def later(name: str, than: str, section: str, *, or_equal: bool = False) -> Rule:
    """The moment `name` is later than the moment `than`."""

    def holds(record: Properties) -> bool:
        end: str = record[name]
        start: str = record[than]
        if len(end) != len(start):
            end, start = version_of(end), version_of(start)
        return end > start or (or_equal and end == start)

    return Rule(name, f"{source(section)}: later than {than}{' or equal' * or_equal}", (name, than), holds)


def at_least_one(section: str, *names: str) -> Rule:
    """At least one of `names` is there."""
    wanted = frozenset(names)
    says = f"{source(section)}: at least one of {', '.join(names)}"
    return Rule(names[0], says, (), lambda record: not wanted.isdisjoint(record), by_presence=True)


def not_both(section: str, name: str, other: str) -> Rule:
    """Where `other` is there, `name` is not."""
    return Rule(name, f"{source(section)}: not together with {other}", (name, other), lambda _: False, by_presence=True)


def needs(section: str, name: str, *others: str) -> Rule:
    """Where `name` is there, all of `others` are."""
    says = f"{source(section)}: {name} only with {' and '.join(others)}"
    return Rule(name, says, (name,), lambda record: all(other in record for other in others), by_presence=True)


def claim(
    name: str, section: str, says: str, holds: Callable[[Properties], bool], *, when: tuple[str, ...] = ()
) -> Rule:
    """Any other rule about the property `name`; `when` names the properties it looks at, `name` itself if empty."""
    return Rule(name, f"{source(section)}: {says}", when or (name,), holds)
