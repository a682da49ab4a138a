"""Galaxies name what is known anyway: techniques, actors, malware. They become records of these types, named by their
MITRE identifiers where they have some."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import Conversion, identifier, instant, is_uuid, own_identifier
from egnatia.exchange.formats.misp.event import Cluster, Galaxy, flag, number
from egnatia.exchange.formats.misp.handling import Handled, Terms
from egnatia.exchange.formats.misp.sheet import KNOWN_SINCE, Sheet
from egnatia.exchange.formats.restriction import Restrictions
from egnatia.record.record import Invalid, Problem

_KINDS: Final[Mapping[str, str]] = {
    "attack-pattern": "attack-pattern",
    "disarm-techniques": "attack-pattern",
    "disarm-countermeasures": "course-of-action",
    "course-of-action": "course-of-action",
    "intrusion-set": "intrusion-set",
    "threat-actor": "intrusion-set",
    "microsoft-activity-group": "intrusion-set",
    "360net-threat-actor": "intrusion-set",
    "campaign": "campaign",
    "malware": "malware",
    "ransomware": "malware",
    "backdoor": "malware",
    "banker": "malware",
    "botnet": "malware",
    "rat": "malware",
    "stealer": "malware",
    "cryptominers": "malware",
    "android": "malware",
    "malpedia": "malware",
    "tool": "tool",
    "exploit-kit": "tool",
    "tds": "tool",
    "sector": "identity",
    "country": "location",
    "region": "location",
}
"""Which record an entry of a galaxy becomes, by the end of the galaxy's type (`mitre-enterprise-attack-malware`)."""

DISARM: Final = "disarm"
"""What DISARM's own phases are called, and the beginning of the names of its galaxies."""

_TECHNIQUE: Final = re.compile(r"\b(?:T\d{4}(?:\.\d{3})?|[GSMC]\d{4}|AML\.T\d{4})\b")
_TAG: Final = re.compile(r'misp-galaxy:([a-z0-9_-]+)="(.+)"', re.IGNORECASE)
_PUBLIC: Final = Handled(Restrictions(tlp="clear"))


def kind_of(galaxy: str) -> str | None:
    """The record type that entries of a galaxy become; None for galaxies that only describe."""
    lowered = galaxy.lower()
    return next((kind for end, kind in _KINDS.items() if lowered == end or lowered.endswith(f"-{end}")), None)


def clusters_in(galaxies: Iterable[Galaxy] | None, tags: Iterable[str] = ()) -> list[tuple[str, Cluster]]:
    """Every entry once, with its galaxy's type: those that are spelled out, then those that only a tag names."""
    found: dict[str, tuple[str, Cluster]] = {}
    for galaxy in galaxies or ():
        for cluster in galaxy.clusters or ():
            kind = cluster.type or galaxy.type
            tag = cluster.tag_name or f'misp-galaxy:{kind}="{cluster.value}"'
            found.setdefault(tag.lower(), (kind, cluster))
    for tag in tags:
        named = _TAG.fullmatch(tag)
        if named is not None:
            found.setdefault(tag.lower(), (named[1], Cluster(value=named[2], type=named[1], tag_name=tag)))
    return list(found.values())


def take_cluster(sheet: Sheet, galaxy: str, cluster: Cluster, how: Handled) -> str | None:
    """Take an entry; its id, None for one that only describes and stays a tag. An entry that somebody made for himself
    is handled like what it stands at."""
    kind = kind_of(galaxy)
    if kind is None or not cluster.value.strip():
        return None
    own = cluster.default is not None and not flag(cluster.default)
    own = own or number(cluster.distribution) not in {None, 3}
    under = how if own else _PUBLIC
    return sheet.tell(sheet.know(_record(kind, galaxy, cluster, under), under), how)


def _record(kind: str, galaxy: str, cluster: Cluster, how: Handled) -> dict[str, Any]:
    meta = cluster.meta if isinstance(cluster.meta, dict) else {}
    number_ = _external_id(cluster, meta)
    name = re.sub(rf"\s+-\s+{re.escape(number_)}\Z", "", cluster.value) if number_ else cluster.value
    names = [cluster.tag_name or f"{galaxy}={cluster.value}", *([] if how is _PUBLIC else how.refs)]
    uuid = cluster.uuid or ""
    unique = is_uuid(uuid) and bool(cluster.collection_uuid) and uuid != cluster.collection_uuid
    made: dict[str, Any] = {
        "type": kind,
        "spec_version": "2.1",
        "id": identifier(kind, uuid) if unique else own_identifier(kind, *names),
        "created": KNOWN_SINCE,
        "modified": KNOWN_SINCE,
        "name": name,
        "description": cluster.description,
        "external_references": _references(galaxy, number_, meta),
    }
    if kind == "attack-pattern":
        made["kill_chain_phases"] = _phases(galaxy, meta)
    return made | _of_kind(kind, cluster, [each for each in _texts(meta.get("synonyms")) if each != name])


