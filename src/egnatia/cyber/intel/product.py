"""What an organisation writes for people to act on: alerts, advisories, situation reports, awareness campaigns.

A product is a STIX report whose `report_types` says which kind it is, its texts in other languages a `language-content`
record, so every STIX program can carry and show it. `severity:high` among the labels says how grave it is.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from egnatia.policy import Clearance
from egnatia.record.instant import version_of
from egnatia.store import Query, Row, Store
from egnatia.store.query import LAST


class Kind(enum.StrEnum):
    """The kinds of products, as `report_types` spells them."""

    ALERT = "alert"
    ADVISORY = "advisory"
    SITUATION = "situation-report"
    AWARENESS = "awareness"


SEVERITIES: Final = ("critical", "high", "medium", "low")
LOOKED_AT: Final = 2_000
"""Reports that are looked through for products, the newest first: reports of others, such as of feeds, are among
them."""
_REPORTS: Final = Query(types=("report",), versions=(LAST,), newest_first=True)


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its texts by language tag, the author's own first; `at` is when it came here, microseconds UTC."""

    id: str
    kind: Kind
    owner: str
    severity: str
    lang: str
    texts: Mapping[str, tuple[str, str]]
    refs: tuple[str, ...]
    published: str
    modified: str
    revoked: bool
    at: int
    position: int
    stix: Mapping[str, Any]

    def text(self, tags: Sequence[str]) -> tuple[str, str, str]:
        """Title, text and language for a reader of these languages, the dearest first; the author's own for none."""
        for tag in tags:
            for each, (name, text) in self.texts.items():
                if each.lower() == tag or each.lower().startswith(f"{tag}-"):
                    return name, text, each
        name, text = self.texts[self.lang]
        return name, text, self.lang


def kind_of(stix: Mapping[str, Any]) -> Kind | None:
    """Which product a report is; None where it is none."""
    types = stix.get("report_types")
    if stix.get("type") != "report" or not isinstance(types, list):
        return None
    return next((kind for kind in Kind if kind.value in types), None)


def severity_of(stix: Mapping[str, Any]) -> str:
    """How grave it is; empty where nobody said."""
    labels = stix.get("labels")
    said = {str(each) for each in labels} if isinstance(labels, list) else set()
    return next((each for each in SEVERITIES if f"severity:{each}" in said), "")


def products(
    store: Store,
    clearance: Clearance,
    kinds: Sequence[Kind] = tuple(Kind),
    limit: int = 50,
    *,
    skip: int = 0,
    by_change: bool = False,
    revoked: bool = True,
) -> list[Product]:
    """The products of these kinds that the reader may see, each once; those that were published last first, or with
    `by_change` those that were. `revoked` says whether those that hold no longer are among them."""
    page = store.bodies(clearance, 0, LOOKED_AT, _REPORTS).rows
    newest = {row.id: row for row in reversed(page)}
    wanted: list[tuple[str, int]] = []
    for row in newest.values():
        seen = _glanced(row.body)
        if kind_of({"type": seen.type, "report_types": seen.report_types}) in kinds and (revoked or not seen.revoked):
            # Nobody stays on top by a day that is still to come.
            said = seen.modified if by_change else seen.published or seen.created
            wanted.append((min(_sortable(said), _sortable(row.at)), row.position))
    places = [position for _, position in sorted(wanted, reverse=True)][skip : skip + limit]
    rows = {row.position: row for row in store.at(clearance, places)} if places else {}
    return [product(store, clearance, rows[position]) for position in places if position in rows]


def _sortable(moment: object) -> str:
    """A moment, microseconds UTC or as STIX has it, so that text order is time order."""
    if isinstance(moment, int):
        return f"{datetime.fromtimestamp(moment / 1_000_000, UTC):%Y-%m-%dT%H:%M:%S.%f}"
    return str(moment).rstrip("Z")


def product(store: Store, clearance: Clearance, row: Row) -> Product:
    """One product with its translations, as far as the reader may see them."""
    stix = _decoded(row)
    kind = kind_of(stix)
    if kind is None:
        raise ValueError(f"{row.id} is no product")
    lang = str(stix.get("lang") or "en")
    texts = {lang: (str(stix.get("name", "")), str(stix.get("description", "")))}
    for content in translations(store, clearance, row):
        for tag, said in _contents(_decoded(content)):
            if isinstance(said.get("name"), str) and tag.lower() != lang.lower():
                texts.setdefault(tag, (said["name"], str(said.get("description", ""))))
    return Product(
        id=row.id,
        kind=kind,
        owner=row.owner,
        severity=severity_of(stix),
        lang=lang,
        texts=texts,
        refs=tuple(str(each) for each in stix.get("object_refs", ())),
        published=str(stix.get("published", "")),
        modified=str(stix.get("modified", "")),
        revoked=stix.get("revoked") is True,
        at=row.at,
        position=row.position,
        stix=stix,
    )


def translations(store: Store, clearance: Clearance, row: Row) -> list[Row]:
    """What its owner says of this version in other languages; of one that was revoked, what was said last, for a
    revocation says nothing new."""
    naming = store.neighbours(clearance, row.id, "in", 200)
    stix = _decoded(row)
    modified = str(stix.get("modified", "")) if stix.get("revoked") is not True else ""
    return [
        each
        for each in naming
        if each.type == "language-content" and each.owner == row.owner and _is_of(_decoded(each), row.id, modified)
    ]


def _is_of(content: Mapping[str, Any], record: str, modified: str) -> bool:
    version = content.get("object_modified")
    if content.get("object_ref") != record or content.get("revoked") is True:
        return False
    return version is None or not modified or version_of(str(version)) == version_of(modified)


def _contents(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    said = content.get("contents")
    if isinstance(said, dict):
        yield from ((str(tag), texts) for tag, texts in said.items() if isinstance(texts, dict))


class _Glance(msgspec.Struct):
    """As much of a report as says what it is: few are products, and only those are read whole."""

    type: str
    report_types: Any = None
    published: Any = ""
    created: Any = ""
    modified: Any = ""
    revoked: Any = False


_glanced = msgspec.json.Decoder(_Glance).decode


def _decoded(row: Row) -> dict[str, Any]:
    return msgspec.json.decode(row.body, type=dict[str, Any])
