"""Security advisories in CSAF 2.0 (OASIS, November 2022) and 2.1 come in as vulnerabilities with a report; how they go
out is in `csaf_writing`.

Reading keeps the facts that others act on: which products of whom, how grave, what to do, known to be exploited or not.
What an advisory says of its distribution is read like every other marking: what is not understood is RED.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import (
    FOUND_LIMIT,
    PAP_MARKINGS,
    TLP_IDS,
    Conversion,
    Origin,
    Strange,
    own_identifier,
    remark,
    written,
)
from egnatia.exchange.formats.restriction import WORD_LIMIT, in_text, restrictions, together
from egnatia.record.instant import mend_precise_instant
from egnatia.record.record import Invalid, Problem

Fields = dict[str, Any]

VERSIONS: Final = frozenset({"2.0", "2.1"})
EXPLOITED: Final = "exploited"
"""The label of a vulnerability that is known to be exploited."""

STATUSES: Final = (
    "known_affected", "first_affected", "last_affected", "recommended", "fixed", "first_fixed", "known_not_affected",
    "under_investigation",
)  # fmt: skip
_EXPLOITED: Final = re.compile(r"\b(?:known to be exploited|exploited in the wild|actively exploit|exploited:\s*yes)")
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,}")


class Document(msgspec.Struct, frozen=True):
    """The parts of an advisory that are read one by one."""

    document: Fields
    vulnerabilities: list[Fields] = []
    product_tree: Fields = {}


class _Told(msgspec.Struct):
    text: str
    category: str = ""


class _Id(msgspec.Struct):
    system_name: str
    text: str


class _Remedy(msgspec.Struct):
    category: str
    details: str


class _Hole(msgspec.Struct):
    cve: str = ""
    cwe: Fields | None = None
    cwes: list[Fields] = []
    ids: list[_Id] = []
    notes: list[_Told] = []
    remediations: list[_Remedy] = []
    references: list[Fields] = []
    threats: list[Fields] = []
    scores: list[Fields] = []
    metrics: list[Fields] = []
    product_status: dict[str, list[str]] = {}


class _Publisher(msgspec.Struct):
    name: str
    namespace: str


class _Tracking(msgspec.Struct):
    id: str
    initial_release_date: str
    current_release_date: str


class _Head(msgspec.Struct):
    csaf_version: str
    category: str
    title: str
    publisher: _Publisher
    tracking: _Tracking
    distribution: Fields = {}
    notes: list[_Told] = []
    references: list[Fields] = []


class _Shape(msgspec.Struct):
    """As much of an advisory as is read: whoever wrote it otherwise learns where."""

    document: _Head
    vulnerabilities: list[_Hole] = []
    product_tree: Fields = {}


_shape = msgspec.json.Decoder(_Shape).decode


def read_advisory(content: bytes, decided: Mapping[str, str] = {}) -> Conversion:
    """An advisory as a report, its vulnerabilities and notes. `decided` says what strange words mean
    (`restriction.restrictions`). Raises Invalid where it is no CSAF document."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        _shape(content)
        made = msgspec.json.decode(content, type=Document)
        return _Advisory(made, decided).conversion(content)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        raise Invalid((Problem(place.strip("`") or "$", "as CSAF has it", said),)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", "a CSAF document", str(error)),)) from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise Invalid((Problem("$", "a CSAF document with its required properties", repr(error)),)) from error


class _Advisory:
    """One advisory being read."""

    def __init__(self, made: Document, decided: Mapping[str, str]) -> None:
        head = made.document
        if str(head["csaf_version"]) not in VERSIONS:
            raise Invalid((Problem("$.document.csaf_version", "2.0 or 2.1", repr(head["csaf_version"])),))
        self.made, self.head, self.tracking = made, head, head["tracking"]
        self.publisher: Fields = head["publisher"]
        self.created = _instant(self.tracking["initial_release_date"], "initial_release_date")
        self.modified = max(self.created, _instant(self.tracking["current_release_date"], "current_release_date"))
        self.key = (str(self.publisher["namespace"]), str(self.tracking["id"]))
        self.products = dict(products(made.product_tree))
        self.remarks: list[Problem] = []
        self.strange: list[Strange] = []
        self.decided = decided
        self.refs = self._markings()

    def conversion(self, content: bytes) -> Conversion:
        """Everything."""
        author = self._author()
        vulnerabilities = [self._vulnerability(place, each) for place, each in enumerate(self.made.vulnerabilities)]
        report = self._report([each["id"] for each in vulnerabilities] or [author["id"]], author["id"])
        notes = [self._note(report["id"], place, each) for place, each in enumerate(self._notes(summary=False))]
        records = [author, *vulnerabilities, report, *notes]
        title = str(self.head["title"])
        origin = Origin("csaf", " ".join(self.key), title, str(report["id"]))
        return Conversion(
            tuple(written(each) for each in records),
            tuple(self.remarks),
            frozenset({author["id"]}),
            strange=tuple(self.strange),
            origin=origin,
            document=content if self.strange else b"",
        )

    def _markings(self) -> list[str]:
        distribution: Fields = self.head.get("distribution", {})
        label, text = str(distribution.get("tlp", {}).get("label", "")), str(distribution.get("text", ""))
        labelled = restrictions([f"tlp:{label}"] if label else [], self.decided)
        spoken = in_text(text)
        is_alone = bool(text) and spoken.tlp is None and labelled.tlp is None
        said = together(labelled, spoken, restrictions([text] if is_alone else [], self.decided))
        for word in said.strange:
            place = "$.document.distribution"
            self.strange.append(Strange(word[:WORD_LIMIT], place, str(self.head["title"])[:FOUND_LIMIT]))
            self.remarks.append(remark(place, "a restriction that is not understood: TLP:RED", distribution))
        tlp = "red" if said.strange else said.tlp
        return [*([TLP_IDS[tlp]] if tlp else []), *([PAP_MARKINGS[said.pap]] if said.pap else [])]

    def _made(self, kind: str, *names: str) -> Fields:
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": own_identifier(kind, "csaf", *self.key, *names),
            "created": self.created,
            "modified": self.modified,
            "object_marking_refs": self.refs,
        }

    def _author(self) -> Fields:
        return {
            "type": "identity",
            "spec_version": "2.1",
            "id": own_identifier("identity", "csaf", self.key[0]),
            "created": "2017-01-01T00:00:00.000Z",
            "modified": "2017-01-01T00:00:00.000Z",
            "name": str(self.publisher["name"]),
            "identity_class": "organization",
        }

    def _vulnerability(self, place: int, found: Fields) -> Fields:
        number = str(found.get("cve", ""))
        path = f"$.vulnerabilities[{place}]"
        ids = [
            {"source_name": str(each["system_name"]), "external_id": str(each["text"])} for each in found.get("ids", [])
        ]
        if number and not _CVE.fullmatch(number):
            self.remarks.append(remark(f"{path}.cve", "a CVE number", number))
        cve = [{"source_name": "cve", "external_id": number}] if _CVE.fullmatch(number) else []
        weaknesses = [each for each in (found.get("cwe"), *found.get("cwes", ())) if each and each.get("id")]
        status = {name: self._named(found.get("product_status", {}).get(name, [])) for name in STATUSES}
        actions = [f"{each['category']}: {each['details']}" for each in found.get("remediations", [])]
        texts = [str(each["text"]) for each in found.get("notes", [])]
        return self._made("vulnerability", number or str(found.get("title", place))) | {
            "name": number or str(found.get("title", f"{self.key[1]} {place + 1}")),
            "description": "\n\n".join([*([str(found["title"])] if found.get("title") else []), *texts]),
            "external_references": [
                *cve, *ids, *map(_weakness, weaknesses),
                *_links(found.get("references", [])),
            ],
            "labels": [EXPLOITED] if _is_exploited(found) else [],
            "x_csaf_products": {name: several for name, several in status.items() if several},
            "x_csaf_remediations": actions,
            "x_csaf_base_score": _base_score(found),
            "x_csaf_scores": [
                {"products": self._named(each.get("products", [])), **scores}
                for each in (*found.get("scores", []), *found.get("metrics", []))
                if (scores := _scores(each.get("content", each)))
            ],
        }  # fmt: skip

    def _named(self, ids: Sequence[str]) -> list[str]:
        return [self.products.get(str(each), str(each)) for each in ids]

    def _report(self, refs: list[str], author: str) -> Fields:
        status = str(self.tracking.get("status", "final"))
        return self._made("report") | {
            "name": str(self.head["title"]),
            "created_by_ref": author,
            "description": "\n\n".join(
                str(each["text"])
                for each in self.head.get("notes", [])
                if each.get("category") in {"summary", "description"}
            ),
            "report_types": ["vulnerability"],
            "published": self.modified,
            "object_refs": list(dict.fromkeys(refs)),
            "lang": self.head.get("lang"),
            "labels": [f"csaf:category={self.head['category']}", f"csaf:status={status}"],
            "external_references": [
                {"source_name": f"CSAF {self.key[0]}", "external_id": self.key[1]},
                *_links(self.head.get("references", [])),
            ],
        }

    def _notes(self, *, summary: bool) -> list[Fields]:
        notes: list[Fields] = self.head.get("notes", [])
        return [each for each in notes if (each.get("category") in {"summary", "description"}) == summary]

    def _note(self, report: str, place: int, found: Fields) -> Fields:
        told = {"abstract": str(found.get("title", found["category"])), "content": str(found["text"])}
        return self._made("note", str(place)) | told | {"object_refs": [report]}


