"""The sheet on which the records of one event are gathered while it is read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from egnatia.exchange.formats.conversion import (
    FOUND_LIMIT,
    Conversion,
    Origin,
    Strange,
    instant,
    remark,
    written,
)
from egnatia.exchange.formats.misp.event import Organisation
from egnatia.exchange.formats.misp.handling import Handled, Terms
from egnatia.exchange.formats.restriction import WORD_LIMIT
from egnatia.record.instant import mend_instant
from egnatia.record.record import Problem

KNOWN_SINCE: Final = "2017-01-01T00:00:00.000Z"
"""The version of what is known anyway: so early that whoever knows better has a later one."""


class Sheet:
    """`created` and `floor` are seconds: the event's date, and its last change. Whatever belongs to the event is a new
    version when the event is: its tags and its distribution count for all of it."""

    def __init__(self, terms: Terms, report: str, *, created: int, floor: int, author: str | None) -> None:
        self.terms, self.report, self.author = terms, report, author
        self.created, self.floor = created, floor
        self.references: list[dict[str, Any]] = []
        self.by_uuid: dict[str, str] = {}
        self.origins: dict[str, tuple[str, ...]] = {}
        self.members: dict[tuple[str, ...], tuple[Handled, dict[str, None]]] = {}
        self._records: dict[str, bytes] = {}
        self._definitions: dict[str, bytes] = {}
        self._context: set[str] = set()
        self._remarks: list[Problem] = []
        self._strange: list[Strange] = []

    def remark(self, path: str, reason: str, found: object) -> None:
        """Note one thing that does not come along, or not as it is."""
        self._remarks.append(remark(path, reason, found))

    def doubt(self, path: str, word: str, about: str) -> None:
        """Note a tag for which what it is put on is held until somebody says what it means."""
        self._strange.append(Strange(word[:WORD_LIMIT], path, about[:FOUND_LIMIT]))
        self.remark(path, "a tag that seems to restrict and is not understood: TLP:RED, for the owner alone", word)

    def put(self, record: Mapping[str, Any], handled: Handled) -> str:
        """Take a record under a handling; its id. The first under an id stays."""
        for marking, definition in handled.definitions:
            self._definitions.setdefault(marking, definition)
        name = str(record["id"])
        if name not in self._records:
            self._records[name] = written({**record, "object_marking_refs": handled.refs})
        return name

    def tell(self, name: str, handled: Handled) -> str:
        """List a record with what is told to those whom `handled` lets see it."""
        self.members.setdefault(handled.refs, (handled, {}))[1][name] = None
        return name

    def know(self, record: Mapping[str, Any], handled: Handled) -> str:
        """Take a record that only names something known anyway."""
        self._context.add(str(record["id"]))
        return self.put(record, handled)

    def organisation(self, organisation: Organisation | None, handled: Handled) -> str | None:
        """The identity of a MISP organisation. It is introduced unless a member is known by it here, or the event is
        for named recipients: then it is not told who writes to whom."""
        if organisation is None or not organisation.uuid:
            return None
        named = self.terms.identity(organisation.uuid)
        if organisation.uuid not in self.terms.organisations and not handled.definitions and handled.tlp != "red":
            made = {
                "type": "identity",
                "spec_version": "2.1",
                "id": named,
                "created": KNOWN_SINCE,
                "modified": KNOWN_SINCE,
                "name": organisation.name or organisation.uuid,
                "identity_class": "organization",
            }
            self.know(made, Handled())
        return named

    def made(self, kind: str, id_: str, at: int | None = None, *, deleted: bool = False) -> dict[str, Any]:
        """The common properties of a domain object last changed at `at`."""
        modified = max(self.floor, at or 0)
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": id_,
            "created": instant(min(self.created, modified)),
            "modified": instant(modified),
            "created_by_ref": self.author,
            "revoked": deleted or None,
        }

    def observables(self, objects: Iterable[Mapping[str, Any]], handled: Handled) -> list[str]:
        """Take observables; their ids, each once."""
        return list(dict.fromkeys(self.put(each, handled) for each in objects))

    def seen(self, first: str | None, last: str | None) -> tuple[str, str]:
        """When something was seen: what the event says of it, else the event's date."""
        begin = (mend_instant(first) if first else None) or (mend_instant(last) if last else None)
        end = mend_instant(last) if last else None
        start = begin or instant(self.created)
        return start, max(start, end or start)

    @property
    def is_clear(self) -> bool:
        """Whether everything that restricts was understood."""
        return not self._strange

    def conversion(self, origin: Origin | None = None, document: bytes = b"") -> Conversion:
        """Everything, in an order in which what is named comes first."""
        return Conversion(
            (*self._definitions.values(), *self._records.values()),
            tuple(self._remarks),
            frozenset(self._context),
            self.origins,
            strange=tuple(self._strange),
            origin=origin,
            document=document,
        )
