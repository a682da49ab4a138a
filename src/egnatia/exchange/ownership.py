"""Who may answer for a record: nobody publishes in the name of another member."""

from collections.abc import Set

from egnatia.record.record import Head, Problem

COPIED = frozenset({"marking-definition", "sharing-agreement"})
"""Types of which every user keeps a copy of its own: a marking is read from the copy of who uses it, and an agreement
is in force when every party has published the same bytes. So their author and their owner may differ."""


def problem(head: Head, owner: str, members: Set[str]) -> Problem | None:
    """What is wrong with `owner` answering for this record, if anything.

    A record whose `created_by_ref` is a known member is that member's alone. One by somebody unknown here (a vendor,
    MITRE) is answered for by whoever brought it in.
    """
    author = head.created_by_ref
    if author is None or author == owner or author not in members or head.type in COPIED:
        return None
    return Problem(
        "$.created_by_ref",
        f"a record of a member is published by that member, not by {owner}",
        repr(author),
    )