def _of_kind(kind: str, cluster: Cluster, aliases: list[str]) -> dict[str, Any]:
    match kind:
        case "malware":
            return {"is_family": True, "aliases": aliases}
        case "identity":
            return {"identity_class": "class"}
        case "location":
            code = cluster.value.strip()
            return {"country": code} if re.fullmatch("[A-Z]{2}", code) else {"region": code.lower().replace(" ", "-")}
        case "course-of-action":
            return {}
        case _:
            return {"aliases": aliases}


def _external_id(cluster: Cluster, meta: Mapping[str, Any]) -> str:
    said = _texts(meta.get("external_id"))
    found = said[:1] or _TECHNIQUE.findall(cluster.value)[-1:]
    return found[0] if found and _TECHNIQUE.fullmatch(found[0]) else ""


def _references(galaxy: str, number_: str, meta: Mapping[str, Any]) -> list[dict[str, str]]:
    framework = DISARM if galaxy.lower().startswith(f"{DISARM}-") else "mitre-attack"
    found = [{"source_name": framework, "external_id": number_}] if number_ else []
    links = [each for each in _texts(meta.get("refs")) if re.match(r"https?://\S+\Z", each)]
    return found + [{"source_name": galaxy, "url": link} for link in links[:20]]


def _phases(galaxy: str, meta: Mapping[str, Any]) -> list[dict[str, str]]:
    """`mitre-attack:execution`, or `tactics:Establish Assets` of DISARM, as phases of a kill chain."""
    found = []
    for each in _texts(meta.get("kill_chain")):
        chain, _, phase = each.rpartition(":")
        chain = DISARM if galaxy.lower().startswith(f"{DISARM}-") else chain.partition(":")[0]
        if chain and phase:
            found.append({"kill_chain_name": chain, "phase_name": phase.strip().lower().replace(" ", "-")})
    return found


def _texts(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str) and each]


class _Library(msgspec.Struct, frozen=True):
    """A galaxy as the MISP project publishes it: a file of `clusters/`."""

    type: str
    name: str
    values: list[Cluster]


def read_galaxy(document: bytes, at: float) -> Conversion:
    """A whole galaxy as records that everybody may see, as known `at` (seconds); a remark where its entries only
    describe. Raises Invalid for what is no galaxy."""
    try:
        library = msgspec.json.decode(document, type=_Library)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", "a galaxy of the MISP project (a file of clusters/)", str(error)),)) from error
    sheet = Sheet(Terms(), "", created=0, floor=int(at), author=None)
    kind = kind_of(library.type)
    if kind is None:
        sheet.remark("$.type", "entries of this galaxy only describe", library.type)
        return sheet.conversion()
    for cluster in library.values:
        if cluster.value.strip():
            sheet.put(
                {**_record(kind, library.type, _tagged(library.type, cluster), _PUBLIC), "modified": instant(at)},
                _PUBLIC,
            )
    return sheet.conversion()


def _tagged(galaxy: str, cluster: Cluster) -> Cluster:
    """An entry under the name that tags know it by: then what a tag names and what a library tells of are one."""
    return msgspec.structs.replace(cluster, tag_name=f'misp-galaxy:{galaxy}="{cluster.value}"')


def link_galaxies(sheet: Sheet, galaxies: Iterable[Galaxy] | None, source: str, how: Handled, path: str) -> None:
    """Say that a record indicates, or has to do with, what its galaxies name."""
    for galaxy, cluster in clusters_in(galaxies):
        named = take_cluster(sheet, galaxy, cluster, how)
        if named is None:
            sheet.remark(
                f"{path}.Galaxy", "a galaxy that only describes stays a tag", cluster.tag_name or cluster.value
            )
            continue
        said = "indicates" if source.startswith("indicator--") else "related-to"
        made = sheet.made("relationship", own_identifier("relationship", source, said, named))
        made |= {"relationship_type": said, "source_ref": source, "target_ref": named}
        sheet.tell(sheet.put(made, how), how)
