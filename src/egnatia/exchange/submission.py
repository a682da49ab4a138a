"""What somebody hands in, on whose behalf, and what became of it."""

import enum
from collections.abc import Callable, Sequence

import msgspec

from egnatia.record.record import Problem
from egnatia.store.entry import Keep


class Right(enum.StrEnum):
    """What a program or person may do at a node; a token or a role is a set of these."""

    READ = "read"
    SUBMIT = "submit"
    RECALL = "recall"
    RELEASE = "release"
    """Hand in what the organisation's rule wants a second person to have read."""
    ADMINISTER = "administer"
    AUDIT = "audit"


class Submitter(msgspec.Struct, frozen=True):
    """Who hands records in: the organisation that will answer for them, and the person or program (`name`).

    In an `exercise` everything handed in bears its `marking`, a marking-definition that names who takes part.
    """

    organisation: str
    name: str
    rights: frozenset[Right] = frozenset()
    exercise: str = ""
    marking: bytes = b""


class Handling(msgspec.Struct, frozen=True):
    """Markings (ids of marking-definitions) that the submitter adds to every record without touching its bytes.

    Where neither the record nor its handling names a TLP, the organisation's default applies. What a source brings
    `stays_narrow`: a person who has narrowed a record is not overruled by its next version.
    """

    applied: tuple[str, ...] = ()
    stays_narrow: bool = False


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """A record that is durable now. `position` is its place in this node's log, 0 where it was there already;
    `deviations` is what the tolerant reading forgave; `dated` its `modified`, else its `created`, as it spells it."""

    index: int
    id: str
    version: str
    position: int
    deviations: tuple[Problem, ...] = ()
    dated: str | None = None


class Refused(msgspec.Struct, frozen=True):
    """A record that was not taken, and why; `index` is its place in what was handed in."""

    index: int
    id: str | None
    problems: tuple[Problem, ...]


class Submission(msgspec.Struct, frozen=True):
    """The outcome for every record handed in. Under `atomic` either `accepted` or `refused` is empty."""

    accepted: tuple[Accepted, ...] = ()
    refused: tuple[Refused, ...] = ()


Closing = Callable[[Submission], Sequence[Keep]]
"""What is to be remembered of an outcome, in the same transaction. It is asked on the store's writer thread, at times
more than once, and must be quick."""


class NotAllowed(PermissionError):
    """The submitter lacks the right; nothing was read, nothing was stored."""
