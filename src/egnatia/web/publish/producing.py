"""What was filled in for a product becomes its records: vulnerabilities, translations, and the report."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.product import SEVERITIES, Kind, translations
from egnatia.exchange.formats.csaf import EXPLOITED
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.record import Invalid
from egnatia.store.entry import Row
from egnatia.web.language.speech import N_
from egnatia.web.publish.composing import checked, new_record, newer_version, stamp
from egnatia.web.publish.form import REQUIRED, problems_by_name
from egnatia.web.publish.marking import KEEP, Chosen, markings
from egnatia.web.publish.product_form import Form, Texts
from egnatia.web.record.name import decoded
from egnatia.web.visit import Visit

NOT_A_LINE: Final = N_("A line has a CVE number, a product, what to do, and perhaps the word exploited, with | between")
NO_REFS: Final = N_("Records by identifier, one on each line")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a form makes: all records in order, the report last but for its translations; what is wrong by field."""

    report: dict[str, Any]
    bodies: tuple[bytes, ...]
    definitions: tuple[bytes, ...]
    applied: tuple[str, ...]
    wrong: dict[str, str]


def made_of(visit: Visit, kind: Kind, form: Form, texts: Texts, chosen: Chosen, row: Row | None) -> Made:
    """The records that a form makes: vulnerabilities, the translations, and the report."""
    own, at = visit.visitor.organisation or "", datetime.now(UTC)
    refs, definitions = markings(chosen, own) if chosen.tlp != KEEP else ([], [])
    before = decoded(row) if row is not None else None
    applied: tuple[str, ...] = ()
    if before is not None and row is not None and chosen.tlp == KEEP:
        refs, applied = [str(each) for each in before.get("object_marking_refs", ())], row.applied
    wrong: dict[str, str] = {}
    name, text = texts.get(form.lang, ("", ""))
    for field, words in (("name", name), ("text", text)):
        if not words:
            wrong[field] = REQUIRED
    vulnerabilities, problem = _vulnerabilities(form.vulnerabilities, own, refs, at)
    if problem:
        wrong["vulnerabilities"] = problem
    if kind is Kind.ADVISORY and not vulnerabilities and not form.refs.split():
        wrong.setdefault("vulnerabilities", REQUIRED)
    about = [each for each in form.refs.split() if is_identifier(each)]
    if len(about) < len(form.refs.split()):
        wrong["refs"] = NO_REFS
    types = [kind.value, *(["vulnerability"] if kind is Kind.ADVISORY else [])]
    said: dict[str, Any] = {
        "name": name or "-",
        "description": text or "-",
        "report_types": types,
        "published": stamp(at),
        "object_refs": list(dict.fromkeys([*(each["id"] for each in vulnerabilities), *about])) or [own],
        "lang": form.lang,
        "labels": _labels(kind, form, before),
    }
    if before is None:
        report = new_record("report", {key: value for key, value in said.items() if value}, own, refs, at)
    else:
        told = {**said, "published": before.get("published", said["published"])}
        report = {**newer_version(before, {}, refs, at), **{key: value for key, value in told.items() if value}}
    translated = _translation(visit, report, texts, refs, at, row=row)
    made = [*vulnerabilities, *translated, report]
    bodies: list[bytes] = []
    for stix in made:
        try:
            bodies.append(checked(stix))
        except Invalid as invalid:
            wrong.update(
                {name: words for name, words in problems_by_name(invalid.problems).items() if name not in wrong}
            )
            bodies.append(msgspec.json.encode(stix))
    return Made(report=report, bodies=tuple(bodies), definitions=tuple(definitions), applied=applied, wrong=wrong)


def _labels(kind: Kind, form: Form, before: Mapping[str, Any] | None) -> list[str]:
    kept = [
        str(each) for each in (before or {}).get("labels", ()) if not str(each).startswith(("severity:", "period:"))
    ]
    severity = [f"severity:{form.severity}"] if form.severity in SEVERITIES else []
    period = [f"period:{form.period}"] if kind is Kind.SITUATION and form.period in {"week", "month"} else []
    return [*kept, *severity, *period]


def _translation(
    visit: Visit, report: Mapping[str, Any], texts: Texts, refs: Sequence[str], at: datetime, *, row: Row | None
) -> list[dict[str, Any]]:
    others = {
        code: {"name": name, "description": text}
        for code, (name, text) in texts.items()
        if code != report["lang"] and name
    }
    present = translations(visit.store, visit.clearance(), row) if row is not None else []
    if not others and not present:
        return []
    said = {"object_ref": report["id"], "object_modified": report["modified"], "contents": others}
    if not present:
        return [new_record("language-content", said, str(report["created_by_ref"]), refs, at)]
    stix = decoded(present[0])
    gone = {} if others else {"revoked": True, "contents": stix["contents"]}
    kept = newer_version(stix, {}, refs, at)
    return [{**kept, **said, **gone}]


def _vulnerabilities(text: str, own: str, refs: Sequence[str], at: datetime) -> tuple[list[dict[str, Any]], str]:
    """A vulnerability for each number in the lines; and what is wrong with them."""
    found: dict[str, dict[str, Any]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        number, *rest = (part.strip() for part in line.split("|"))
        words = [each for each in rest if each.lower() != EXPLOITED]
        if not number.upper().startswith("CVE-") or len(rest) > 3:
            return [], NOT_A_LINE
        product, remedy = (*words, "", "")[:2]
        stix = found.get(number.upper()) or new_record(
            "vulnerability",
            {
                "name": number.upper(),
                "external_references": [{"source_name": "cve", "external_id": number.upper()}],
                "labels": [],
                "x_csaf_products": {"known_affected": []},
                "x_csaf_remediations": [],
            },
            own,
            refs,
            at,
        )
        if product:
            stix["x_csaf_products"]["known_affected"].append(product)
        if remedy:
            stix["x_csaf_remediations"].append(f"vendor_fix: {remedy}")
        if len(words) < len(rest):
            stix["labels"] = [EXPLOITED]
        found[number.upper()] = stix
    for stix in found.values():
        if not stix["labels"]:
            del stix["labels"]
        if not stix["x_csaf_products"]["known_affected"]:
            del stix["x_csaf_products"]
        if not stix["x_csaf_remediations"]:
            del stix["x_csaf_remediations"]
    return list(found.values()), ""
