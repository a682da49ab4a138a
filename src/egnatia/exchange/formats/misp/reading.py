"""A MISP event as STIX records. Every attribute comes along, as a record or as a remark that says why not.

Identifiers follow from MISP's own, so an event that is brought in twice adds nothing, and a changed one becomes new
versions. Markings are read here, from the event, before anything else (see `handling`).
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from egnatia.exchange.formats.conversion import Conversion, Origin, identifier, instant, is_uuid, own_identifier
from egnatia.exchange.formats.misp.attribute import confidence, take_attribute
from egnatia.exchange.formats.misp.event import Attribute, Event, Object, day, events_in, flag, seconds
from egnatia.exchange.formats.misp.galaxy import clusters_in, take_cluster
from egnatia.exchange.formats.misp.handling import Handled, Terms, handled
from egnatia.exchange.formats.misp.object import PARTS_OF_A_FILE, Whole, take_object, take_references
from egnatia.exchange.formats.misp.sheet import KNOWN_SINCE, Sheet
from egnatia.exchange.formats.restriction import in_text, together
from egnatia.record.record import Invalid, Problem

T = TypeVar("T")

STANDARD = Terms()
"""Nothing settled: what only the other server knows is for nobody here."""

THREAT_LEVELS = {"1": "high", "2": "medium", "3": "low"}
FALLBACK_SECONDS = 1_262_304_000
"""2010-01-01: the time of an event that states none, before the first release of MISP."""


def read_events(document: bytes, terms: Terms = STANDARD) -> Iterator[Conversion]:
    """Every event of a document. Raises Invalid where it is no document of MISP's."""
    for event in events_in(document):
        yield read_event(event, terms)


