"""The properties of a record as facts to show: each under its heading, in words, with nothing in it that acts."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from egnatia.record.instant import is_instant
from egnatia.web.language import Speech
from egnatia.web.record.face import Face, Property, Shape
from egnatia.web.record.faces import FACES
from egnatia.web.record.name import Named
from egnatia.web.record.parts import heading
from egnatia.web.record.properties import COMMON, PROPERTIES
from egnatia.web.record.spans import Span, spans
from egnatia.web.record.text import defanged, visible
from egnatia.web.record.verb import verb
from egnatia.web.record.vocabulary import VOCABULARIES

MOST = 100
"""Items of one list that a page shows; the raw record has all."""

DEEPEST = 12

ELSEWHERE: Final = frozenset(
    {
        "type", "id", "spec_version", "created_by_ref", "object_marking_refs", "granular_markings", "created",
        "modified", "revoked",
    }
)  # fmt: skip
"""What the page shows in other places than among the facts: title, handling, origin, identifiers."""

Naming = Callable[[str], Named]


class Source(msgspec.Struct, frozen=True):
    """An external reference. `domain` says where it leads; it is text, never a link."""

    name: str
    number: str = ""
    address: str = ""
    domain: str = ""
    description: str = ""
    hashes: tuple[tuple[str, str], ...] = ()


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One property to show. Which of the fields is filled follows from `shape`; `more` counts what was left off.

    `raw` is a value as it is, to be copied; `parts` are the facts of nested structs, each with a heading.
    """

    name: str
    words: str
    shape: str
    text: str = ""
    raw: str = ""
    lang: str = ""
    at: int | None = None
    score: int | None = None
    items: tuple[str, ...] = ()
    refs: tuple[Named, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    spans: tuple[Span, ...] = ()
    sources: tuple[Source, ...] = ()
    parts: tuple[tuple["Fact", ...], ...] = ()
    more: int = 0


def facts(stix: Mapping[str, Any], speech: Speech, named: Naming) -> tuple[Fact, ...]:
    """What a record says: in the order of its face, then what is common to all types, then what nobody declared."""
    return tuple(Teller(speech, named, str(stix.get("lang", ""))).told(stix))


def names_in(stix: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the records that the facts of a record name, as many as a page shows."""
    for name, value in stix.items():
        if name.endswith("_ref") and isinstance(value, str):
            yield value
        elif (name.endswith("_refs") or name in {"parties", "after"}) and isinstance(value, list):
            yield from (each for each in value[:MOST] if isinstance(each, str))
        elif isinstance(value, dict):
            yield from names_in(value)
        elif isinstance(value, list):
            for each in value[:MOST]:
                if isinstance(each, dict):
                    yield from names_in(each)


class Teller:
    """Says properties in one reader's language."""

    def __init__(self, speech: Speech, named: Naming, lang: str = "") -> None:
        self._speech, self._say, self._named, self._lang = speech, speech.gettext, named, lang

    def told(self, stix: Mapping[str, Any]) -> Iterator[Fact]:
        """The facts of a whole record."""
        face = FACES.get(str(stix.get("type", "")))
        order = _order(face)
        for name, declared in order.items():
            if name in stix and name not in ELSEWHERE and name != "extensions":
                yield self.fact(declared, stix[name], stix)
        for name, value in stix.items():
            if name not in order and name not in ELSEWHERE:
                yield self.undeclared(name, value)
        yield from self._extensions(stix.get("extensions"))

    def fact(self, declared: Property, value: Any, around: Mapping[str, Any] | None = None) -> Fact:  # noqa: PLR0912
        """One declared property. A value that is not of its shape (a tolerant node took it) is shown as it is."""
        words, name = self._say(declared.words), declared.name
        match declared.shape, value:
            case Shape.PROSE | Shape.LINE, str():
                return Fact(name=name, words=words, shape=declared.shape, text=visible(value), lang=self._lang)
            case Shape.CODE, str():
                return Fact(name=name, words=words, shape="code", text=visible(value))
            case Shape.VALUE, str():
                return Fact(name=name, words=words, shape="value", text=visible(defanged(value)), raw=value)
            case Shape.WORD, str() if declared.vocabulary == "relationship-type":
                return Fact(name=name, words=words, shape="word", text=self._say(verb(value).forth), raw=value)
            case Shape.WORD, str():
                return Fact(name=name, words=words, shape="word", text=self.term(declared.vocabulary, value), raw=value)
            case Shape.FLAG, bool():
                return Fact(name=name, words=words, shape="flag", text=self._say("Yes") if value else self._say("No"))
            case Shape.SCORE, int():
                return Fact(name=name, words=words, shape="score", score=value)
            case Shape.NUMBER, int() | float():
                return Fact(name=name, words=words, shape="number", text=self._number(name, value))
            case Shape.MOMENT, str() if is_instant(value):
                return Fact(name=name, words=words, shape="moment", at=_micros(value), raw=value)
            case Shape.ECONOMY, str():
                return Fact(name=name, words=words, shape="line", text=visible(self._speech.economy(value)))
            case Shape.REF, str():
                return Fact(name=name, words=words, shape="refs", refs=(self._named(value),))
            case Shape.PATTERN, str():
                kind = str((around or {}).get("pattern_type", "stix"))
                return Fact(name=name, words=words, shape="pattern", spans=spans(value, kind), raw=value)
            case Shape.BYTES, str():
                return Fact(name=name, words=words, shape="line", text=self._bytes(value))
            case Shape.HASHES, dict() if _all_text(value.values()):
                pairs = tuple((visible(each), visible(digest)) for each, digest in value.items())
                return Fact(name=name, words=words, shape="hashes", pairs=pairs)
            case ((Shape.TREE | Shape.PARTS), dict()):
                return Fact(name=name, words=words, shape="parts", parts=(self._part(value, 1),))
            case _, list():
                return self._list(declared, words, value)
        return self.undeclared(name, value, words=words)

    def undeclared(self, name: str, value: Any, *, words: str = "", depth: int = 1) -> Fact:
        """A property that no face has: a custom one, or one inside an extension; as a tree."""
        words = words or visible(self._say(known) if (known := heading(name)) != name else name)
        declared = PROPERTIES.get(name)
        match value:
            case bool():
                return Fact(name=name, words=words, shape="flag", text=self._say("Yes") if value else self._say("No"))
            case int() | float():
                return Fact(name=name, words=words, shape="number", text=self._number(name, value))
            case str() if name.endswith("_ref") and "--" in value:
                return Fact(name=name, words=words, shape="refs", refs=(self._named(value),))
            case str() if is_instant(value):
                return Fact(name=name, words=words, shape="moment", at=_micros(value), raw=value)
            case str():
                shape = (
                    "prose"
                    if "\n" in value
                    else "value"
                    if declared is not None and declared.shape is Shape.VALUE
                    else "line"
                )
                return Fact(
                    name=name,
                    words=words,
                    shape=shape,
                    text=visible(defanged(value) if shape == "value" else value),
                    raw=value,
                )
            case dict() if depth >= DEEPEST:
                return Fact(name=name, words=words, shape="code", text=visible(_json(value)))
            case dict():
                return Fact(name=name, words=words, shape="parts", parts=(self._part(value, depth),))
            case list() if all(isinstance(each, dict) for each in value) and depth < DEEPEST:
                parts = tuple(self._part(each, depth) for each in value[:MOST])
                return Fact(name=name, words=words, shape="parts", parts=parts, more=max(0, len(value) - MOST))
            case list() if name.endswith("_refs") and _all_text(value):
                refs = tuple(self._named(each) for each in value[:MOST])
                return Fact(name=name, words=words, shape="refs", refs=refs, more=max(0, len(value) - MOST))
            case list():
                items = tuple(visible(each if isinstance(each, str) else _json(each)) for each in value[:MOST])
                return Fact(name=name, words=words, shape="list", items=items, more=max(0, len(value) - MOST))
        return Fact(name=name, words=words, shape="code", text=visible(_json(value)))

    def term(self, vocabulary: str, term: str) -> str:
        """A term of a vocabulary in words; one that is not in it as it is."""
        known = VOCABULARIES.get(vocabulary, {}).get(term)
        return self._say(known) if known is not None else visible(term)

    def _list(self, declared: Property, words: str, value: list[Any]) -> Fact:
        name, shown, more = declared.name, value[:MOST], max(0, len(value) - MOST)
        match declared.shape:
            case Shape.WORDS | Shape.WORD if _all_text(value):
                items = tuple(self.term(declared.vocabulary, each) for each in shown)
                return Fact(name=name, words=words, shape="tags", items=items, more=more)
            case Shape.REFS if _all_text(value):
                refs = tuple(self._named(each) for each in shown)
                return Fact(name=name, words=words, shape="refs", refs=refs, more=more)
            case Shape.PHASES:
                pairs = tuple(_phase(each) for each in shown)
                return Fact(name=name, words=words, shape="phases", pairs=pairs, more=more)
            case Shape.SOURCES:
                found = tuple(_source(each) for each in shown if isinstance(each, dict))
                return Fact(name=name, words=words, shape="sources", sources=found, more=more)
        return self.undeclared(name, value, words=words)

    def _part(self, value: Mapping[str, Any], depth: int) -> tuple[Fact, ...]:
        return tuple(
            self.fact(declared, each, value)
            if (declared := PROPERTIES.get(name))
            and isinstance(each, str | bool | int)
            and declared.shape is not Shape.WORD
            else self.undeclared(name, each, depth=depth + 1)
            for name, each in list(value.items())[:MOST]
        )

    def _extensions(self, extensions: Any) -> Iterator[Fact]:
        """Each extension under its own name: that of its kind, or of its definition where the reader may see it."""
        if not isinstance(extensions, dict):
            return
        for name, content in extensions.items():
            inside = (
                {key: each for key, each in content.items() if key != "extension_type"}
                if isinstance(content, dict)
                else content
            )
            if inside in ({}, []):
                continue
            words = self._say(known) if (known := heading(name)) != name else self._extension_name(name)
            yield self.undeclared(name, inside, words=words)

    def _extension_name(self, name: str) -> str:
        found = self._named(name)
        return self._say("Extension: %(name)s", name=found.name if found.seen else visible(name))

    def _number(self, name: str, value: float) -> str:
        if name in _AS_IT_IS or isinstance(value, bool) or not abs(value) < _COUNTABLE:
            return str(value)
        return self._speech.number(value)

    def _bytes(self, value: str) -> str:
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return visible(value[:200])
        return self._speech.ngettext(
            "%(count)s byte, SHA-256 %(digest)s",
            "%(count)s bytes, SHA-256 %(digest)s",
            len(raw),
            digest=sha256(raw).hexdigest(),
        )


_COUNTABLE: Final = 1e15
"""Numbers beyond mean nothing to people and more digits than a locale can group."""

_AS_IT_IS: Final = frozenset({"src_port", "dst_port", "pid", "number", "latitude", "longitude", "gid"})
"""Numbers that are names: no separators."""


def _order(face: Face | None) -> dict[str, Property]:
    declared = face.properties if face is not None else ()
    return {
        each.name: each
        for each in (*declared, *(common for common in COMMON if common.name not in {d.name for d in declared}))
    }


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _phase(phase: Any) -> tuple[str, str]:
    if not isinstance(phase, dict):
        return "", visible(_json(phase))
    return visible(str(phase.get("kill_chain_name", ""))), visible(str(phase.get("phase_name", "")).replace("-", " "))


def _source(reference: Mapping[str, Any]) -> Source:
    address = str(reference.get("url", ""))
    hashes = reference.get("hashes")
    return Source(
        name=visible(str(reference.get("source_name", ""))),
        number=visible(str(reference.get("external_id", ""))),
        address=visible(address),
        domain=visible(_domain(address)),
        description=visible(str(reference.get("description", ""))),
        hashes=tuple((visible(str(name)), visible(str(digest))) for name, digest in hashes.items())
        if isinstance(hashes, dict)
        else (),
    )


def _domain(address: str) -> str:
    """The host that a URL leads to, as a browser would take it; empty where it leads to none."""
    rest = address.partition("://")[2]
    authority = rest.replace("\\", "/").partition("/")[0].partition("?")[0].partition("#")[0]
    return authority.rpartition("@")[2]


def _micros(instant: str) -> int | None:
    try:
        moment = datetime.fromisoformat(instant[:26].rstrip("Z") + "+00:00")
    except ValueError:
        return None
    return int(moment.timestamp() * 1_000_000)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
