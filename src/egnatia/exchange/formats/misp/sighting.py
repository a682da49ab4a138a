"""Sightings of a MISP attribute: seen (a sighting), a false positive (an opinion), over (the end of validity)."""

from egnatia.exchange.formats.conversion import identifier, instant, own_identifier
from egnatia.exchange.formats.misp.event import Attribute, seconds
from egnatia.exchange.formats.misp.handling import Handled
from egnatia.exchange.formats.misp.sheet import Sheet


def take_sightings(sheet: Sheet, attribute: Attribute, of: str, how: Handled, path: str) -> None:
    """Take what others saw. Who saw it is named as an identity; the source text, which may name a person, is not."""
    for place, seen in enumerate(attribute.sightings or ()):
        at = seconds(seen.date_sighting)
        where = f"{path}.Sighting[{place}]"
        if at is None:
            sheet.remark(where, "a sighting without a time", seen.date_sighting)
            continue
        names = (seen.uuid,) if seen.uuid else (of, str(at), str(seen.type), str(place))
        by = sheet.organisation(seen.organisation, how)
        match str(seen.type):
            case "0":
                made = sheet.made("sighting", identifier("sighting", *names), at)
                made |= {"sighting_of_ref": of, "first_seen": instant(at), "last_seen": instant(at), "count": 1}
                made |= {"where_sighted_refs": [by] if by else [], "created_by_ref": None}
                sheet.tell(sheet.put(made, how), how)
            case "1":
                made = sheet.made("opinion", own_identifier("opinion", *names), at)
                made |= {"opinion": "strongly-disagree", "explanation": "A false positive", "object_refs": [of]}
                made |= {"authors": [seen.organisation.name] if seen.organisation else [], "created_by_ref": None}
                sheet.tell(sheet.put(made, how), how)
            case "2" if of.startswith("indicator--"):
                continue
            case other:
                sheet.remark(where, "a kind of sighting that is not known", other)
