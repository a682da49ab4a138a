"""A product in its reader's language, and the exploited vulnerabilities, as pages and papers show them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.product import Kind, Product
from egnatia.exchange.formats.csaf import EXPLOITED
from egnatia.exchange.formats.csaf_writing import write_advisory
from egnatia.exchange.shown import TLP_NAMES
from egnatia.paper import Block, Document, Facts, Heading, Table
from egnatia.policy import Clearance
from egnatia.store import Known
from egnatia.store.entry import Row
from egnatia.store.store import Store
from egnatia.web.language import Language, Speech
from egnatia.web.language.catalogue import spelled_for
from egnatia.web.language.footnote import footnotes
from egnatia.web.premises import Premises
from egnatia.web.product.text import Part, blocks, parts
from egnatia.web.publish.product import KINDS, SEVERITY_WORDS
from egnatia.web.record.name import decoded
from egnatia.web.record.sides import micros
from egnatia.web.record.text import visible
from egnatia.web.record.translation import tags

_ALSO_READ: Final = {"sr-Cyrl": ("sr-latn", "cnr", "bs")}
"""What readers of a language read as well, before they read English; of other languages the tags say so already."""


class Bulletin(msgspec.Struct, frozen=True, kw_only=True):
    """A product as a reader of one language reads it. `others` are the languages it is in besides; `published` and
    `changed` microseconds UTC, the latter None for a first version."""

    id: str
    kind: str
    kind_words: str
    severity: str
    severity_words: str
    title: str
    lead: str
    parts: tuple[Part, ...]
    lang: str
    foreign: bool
    others: tuple[str, ...]
    owner: str
    economy: str
    published: int
    changed: int | None
    revoked: bool


class Weakness(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability that a product is about."""

    number: str
    name: str
    products: tuple[str, ...]
    actions: tuple[str, ...]
    exploited: bool


def bulletin(product: Product, language: Language, spoken: Speech, organisations: Mapping[str, Known]) -> Bulletin:
    """The product in this language, else in its author's."""
    near = (*tags(language), *_ALSO_READ.get(language.code, ()))
    title, text, lang = product.text((*near, "en"))
    title, text = (spelled_for(language, lang, each) for each in (title, text))
    told = parts(text)
    owner = organisations.get(product.owner)
    published = micros(product.published) or product.at
    created, modified = micros(product.stix.get("created")) or published, micros(product.modified)
    words, _ = KINDS[product.kind]
    return Bulletin(
        id=product.id,
        kind=product.kind.value,
        kind_words=spoken.gettext(words),
        severity=product.severity,
        severity_words=spoken.gettext(SEVERITY_WORDS[product.severity]) if product.severity else "",
        title=visible(title),
        lead=shortened(next((each.text or each.points[0] for each in told), "")),
        parts=told,
        lang=lang[:20],
        foreign=not any(lang.lower() == tag or lang.lower().startswith(f"{tag}-") for tag in near),
        others=tuple(tag for tag in product.texts if tag != lang),
        owner=visible(owner.name) if owner else "",
        economy=owner.economy if owner else "",
        published=published,
        changed=modified if modified is not None and modified > created else None,
        revoked=product.revoked,
    )


def reason_of(store: Store, clearance: Clearance, product: Product) -> str:
    """Why its owner has revoked it, as far as the reader may know it; empty where nobody said."""
    notes = store.neighbours(clearance, product.id, "in", 200, types=("note",))
    told = [decoded(each) for each in notes if each.owner == product.owner]
    said = [each for each in told if str(each.get("created", "")) >= product.modified and not each.get("revoked")]
    return visible(str(max(said, key=lambda each: str(each["created"]))["content"])) if said else ""


def shortened(text: str, longest: int = 240) -> str:
    """The text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def weaknesses(store: Store, clearance: Clearance, refs: Sequence[str]) -> tuple[Weakness, ...]:
    """The vulnerabilities among these records that the reader may see."""
    return tuple(_weakness(decoded(row)) for row in vulnerabilities(store, clearance, refs))


def vulnerabilities(store: Store, clearance: Clearance, refs: Sequence[str]) -> tuple[Row, ...]:
    """The records of them."""
    named = [each for each in refs if each.startswith("vulnerability--")][:200]
    return store.get(clearance, named) if named else ()


def _weakness(stix: Mapping[str, Any]) -> Weakness:
    held = stix.get("x_csaf_products")
    said = (
        [str(each) for names in held.values() if isinstance(names, list) for each in names]
        if isinstance(held, dict)
        else []
    )
    actions = [str(each).partition(": ")[2] or str(each) for each in stix.get("x_csaf_remediations") or ()]
    return Weakness(
        number=visible(str(stix.get("name", ""))),
        name=visible(str(stix.get("description", ""))[:300]),
        products=tuple(visible(each) for each in dict.fromkeys(said)),
        actions=tuple(visible(each) for each in actions),
        exploited=EXPLOITED in (stix.get("labels") or ()),
    )


def paper(
    told: Bulletin, weak: Sequence[Weakness], tlp: str, spoken: Speech, organisation: str, address: str = ""
) -> Document:
    """The product for print; `address` is where everyone can read it."""
    say = spoken.gettext
    rows = [
        (say("From"), told.owner),
        (say("Published"), spoken.day(told.published)),
        *([(say("Changed"), spoken.day(told.changed))] if told.changed is not None else []),
        *([(say("Severity"), told.severity_words)] if told.severity else []),
        *([(say("Address"), address)] if address else []),
    ]
    table: list[Block] = []
    if weak:
        heads = (say("Vulnerability"), say("Products"), say("What to do"), say("Exploited"))
        lines = [
            (
                each.number,
                ", ".join(each.products),
                "; ".join(each.actions),
                say("yes") if each.exploited else say("not known"),
            )
            for each in weak
        ]
        table = [Heading(say("Vulnerabilities")), Table(heads, lines, widths=(3, 4, 5, 2))]
    whole = (Facts(rows), *blocks(told.parts), *table)
    return Document(
        title=told.title,
        subtitle=told.kind_words,
        language=told.lang,
        made_at=datetime.now(UTC),
        marking=f"TLP:{tlp.upper()}",
        author=organisation,
        blocks=whole,
        footnotes=footnotes(say, told.title, organisation, whole),
    )


def as_csaf(
    store: Store, clearance: Clearance, row: Row, product: Product, owner: str, *, base: str, version: str
) -> bytes:
    """An advisory as CSAF, with the vulnerabilities that the reader may see."""
    found = [decoded(each) for each in vulnerabilities(store, clearance, product.refs)]
    publisher = {"name": owner or "Egnatia", "namespace": base}
    withdrawn = reason_of(store, clearance, product) if product.revoked else None
    versions = store.versions(clearance, row.id)
    dates = [str(decoded(each)["modified"]) for each in versions if each.owner == row.owner]
    return write_advisory(
        dict(product.stix), found, publisher, TLP_NAMES[row.label.tlp], version, dates=dates, withdrawn=withdrawn
    )


def namespace(premises: Premises, owner: str) -> str:
    """The URI under which an organisation's advisories are numbered: the node's own address, or where it has another
    node, that of its identity, for we speak in nobody else's name."""
    return premises.settings.public_url if owner == premises.own else f"urn:uuid:{owner.partition('--')[2]}"


def is_advisory(product: Product) -> bool:
    """Whether it can be had as CSAF."""
    return product.kind is Kind.ADVISORY
