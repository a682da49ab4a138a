"""One attribute of a MISP event becomes an indicator where it is meant for detection, else an observation, a rule, a
vulnerability, a reference or a note."""

import re
from typing import Final

from egnatia.exchange.formats.conversion import identifier, instant, own_identifier
from egnatia.exchange.formats.misp.event import Attribute, flag, seconds
from egnatia.exchange.formats.misp.galaxy import link_galaxies
from egnatia.exchange.formats.misp.handling import PERSONAL as PERSONAL_DATA
from egnatia.exchange.formats.misp.handling import Handled, handled
from egnatia.exchange.formats.misp.sheet import KNOWN_SINCE, Sheet
from egnatia.exchange.formats.misp.sighting import take_sightings
from egnatia.exchange.formats.misp.types import LINKS, PAYLOADS, PERSONAL, RULES, VULNERABILITIES, observe
from egnatia.exchange.formats.observable import NotOfItsKind, Observed
from egnatia.exchange.formats.restriction import Restrictions
from egnatia.record.pattern import check_pattern

OPEN: Final = Handled(Restrictions(tlp="clear"))
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.IGNORECASE)
_WEB: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_CONFIDENCE: Final = {
    'admiralty-scale:information-credibility="1"': 90,
    'admiralty-scale:information-credibility="2"': 70,
    'admiralty-scale:information-credibility="3"': 50,
    'admiralty-scale:information-credibility="4"': 30,
    'admiralty-scale:information-credibility="5"': 10,
    'misp:confidence-level="completely-confident"': 100,
    'misp:confidence-level="usually-confident"': 75,
    'misp:confidence-level="fairly-confident"': 50,
    'misp:confidence-level="rarely-confident"': 25,
    'misp:confidence-level="unconfident"': 0,
    'estimative-language:confidence-in-analytic-judgment="high"': 95,
    'estimative-language:confidence-in-analytic-judgment="moderate"': 55,
    'estimative-language:confidence-in-analytic-judgment="low"': 15,
}
"""Confidence that a tag states (STIX 2.1 appendix A)."""


def confidence(tags: tuple[str, ...]) -> int | None:
    """The least confidence that the tags state; None where they state none."""
    return min((_CONFIDENCE[tag.lower()] for tag in tags if tag.lower() in _CONFIDENCE), default=None)


def take_attribute(sheet: Sheet, attribute: Attribute, path: str, within: Handled, *, inside: bool = False) -> None:
    """Take one attribute. What stands `inside` an object is observed with the object, so only what detects is taken."""
    names = [tag.name for tag in attribute.tags or ()]
    how = handled(sheet.terms, names, attribute.distribution, attribute.sharing_group, within)
    for tag in how.said.strange:
        if tag not in within.said.strange:
            sheet.doubt(path, tag, f"{attribute.type}: {attribute.text}")
    if attribute.type in PERSONAL:
        how = how.narrowed(PERSONAL_DATA, (), personal=True)
        sheet.remark(
            path, "personal data: kept for the owner alone until it is shared under an agreement", attribute.type
        )
    if attribute.type in PAYLOADS:
        sheet.remark(path, "the file itself is not taken, only what identifies it", attribute.type)
    made = _Taken(sheet, attribute, path, how).take(within, inside=inside)
    sheet.origins[attribute.uuid or path] = made
    if made:
        sheet.by_uuid.setdefault(attribute.uuid, made[0])
        link_galaxies(sheet, attribute.galaxies, made[0], how, path)
        take_sightings(sheet, attribute, made[0], how, path)


