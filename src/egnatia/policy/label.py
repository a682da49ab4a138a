"""A label is all that decides who may see a record; the records under one label share one decision."""

import enum

import msgspec


class Tlp(enum.IntEnum):
    """Traffic Light Protocol 2.0 (FIRST, August 2022); a greater number is stricter."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4


class Pap(enum.IntEnum):
    """Permissible Actions Protocol; a greater number is stricter. It limits use, not reading."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    RED = 3


class Label(msgspec.Struct, frozen=True):
    """Who may see what lies under it. Labels are compared, interned and stored; they never change.

    `owner` is the identity id of the organisation whose record it is. `audiences` are the audience markings, each
    the set of identities (organisations or groups) that it names, sorted: a reader must be in every one, and an
    empty set admits nobody but the owner. `agreements` are the ids of the sharing agreements that it is shared
    under. `type` is the record type where an agreement may depend on it, else empty.
    `unresolved` are markings that this node does not know (yet): nobody but the owner may see it.
    `withdrawn` is set by a recall: nobody but the owner may see it.
    `also` are further labels, in one fixed order, each of which must allow as well; they come from `strictest` (two
    rules that do not fold into one) and from `bounded_by` (the ends of a relationship, which may have other owners).
    `owner` above sees its own whatever they say. `pap` is already the strictest of all of them.
    `exercise` names the exercise that it belongs to, empty for what is real: who reads for the one never sees the
    other, not even as its owner.
    """

    owner: str
    tlp: Tlp
    pap: Pap = Pap.CLEAR
    audiences: tuple[tuple[str, ...], ...] = ()
    agreements: tuple[str, ...] = ()
    personal: bool = False
    type: str = ""
    unresolved: tuple[str, ...] = ()
    withdrawn: bool = False
    also: tuple["Label", ...] = ()
    exercise: str = ""
