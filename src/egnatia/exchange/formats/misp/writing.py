"""Records as MISP events, with their labels as tags and as a distribution that is never wider than the label.

A report becomes an event with what it names; records that no report names become one event together. Whatever MISP has
no type for goes along as a STIX pattern.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid5

import msgspec

from egnatia.exchange.directory import moment
from egnatia.exchange.formats.conversion import is_uuid
from egnatia.exchange.formats.misp.types import HASHES, RULES
from egnatia.exchange.shown import PAP_NAMES, TLP_NAMES
from egnatia.policy.label import Label, Pap, Tlp
from egnatia.policy.meet import strictest_tlp
from egnatia.record.marking import EGNATIA
from egnatia.record.pattern import BadPattern, Comparison, comparisons
from egnatia.store.entry import Row

Fields = dict[str, Any]

TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "ipv4-addr:value": ("ip-dst", "Network activity"),
    "ipv6-addr:value": ("ip-dst", "Network activity"),
    "domain-name:value": ("domain", "Network activity"),
    "url:value": ("url", "Network activity"),
    "email-addr:value": ("email", "Payload delivery"),
    "email-message:subject": ("email-subject", "Payload delivery"),
    "email-message:message_id": ("email-message-id", "Payload delivery"),
    "file:name": ("filename", "Payload delivery"),
    "mutex:name": ("mutex", "Artifacts dropped"),
    "windows-registry-key:key": ("regkey", "Artifacts dropped"),
    "autonomous-system:number": ("AS", "Network activity"),
    "mac-addr:value": ("mac-address", "Network activity"),
    "cryptocurrency-wallet:value": ("btc", "Financial fraud"),
    "x509-certificate:hashes.MD5": ("x509-fingerprint-md5", "Network activity"),
    "x509-certificate:hashes.'SHA-1'": ("x509-fingerprint-sha1", "Network activity"),
    "x509-certificate:hashes.'SHA-256'": ("x509-fingerprint-sha256", "Network activity"),
    "file:extensions.'windows-pebinary-ext'.imphash": ("imphash", "Payload delivery"),
    "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'": ("user-agent", "Network activity"),
    **{
        f"file:hashes.{name if name.isalnum() else repr(name)}": (kind, "Payload delivery")
        for kind, name in HASHES.items()
    },
}
"""The attribute type and category of what a pattern compares with."""

_RULE_TYPES: Final = {language: kind for kind, language in RULES.items() if kind not in {"stix2-pattern", "bro"}}
_NEVER_TAGS: Final = ("misp:type=", "misp:category=", "misp:object=", "misp:threat-level=")
_DISTRIBUTIONS: Final = {Tlp.CLEAR: "3", Tlp.GREEN: "1"}
_GALAXIES: Final = {
    "attack-pattern": "mitre-attack-pattern",
    "intrusion-set": "threat-actor",
    "threat-actor": "threat-actor",
    "malware": "malpedia",
    "tool": "tool",
    "course-of-action": "mitre-course-of-action",
}


def distribution(label: Label) -> str:
    """The distribution of what lies under a label: all, this community, or the receiving organisation alone."""
    limited = label.audiences or label.agreements or label.personal or label.unresolved or label.withdrawn or label.also
    return "0" if limited else _DISTRIBUTIONS.get(strictest_tlp(label), "0")


def tags(label: Label) -> list[str]:
    """The label as tags."""
    pap = [f"PAP:{PAP_NAMES[label.pap].upper()}"] if label.pap > Pap.CLEAR else []
    return [f"tlp:{TLP_NAMES[strictest_tlp(label)]}", *pap]


def events(
    rows: Iterable[Row], creator: tuple[str, str], info: str = "Records of Egnatia", rest_id: str = ""
) -> list[Fields]:
    """The records as events: one for each report, and one for the rest. `creator` is the identity and the name of who
    exports them, `rest_id` what the event of the rest follows from; else it is another one for other records."""
    held = {row.id: (row, msgspec.json.decode(row.body, type=Fields)) for row in rows}
    made: list[Fields] = []
    told: set[str] = set()
    for row, report in held.values():
        if row.type == "report":
            named = [held[ref] for ref in report["object_refs"] if ref in held]
            about = [
                each for each in held.values() if row.id in each[1].get("object_refs", ()) and each[0].type == "note"
            ]
            told |= {row.id, *(each.id for each, _ in (*named, *about))}
            made.append(_event(row.id, report["name"], [(row, report), *named, *about], held, creator))
    rest = [(row, record) for row, record in held.values() if row.id not in told]
    if any(_attributes(row, record, held) for row, record in rest):
        name = f"report--{uuid5(EGNATIA, rest_id or ','.join(sorted(row.id for row, _ in rest)))}"
        made.append(_event(name, info, rest, held, creator))
    return made


def _event(
    name: str,
    info: str,
    members: Sequence[tuple[Row, Fields]],
    held: Mapping[str, tuple[Row, Fields]],
    creator: tuple[str, str],
) -> Fields:
    own = [row for row, _ in members if row.id == name]
    leading = own or [row for row, _ in members]
    said = max(leading, key=lambda row: (row.label.tlp, row.label.pap)).label
    widest = min((distribution(row.label) for row in leading), default="0")
    stamp = max(moment(record["modified"]).timestamp() for _, record in members if "modified" in record)
    attributes = [each for row, record in members for each in _attributes(row, record, held)]
    attributes += [each for row, record in members if row.id == name for each in _links(record)]
    uuid = creator[0].partition("--")[2]
    labels = [label for row, record in members if row.id == name for label in record.get("labels", ())]
    return {
        "uuid": _uuid(name),
        "info": info,
        "date": min(str(record["created"])[:10] for _, record in members if "created" in record),
        "timestamp": str(int(stamp)),
        "publish_timestamp": str(int(stamp)),
        "published": True,
        "analysis": "2",
        "threat_level_id": next((key for key, word in _LEVELS.items() if f'misp:threat-level="{word}"' in labels), "4"),
        "distribution": widest,
        "extends_uuid": "",
        "Orgc": {"uuid": uuid, "name": creator[1]},
        "Org": {"uuid": uuid, "name": creator[1]},
        "Tag": [{"name": tag} for tag in dict.fromkeys([*tags(said), *_plain(labels), *_galaxies(members)])],
        "Attribute": list({each["uuid"] + each["value"]: each for each in attributes}.values()),
        "Object": [],
    }


_LEVELS: Final = {"1": "high", "2": "medium", "3": "low"}


def _plain(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if not label.startswith(_NEVER_TAGS)]


def _galaxies(members: Iterable[tuple[Row, Fields]]) -> list[str]:
    found = []
    for row, record in members:
        galaxy = _GALAXIES.get(row.type)
        if galaxy is not None:
            numbers = [each.get("external_id", "") for each in record.get("external_references", ())]
            technique = next((each for each in numbers if each[:1] == "T" and each[1:5].isdigit()), "")
            name = f"{record['name']} - {technique}" if technique else record["name"]
            found.append(f'misp-galaxy:{galaxy}="{name}"')
    return found


def _attributes(row: Row, record: Fields, held: Mapping[str, tuple[Row, Fields]]) -> list[Fields]:
    """The attributes of one record; none for one that MISP tells as a tag or not at all."""
    match row.type:
        case "indicator":
            kind, category, value = _of_indicator(record)
            return [_attribute(row, record, kind, category, value, detects=True)]
        case "observed-data":
            found = [held[ref] for ref in record.get("object_refs", ()) if ref in held]
            return [
                _attribute(row, record, kind, category, value, place=place)
                for place, (kind, category, value) in enumerate(
                    each for observed, decoded in found for each in _of_observable(observed.type, decoded)
                )
            ]
        case "vulnerability":
            return [_attribute(row, record, "vulnerability", "External analysis", record["name"])]
        case "note":
            return [_attribute(row, record, "text", "Other", record["content"])]
        case _:
            return []


def _attribute(
    row: Row, record: Fields, kind: str, category: str, value: str, *, detects: bool = False, place: int = 0
) -> Fields:
    labels = record.get("labels", [])
    said = {
        name: label[len(name) + 7 : -1]
        for label in labels
        for name in ("type", "category")
        if label.startswith(f'misp:{name}="')
    }
    own = said.get("type")
    fits = own is not None and ("|" in own) == ("|" in kind) and kind not in {"stix2-pattern", "text"}
    return {
        "uuid": _uuid(row.id) if place == 0 else str(uuid5(EGNATIA, f"{row.id} {place}")),
        "type": own if fits and own is not None else kind,
        "category": said.get("category", category),
        "value": value,
        "to_ids": detects and not record.get("revoked", False),
        "deleted": bool(record.get("revoked", False)),
        "comment": record.get("description") or record.get("x_misp_comment") or "",
        "timestamp": str(int(moment(record["modified"]).timestamp())),
        "distribution": distribution(row.label),
        "Tag": [{"name": tag} for tag in [*tags(row.label), *_plain(labels)]],
    }


def _links(report: Fields) -> list[Fields]:
    stamp = str(int(moment(report["modified"]).timestamp()))
    return [
        {
            "uuid": str(uuid5(EGNATIA, f"{report['id']} {each['url']}")),
            "type": "link",
            "category": "External analysis",
            "value": each["url"],
            "to_ids": False,
            "deleted": False,
            "comment": each.get("source_name", ""),
            "timestamp": stamp,
            "distribution": "5",
            "Tag": [],
        }
        for each in report.get("external_references", ())
        if each.get("url")
    ]


def _of_indicator(record: Fields) -> tuple[str, str, str]:
    language, pattern = record["pattern_type"], record["pattern"]
    if language != "stix":
        return (_RULE_TYPES.get(language, "text"), "External analysis", pattern)
    try:
        found = comparisons(pattern)
    except BadPattern:
        return ("text", "Other", pattern)
    paths = {each.path: each for each in found}
    if len(found) == 1 and _is_equality(found[0]) and found[0].path in TYPES:
        return (*TYPES[found[0].path], str(found[0].values[0]))
    if paths.keys() == {"domain-name:value", "domain-name:resolves_to_refs[*].value"} and " AND " in pattern:
        return ("domain|ip", "Network activity", "|".join(str(each.values[0]) for each in found))
    for side in ("src", "dst"):
        ends = [f"network-traffic:{side}_ref.value", f"network-traffic:{side}_port"]
        if paths.keys() == {f"network-traffic:{side}_ref.type", *ends} and " OR " not in pattern:
            kind = "hostname" if paths[f"network-traffic:{side}_ref.type"].values == ("domain-name",) else f"ip-{side}"
            return (f"{kind}|port", "Network activity", "|".join(str(paths[end].values[0]) for end in ends))
    return ("stix2-pattern", "External analysis", pattern)


def _is_equality(comparison: Comparison) -> bool:
    return comparison.operator == "=" and not comparison.negated


def _of_observable(kind: str, record: Fields) -> list[tuple[str, str, str]]:
    found = []
    for algorithm, digest in record.get("hashes", {}).items():
        path = f"{kind}:hashes.{algorithm if algorithm.isalnum() else repr(algorithm)}"
        if path in TYPES:
            found.append((*TYPES[path], str(digest)))
    names = ("value", "name", "key", "number", "subject", "message_id")
    paths = ((name, f"{kind}:{name}") for name in names if name in record)
    return [*found, *((*TYPES[path], str(record[name])) for name, path in paths if path in TYPES)]


def _uuid(name: str) -> str:
    uuid = name.partition("--")[2]
    return uuid if is_uuid(uuid) else str(uuid5(EGNATIA, name))