class _Taken:
    """One attribute on its way onto the sheet."""

    def __init__(self, sheet: Sheet, attribute: Attribute, path: str, how: Handled) -> None:
        self.sheet, self.attribute, self.path, self.how = sheet, attribute, path, how
        self.at = seconds(attribute.timestamp)
        self.deleted = flag(attribute.deleted)

    def take(self, within: Handled, *, inside: bool) -> tuple[str, ...]:
        """The ids of what it became, the main one first."""
        attribute, kind = self.attribute, self.attribute.type
        text = attribute.text.strip()
        if not text:
            self.sheet.remark(self.path, "an attribute without a value", kind)
            return ()
        if kind in LINKS or (kind == "url" and attribute.category == "External analysis"):
            return self._reference(text, within)
        if kind in VULNERABILITIES and _CVE.fullmatch(text):
            return self._vulnerability(text.upper())
        if kind in RULES:
            return self._rule(text, RULES[kind])
        try:
            found = observe(kind, text, self.how.under(self.sheet.terms.tlp))
        except NotOfItsKind:
            self.sheet.remark(self.path, "kept as a note, for the value is none of its type", f"{kind}: {text}")
            return self._note(text)
        if found is None or not (found.objects or found.pattern):
            return () if inside else self._note(text)
        if flag(attribute.to_ids) and found.pattern is not None:
            return self._indicator(found.pattern, "stix", found.name)
        if inside:
            return ()
        return self._observation(found) if found.objects else self._note(text)

    def _labels(self) -> list[str]:
        attribute = self.attribute
        described = [f'misp:type="{attribute.type}"']
        if attribute.category:
            described.append(f'misp:category="{attribute.category}"')
        return [*self.how.said.rest, *described]

    def _indicator(self, pattern: str, language: str, name: str) -> tuple[str, ...]:
        attribute, sheet = self.attribute, self.sheet
        made = sheet.made("indicator", self._id("indicator"), self.at, deleted=self.deleted)
        made |= {
            "name": name[:250],
            "description": attribute.comment,
            "indicator_types": ["malicious-activity"],
            "pattern": pattern,
            "pattern_type": language,
            "valid_from": sheet.seen(attribute.first_seen, None)[0],
            "labels": self._labels(),
            "confidence": confidence(self.how.said.rest),
        }
        if until := self._expired(made["valid_from"]):
            made["valid_until"] = until
        return (sheet.tell(sheet.put(made, self.how), self.how),)

    def _expired(self, start: str) -> str | None:
        """When somebody said that it is over."""
        ends = [
            when
            for each in self.attribute.sightings or ()
            if str(each.type) == "2" and (when := seconds(each.date_sighting))
        ]
        end = instant(min(ends)) if ends else ""
        return end if end > start else None

    def _observation(self, found: Observed) -> tuple[str, ...]:
        attribute, sheet = self.attribute, self.sheet
        first, last = sheet.seen(attribute.first_seen, attribute.last_seen)
        made = sheet.made("observed-data", self._id("observed-data"), self.at, deleted=self.deleted)
        made |= {
            "first_observed": first,
            "last_observed": last,
            "number_observed": 1,
            "object_refs": sheet.observables(found.objects, self.how),
            "labels": self._labels(),
            "x_misp_comment": attribute.comment,
        }
        return (sheet.tell(sheet.put(made, self.how), self.how),)

    def _rule(self, text: str, language: str) -> tuple[str, ...]:
        if (wrong := check_pattern(text, language)) is not None:
            self.sheet.remark(self.path, "kept as a note, for the rule is broken", f"{language}: {wrong}")
            return self._note(text)
        return self._indicator(text, language, self.attribute.comment or f"{language} rule")

    def _vulnerability(self, number: str) -> tuple[str, ...]:
        made = {
            "type": "vulnerability",
            "spec_version": "2.1",
            "id": own_identifier("vulnerability", number),
            "created": KNOWN_SINCE,
            "modified": KNOWN_SINCE,
            "name": number,
            "external_references": [{"source_name": "cve", "external_id": number}],
        }
        named = self.sheet.tell(self.sheet.know(made, OPEN), self.how)
        if self.attribute.comment:
            return (named, *self._note(number))
        return (named,)

    def _reference(self, text: str, within: Handled) -> tuple[str, ...]:
        link = _WEB.match(text)
        if self.deleted:
            self.sheet.remark(self.path, "a reference that was deleted there", text)
            return ()
        if link is None or self.how.is_stricter_than(within):
            return self._note(text)
        described = self.attribute.comment or self.attribute.category or "link"
        self.sheet.references.append({"source_name": described[:250], "url": link[0]})
        return (self.sheet.report,)

    def _note(self, text: str) -> tuple[str, ...]:
        attribute, sheet = self.attribute, self.sheet
        made = sheet.made("note", self._id("note"), self.at, deleted=self.deleted)
        made |= {
            "abstract": f"{attribute.category or 'Other'}: {attribute.object_relation or attribute.type}",
            "content": f"{text}\n\n{attribute.comment}" if attribute.comment else text,
            "object_refs": [sheet.report],
            "labels": self._labels(),
        }
        return (sheet.put(made, self.how),)

    def _id(self, kind: str) -> str:
        uuid = self.attribute.uuid
        return identifier(kind, uuid) if uuid else identifier(kind, self.sheet.report, self.path)
