"""Security advisories go out as CSAF 2.0 and 2.1, each a report with the vulnerabilities that it names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.exchange.directory import moment
from egnatia.exchange.formats.csaf import CVSS, EXPLOITED, VERSIONS, Fields

_CWE: Final = re.compile(r"CWE-[1-9]\d{0,5}")


def write_advisory(
    report: Fields,
    vulnerabilities: Sequence[Fields],
    publisher: Mapping[str, str],
    tlp: str,
    version: str = "2.0",
    *,
    dates: Sequence[str] = (),
    withdrawn: str | None = None,
) -> bytes:
    """A report with vulnerabilities as a CSAF security advisory, or as one that is `withdrawn` for this reason.
    `publisher` has `name` and `namespace` (a URI); the tracking id follows from the report, its revisions from when its
    versions were made (`dates`, the oldest first; else its first and its last). A security advisory names affected
    products for each vulnerability; what does not is a `csaf_base`, whatever profile it came in as. Raises ValueError
    for another version."""
    if version not in VERSIONS:
        raise ValueError(f"CSAF is written in {' or '.join(sorted(VERSIONS))}, not in {version!r}")
    vulnerabilities = vulnerabilities if withdrawn is None else ()
    statuses = [_status(each) for each in vulnerabilities]
    names = dict.fromkeys(name for status in statuses for several in status.values() for name in several)
    ids = {name: f"CSAFPID-{place:04}" for place, name in enumerate(names, 1)}
    is_whole = bool(statuses) and all(
        "known_affected" in status and _number(each) for each, status in zip(vulnerabilities, statuses, strict=True)
    )
    revisions = sorted({report["created"], *dates, report["modified"]}, key=moment)
    head: Fields = {
        "category": _category(version, is_whole=is_whole, is_withdrawn=withdrawn is not None),
        "csaf_version": version,
        "title": report["name"],
        "lang": report.get("lang", "en"),
        "distribution": _distribution(tlp, version),
        "publisher": {"category": "coordinator", **publisher},
        "notes": [
            *([] if withdrawn is None else [{**WITHDRAWN, "text": withdrawn or "It is no longer valid."}]),
            {"category": "summary", "text": report.get("description") or report["name"]},
        ],
        "references": [
            {"category": "external", "summary": each["source_name"], "url": each["url"]}
            for each in report.get("external_references", ())
            if each.get("url")
        ],
        "tracking": {
            "id": tracking_id(report),
            "aliases": list(_aliases(report)),
            "status": "final",
            "version": str(len(revisions)),
            "initial_release_date": report["created"],
            "current_release_date": report["modified"],
            "revision_history": [
                {"number": str(number), "date": date, "summary": "Published" if number == 1 else "Changed"}
                for number, date in enumerate(revisions, 1)
            ],
            "generator": {"engine": {"name": "Egnatia"}},
        },
    }
    tree = {"full_product_names": [{"product_id": id_, "name": name} for name, id_ in ids.items()]}
    document = {
        **({"$schema": SCHEMA_2_1} if version == "2.1" else {}),
        "document": {key: value for key, value in head.items() if value not in ([], None)}
        | {"tracking": {key: value for key, value in head["tracking"].items() if value != []}},
        **({"product_tree": tree} if ids else {}),
        "vulnerabilities": [
            _advised(each, status, ids, version) for each, status in zip(vulnerabilities, statuses, strict=True)
        ],
    }
    return msgspec.json.encode({key: value for key, value in document.items() if value})


WITHDRAWN: Final = {"category": "description", "title": "Reasoning for Withdrawal"}
"""The note that says why (CSAF 2.1 section 4.6)."""
FORMAT_2_0: Final = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json"
CWE_VERSION: Final = "4.16"
"""What CSAF 2.1 wants said beside a name of the CWE."""


def tracking_id(report: Mapping[str, Any]) -> str:
    """What an advisory is called by its publisher; it follows from the report."""
    return f"EGNATIA-{str(report['id']).partition('--')[2]}"


def _aliases(report: Fields) -> Iterator[str]:
    """What it was called where it came from."""
    for each in report.get("external_references", ()):
        name, number = str(each.get("source_name", "")), str(each.get("external_id", ""))
        if name.startswith("CSAF ") and number.strip() == number != "":
            yield number


def _category(version: str, *, is_whole: bool, is_withdrawn: bool) -> str:
    if is_withdrawn and version == "2.1":
        return "csaf_withdrawn"
    return "csaf_security_advisory" if is_whole else "csaf_base"


_REMEDIES: Final = frozenset({"vendor_fix", "mitigation", "workaround", "none_available", "no_fix_planned"})
"""The categories of remediations that both versions know."""

SCHEMA_2_1: Final = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"


def _distribution(tlp: str, version: str) -> Fields:
    """What an advisory says of its label: 2.1 knows TLP 2.0, 2.0 knows TLP 1.0 alone."""
    if version == "2.1":
        return {"tlp": {"label": tlp.upper()}}
    return {"tlp": {"label": _TLP_1[tlp]}, "text": f"TLP:{tlp.upper()} (TLP 2.0)"}


_TLP_1: Final = {"clear": "WHITE", "green": "GREEN", "amber": "AMBER", "amber+strict": "AMBER", "red": "RED"}
"""CSAF 2.0 knows TLP 1.0 only; the text beside it says the level in TLP 2.0."""


_GROUPS: Final = (
    ("known_affected", "first_affected", "last_affected"),
    ("fixed", "first_fixed"),
    ("known_not_affected",),
    ("under_investigation",),
)
"""Statuses that contradict each other (CSAF section 6.1.6), the gravest first; `recommended` contradicts none."""


def _status(found: Fields) -> dict[str, list[str]]:
    """The products of a vulnerability by status; of two that contradict each other the graver counts."""
    said: Mapping[str, Sequence[str]] = found.get("x_csaf_products", {})
    taken: set[str] = set()
    kept: dict[str, list[str]] = {"recommended": list(said.get("recommended", ()))}
    for group in _GROUPS:
        for name in group:
            kept[name] = [each for each in dict.fromkeys(said.get(name, ())) if each not in taken]
        taken.update(each for name in group for each in kept[name])
    return {name: several for name, several in kept.items() if several}


def _number(found: Fields) -> str:
    """The CVE number of a vulnerability; empty without one."""
    references = found.get("external_references", ())
    return next((str(each["external_id"]) for each in references if each["source_name"] == "cve"), "")


def _advised(found: Fields, status: Mapping[str, Sequence[str]], ids: Mapping[str, str], version: str) -> Fields:
    """One vulnerability as an advisory tells it."""
    references = found.get("external_references", ())
    number = _number(found)
    made: Fields = {"cve": number} if number else {"title": found["name"]}
    made |= _weaknesses(references, version)
    made["notes"] = [{"category": "description", "text": found.get("description") or found["name"]}]
    if status:
        made["product_status"] = {name: [ids[each] for each in several] for name, several in status.items()}
    made |= _scored(found.get("x_csaf_scores", ()), ids, version)
    affected = sorted({ids[each] for name in _GROUPS[0] for each in status.get(name, ())})
    if affected and found.get("x_csaf_remediations"):
        made["remediations"] = [
            {
                "category": kind if (kind := text.partition(": ")[0]) in _REMEDIES else "mitigation",
                "details": text.partition(": ")[2],
                "product_ids": affected,
            }
            for text in found["x_csaf_remediations"]
        ]
    if EXPLOITED in found.get("labels", ()):
        made["threats"] = [{"category": "exploit_status", "details": "Known to be exploited in the wild"}]
        if version == "2.1" and number and status.get("known_affected"):
            dates = {"date": found["modified"], "exploitation_date": found["created"]}
            products_ = [ids[each] for each in status["known_affected"]]
            made["first_known_exploitation_dates"] = [{**dates, "product_ids": products_}]
    made["references"] = [
        {"category": "external", "summary": each["source_name"], "url": each["url"]}
        for each in references
        if each.get("url")
    ]
    return {key: value for key, value in made.items() if value != []}


def _weaknesses(references: Sequence[Fields], version: str) -> Fields:
    """Its entries of the CWE, as far as their names are known: neither version takes a number alone."""
    found = [
        {"id": str(each["external_id"]), "name": str(each["description"])}
        for each in references
        if each["source_name"] == "cwe" and each.get("description") and _CWE.fullmatch(str(each.get("external_id")))
    ]
    if not found:
        return {}
    if version == "2.0":
        return {"cwe": found[0]}
    return {"cwes": [{**each, "version": CWE_VERSION} for each in {each["id"]: each for each in found}.values()]}


def _scored(scores: Sequence[Fields], ids: Mapping[str, str], version: str) -> Fields:
    """Its scores, each product once for each version of CVSS (section 6.1.7); CSAF 2.0 knows no CVSS 4."""
    made, taken = list[Fields](), set[tuple[str, str]]()
    for each in scores:
        for name in CVSS if version == "2.1" else CVSS[1:]:
            products_ = [ids[known] for known in dict.fromkeys(each["products"]) if known in ids]
            fresh = [one for one in products_ if (one, str(each.get(name, {}).get("version"))) not in taken]
            if name not in each or not fresh:
                continue
            taken.update((one, str(each[name]["version"])) for one in fresh)
            made.append(
                {"products": fresh, **({"content": {name: each[name]}} if version == "2.1" else {name: each[name]})}
            )
    return {("metrics" if version == "2.1" else "scores"): made} if made else {}