def read_event(event: Any, terms: Terms = STANDARD) -> Conversion:
    """One event, as decoded from JSON. Raises Invalid where it has no UUID or its parts are of no use."""
    try:
        read = msgspec.convert(event, Event, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid((Problem("$.Event", "MISP core format", str(error)),)) from error
    if not is_uuid(read.uuid):
        raise Invalid((Problem("$.Event.uuid", "an RFC 4122 UUID", repr(read.uuid)),))
    return _Event(read, terms.within(read.uuid)).conversion(event)


class _Event:
    """One event that is read onto its sheet."""

    def __init__(self, event: Event, terms: Terms) -> None:
        self.event = event
        self.tags = [tag.name for tag in event.tags or ()]
        self.how = self._handled(terms)
        changed = seconds(event.timestamp) or day(event.date) or FALLBACK_SECONDS
        author = terms.identity(event.creator.uuid) if event.creator and event.creator.uuid else None
        self.sheet = Sheet(
            terms,
            identifier("report", event.uuid),
            created=day(event.date) or changed,
            floor=max(changed, seconds(event.publish_timestamp) or 0),
            author=author,
        )

    def _handled(self, terms: Terms) -> Handled:
        found = handled(terms, self.tags, self.event.distribution, self.event.sharing_group)
        return Handled(together(found.said, in_text(self.event.info)), found.audiences)

    def conversion(self, written_as: Any) -> Conversion:
        """Everything that the event, `written_as` it is, became."""
        sheet, event = self.sheet, self.event
        for tag in self.how.said.strange:
            sheet.doubt("$.Event.Tag", tag, event.info)
        sheet.organisation(event.creator, self.how)
        for galaxy, cluster in clusters_in(event.galaxies, self.tags):
            if take_cluster(sheet, galaxy, cluster, self.how) is None:
                sheet.remark(
                    "$.Event.Galaxy", "a galaxy that only describes stays a tag", cluster.tag_name or cluster.value
                )
        for path, attribute in self._readable(event.attributes, Attribute, "$.Event.Attribute"):
            take_attribute(sheet, attribute, path, self.how)
        wholes = self._wholes()
        for whole in wholes:
            take_object(sheet, whole, self.how)
        for whole in wholes:
            for each in (whole, *whole.parts):
                take_references(sheet, each, self.how)
        self._reports()
        for place, proposal in enumerate(event.proposals or ()):
            sheet.remark(f"$.Event.ShadowAttribute[{place}]", "a proposal that nobody has accepted", proposal)
        self._tell()
        said = self.how.said.tlp or ""
        origin = Origin("misp", event.uuid.lower(), event.info or event.uuid, sheet.report, said)
        return sheet.conversion(origin, b"" if sheet.is_clear else msgspec.json.encode(written_as))

    def _readable(self, several: list[Any] | None, kind: type[T], path: str) -> list[tuple[str, T]]:
        found = []
        for place, each in enumerate(several or ()):
            where = f"{path}[{place}]"
            try:
                found.append((where, msgspec.convert(each, kind, strict=False)))
            except msgspec.ValidationError as error:
                self.sheet.remark(where, f"not in the form of MISP: {error}", each)
        return found

    def _wholes(self) -> list[Whole]:
        """The objects; those that describe a file stand within that file's object."""
        wholes = [
            Whole(each, path, self._readable(each.attributes, Attribute, f"{path}.Attribute"))
            for path, each in self._readable(self.event.objects, Object, "$.Event.Object")
        ]
        by_uuid = {each.object.uuid: each for each in wholes if each.object.name in PARTS_OF_A_FILE}
        owned: set[str] = set()
        for whole in wholes:
            if whole.object.name != "file":
                continue
            for reference in whole.object.references or ():
                part = by_uuid.get(reference.referenced_uuid)
                alike = part is not None and part.object.distribution == whole.object.distribution
                if part is not None and alike and part.object.uuid not in owned and not flag(part.object.deleted):
                    owned.add(part.object.uuid)
                    whole.parts.append(part)
        return [each for each in wholes if each.object.uuid not in owned]

    def _reports(self) -> None:
        for place, each in enumerate(self.event.reports or ()):
            how = handled(self.sheet.terms, (), each.distribution, each.sharing_group, self.how)
            how = Handled(together(how.said, in_text(f"{each.name}\n{(each.content or '')[:2_000]}")), how.audiences)
            name = identifier("note", *((each.uuid,) if each.uuid else (self.sheet.report, str(place))))
            made = self.sheet.made("note", name, seconds(each.timestamp), deleted=flag(each.deleted))
            content = (each.content or "").strip()
            if not content:
                self.sheet.remark(f"$.Event.EventReport[{place}]", "a report without text", each.name)
                continue
            made |= {"abstract": each.name, "content": content, "object_refs": [self.sheet.report]}
            self.sheet.put(made, how)

    def _tell(self) -> None:
        """The report, and for what is stricter than the event a grouping for each handling: the report names nothing
        that not all of its readers may know of."""
        sheet = self.sheet
        _, listed = sheet.members.pop(self.how.refs, (self.how, {}))
        sheet.put(self._report(list(listed)), self.how)
        for refs, (how, several) in sheet.members.items():
            name = own_identifier("grouping", sheet.report, *refs)
            made = sheet.made("grouping", name)
            made |= {"name": self.event.info or sheet.report, "context": "misp-event"}
            sheet.put(made | {"object_refs": [sheet.report, *several]}, how)

    def _report(self, listed: list[str]) -> dict[str, Any]:
        event, sheet = self.event, self.sheet
        published = seconds(event.publish_timestamp) or sheet.floor
        level = THREAT_LEVELS.get(str(event.threat_level_id))
        labels = [*self.how.said.rest, *([f'misp:threat-level="{level}"'] if level else [])]
        reference: dict[str, Any] = {"source_name": "MISP", "external_id": event.uuid}
        if event.extends_uuid and is_uuid(event.extends_uuid):
            sheet.references.append(
                {"source_name": "MISP event extended by this one", "external_id": event.extends_uuid}
            )
        return sheet.made("report", sheet.report, published) | {
            "name": event.info or f"MISP event {event.uuid}",
            "report_types": ["threat-report"],
            "published": instant(published),
            "object_refs": listed or [sheet.author or self._unnamed()],
            "external_references": [reference, *sheet.references],
            "labels": labels,
            "confidence": confidence(self.how.said.rest),
        }

    def _unnamed(self) -> str:
        made = {
            "type": "identity",
            "spec_version": "2.1",
            "id": own_identifier("identity", "a MISP organisation that is not named"),
            "created": KNOWN_SINCE,
            "modified": KNOWN_SINCE,
            "name": "A MISP organisation that is not named",
            "identity_class": "organization",
        }
        return self.sheet.know(made, Handled())