def products(tree: Fields) -> Iterator[tuple[str, str]]:
    """Every product of a tree with its full name."""
    waiting: list[Any] = [*tree.get("branches", []), *tree.get("full_product_names", [])]
    waiting += [each.get("full_product_name", {}) for each in tree.get("relationships", [])]
    while waiting:
        each = waiting.pop()
        waiting += each.get("branches", [])
        product = each.get("product", each)
        if "product_id" in product:
            yield str(product["product_id"]), str(product.get("name", product["product_id"]))


def _links(references: Sequence[Fields]) -> list[dict[str, str]]:
    return [
        {"source_name": str(each.get("summary", "reference"))[:250] or "reference", "url": str(each["url"])}
        for each in references
        if re.match(r"https?://\S+\Z", str(each.get("url", "")))
    ]


def _is_exploited(found: Fields) -> bool:
    """Whether somebody knows of its exploitation (2.0: a threat says so in words; 2.1: since when)."""
    threats = [each for each in found.get("threats", []) if each.get("category") == "exploit_status"]
    said = " ".join(str(each.get("details", "")) for each in threats).lower()
    return bool(_EXPLOITED.search(said) or found.get("first_known_exploitation_dates"))


def _base_score(found: Fields) -> float | None:
    """The gravest score of CVSS that is given (2.0: scores, 2.1: metrics)."""
    contents = [*found.get("scores", []), *(each.get("content", {}) for each in found.get("metrics", []))]
    said = [each[name] for each in contents for name in CVSS if isinstance(each.get(name), dict)]
    scores = [each.get("baseScore") for each in said]
    numbers = [float(score) for score in scores if isinstance(score, int | float)]
    return max(numbers, default=None)


