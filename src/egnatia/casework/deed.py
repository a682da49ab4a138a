"""The deeds that every case knows, whatever its workflow."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Deed(msgspec.Struct, frozen=True):
    """One of them: what people read, what `about` must name, and whether it only talks.

    What only talks changes nothing that anybody owes: it may be for some roles only, those who only read may do it,
    and it is possible when all is over.
    """

    title: str
    about: str = ""
    talks: bool = False
    reason: bool = False


DEEDS: Final[Mapping[str, Deed]] = {
    "comment": Deed("Comment", talks=True, reason=True),
    "attach": Deed("Attach", talks=True),
    "link": Deed("Link records", talks=True),
    "leave": Deed("Leave, or send a party away"),
    "join": Deed("Bring a party in", about="a party"),
    "set": Deed("Say what is known"),
    "submit": Deed("File a report", about="reports"),
    "review": Deed("Review a report", about="the event that filed it"),
    "pause": Deed("Stop a clock", about="a deadline", reason=True),
    "resume": Deed("Let a clock go on", about="a deadline", reason=True),
    "extend": Deed("Give more time", about="a deadline", reason=True),
    "task": Deed("Open a task"),
    "assign": Deed("Give a task to somebody", about="a task"),
    "progress": Deed("Say how a task stands", about="a task"),
    "duplicate": Deed("Say that another case is the same matter", about="a case", reason=True),
    "merge": Deed("Let this case go on in another one, or another one in this", about="a case", reason=True),
    "unmerge": Deed("Take a merging back", about="a case", reason=True),
}
"""By name. A workflow's own steps bear other names."""