CVSS: Final = ("cvss_v4", "cvss_v3", "cvss_v2")
_CVSS_NEEDS: Final = ("version", "vectorString", "baseScore", "baseSeverity")
"""What every version of CVSS has in common, and nothing that could contradict it."""


def _scores(content: Fields) -> Fields:
    """Its scores of CVSS, each with its vector, as far as they are whole."""
    found = {name: _score(content[name], name) for name in CVSS if isinstance(content.get(name), dict)}
    return {name: each for name, each in found.items() if each}


def _score(said: Fields, name: str) -> Fields:
    needs = [each for each in _CVSS_NEEDS if name != "cvss_v2" or each != "baseSeverity"]
    kept = {each: said.get(each) for each in needs}
    whole = isinstance(kept["baseScore"], int | float) and all(
        isinstance(value, str) for each, value in kept.items() if each != "baseScore"
    )
    return kept if whole else {}


def _weakness(said: Fields) -> dict[str, str]:
    """An entry of the CWE as a reference, with its name."""
    name = {"description": str(said["name"])} if said.get("name") else {}
    return {"source_name": "cwe", "external_id": str(said["id"]), **name}


def _instant(text: object, where: str) -> str:
    mended = mend_precise_instant(str(text))
    if mended is None:
        raise Invalid((Problem(f"$.document.tracking.{where}", "a date and time", repr(text)[:80]),))
    return mended
