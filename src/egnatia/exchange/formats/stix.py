"""What STIX objects of others say of their handling in words: labels, custom properties, statements, titles.

An object that says nothing of the kind passes as the bytes that came. One that does becomes a conversion with what it
says as markings; what seems to restrict and is not understood is TLP:RED, for its owner alone, until a person decides.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import (
    FOUND_LIMIT,
    PAP_MARKINGS,
    TLP_IDS,
    Conversion,
    Origin,
    Strange,
    audience,
    remark,
    written,
)
from egnatia.exchange.formats.misp.handling import NOBODY
from egnatia.exchange.formats.restriction import (
    PAP_LEVELS,
    TLP_LEVELS,
    WORD_LIMIT,
    Restrictions,
    in_text,
    is_decided,
    meaning,
    restrictions,
    strictest,
    together,
)
from egnatia.record.marking import AUDIENCE_EXTENSION, EXERCISE_EXTENSION, PAP_EXTENSION, PAP_IDS
from egnatia.record.marking import TLP_IDS as TLP_MARKINGS
from egnatia.record.upgrade import upgrade_all

Fields = dict[str, Any]

TITLED: Final = frozenset({"report", "grouping", "note", "opinion", "incident", "observed-data"})
"""Types whose title people write `[TLP:AMBER]` into."""

_WORDY: Final = re.compile(r"(?:.*_)?(?:labels?|tags?|markings?|classifications?|handling|dissemination|restrictions?)")
_LEVEL: Final = re.compile(r"(?:.*_)?(tlp|pap)(?:_.*)?")
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Marking(msgspec.Struct, frozen=True):
    """A marking that is none of those with a fixed meaning, as a word. A `statement` restricts only where it seems to,
    any other always."""

    word: str
    statement: bool = False


class Unknown(msgspec.Struct, frozen=True):
    """Nobody has defined a marking yet."""


Markings = Callable[[str], Marking | Unknown | None]
"""What a marking of this id says; None for one that the node understands as it stands."""


def marking_in(body: bytes) -> tuple[str, Marking | None] | None:
    """The id of a marking-definition with what it says in words (None where the node understands it as it stands);
    None for any other object."""
    if b"marking-definition" not in body:
        return None
    try:
        found = msgspec.json.decode(body, type=_Definition)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return (found.id, _marking(found)) if found.type == "marking-definition" else None


class _Definition(msgspec.Struct):
    type: str = ""
    id: str = ""
    name: str = ""
    definition_type: str = ""
    definition: Any = None
    extensions: Any = None


def _marking(found: _Definition) -> Marking | None:
    known = {AUDIENCE_EXTENSION, EXERCISE_EXTENSION, PAP_EXTENSION}
    if _is_fixed(found.id) or (isinstance(found.extensions, dict) and not known.isdisjoint(found.extensions)):
        return None
    content = found.definition if isinstance(found.definition, dict) else {}
    words = [each for each in content.values() if isinstance(each, str)]
    kind = found.definition_type.strip().casefold()
    if kind == "statement" and words and not found.extensions:
        return Marking(" ".join(words), statement=True)
    if kind in {"tlp", "pap"} and words:
        return Marking(_level(kind, words[0]))
    return Marking(found.name or " ".join([kind, *words]).strip() or found.id)


def _level(protocol: str, word: str) -> str:
    return word if meaning(word)[0] == protocol else f"{protocol}:{word}"


def _is_fixed(ref: str) -> bool:
    return ref in TLP_MARKINGS or ref in PAP_IDS


def read_object(body: bytes, decided: Mapping[str, str], markings: Markings) -> Conversion | None:
    """One object of STIX 2.0 or 2.1 with what its words mean; None where they change nothing, or it is none that can
    be read: then it goes in as it came. Raises Invalid as `upgrade_all`."""
    try:
        members = _members.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    spoken = [(name, shape) for name in members if (shape := _shape(name))]
    if not spoken and not _may_say(members, markings):
        return None
    reading = _Reading(members, decided, markings, spoken)
    if reading.type == "marking-definition" or not reading.changes():
        return None
    return reading.conversion(body)


def _may_say(members: Mapping[str, msgspec.Raw], markings: Markings) -> bool:
    """Whether an object without words may say something by its markings or its title; most say nothing."""
    if "granular_markings" in members or _decoded(members.get("type")) in TITLED:
        return True
    refs = _decoded(members.get("object_marking_refs"))
    return isinstance(refs, list) and not all(isinstance(ref, str) and _is_quiet(ref, markings) for ref in refs)


def _is_quiet(ref: str, markings: Markings) -> bool:
    if _is_fixed(ref):
        return True
    marking = markings(ref)
    return marking is None or (isinstance(marking, Marking) and marking.statement and not _strange_statement(marking))


@lru_cache(1_024)
def _strange_statement(marking: Marking) -> bool:
    return not restrictions([marking.word]).rest


def _decoded(raw: msgspec.Raw | None) -> Any:
    try:
        return None if raw is None else msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Reading:
    """One object while it is read."""

    def __init__(
        self,
        members: Mapping[str, msgspec.Raw],
        decided: Mapping[str, str],
        markings: Markings,
        spoken: Iterable[tuple[str, str]],
    ) -> None:
        self._members, self._decided, self._shapes = members, decided, spoken
        self.type, self.id, self.name = (self._text(name) for name in ("type", "id", "name"))
        self.refs = [each for each in self._list("object_marking_refs") if isinstance(each, str)]
        inner = [each.get("marking_ref") for each in self._list("granular_markings") if isinstance(each, dict)]
        self._dropped: set[str] = set()
        self._words: list[tuple[str, str]] = []
        self._said = together(
            restrictions((word for _, word in self._spoken()), decided), self._titled(), self._marked(inner, markings)
        )

    def changes(self) -> bool:
        """Whether the words say more than the markings that the object bears."""
        if self._said.strange or self._dropped:
            return True
        tlp = strictest([self._said.tlp, *(TLP_MARKINGS.get(ref) for ref in self.refs)], TLP_LEVELS)
        pap = strictest([self._said.pap, *(PAP_IDS.get(ref) for ref in self.refs)], PAP_LEVELS)
        borne = {TLP_MARKINGS.get(ref) for ref in self.refs} | {None}
        return tlp not in borne or pap not in {*(PAP_IDS.get(ref) for ref in self.refs), None}

    def conversion(self, body: bytes) -> Conversion:
        """The object, with those that it carries inside, under what it says."""
        said = self._said
        tlp = "red" if said.strange else said.tlp
        own = [TLP_IDS[tlp]] if tlp else []
        own += [PAP_MARKINGS[said.pap]] if said.pap else []
        definition: tuple[bytes, ...] = ()
        if said.strange:
            marking, nobody = audience(NOBODY, ())
            own, definition = [*own, marking], (nobody,)
        title = self.name or self.id
        places = {word: place for place, word in reversed(self._words)}
        why = "a word that seems to restrict and is not understood: TLP:RED, for the owner alone"
        upgraded = [msgspec.json.decode(each, type=Fields) for each in upgrade_all(body)]
        # An observable has no versions: it could not be released later, so it waits outside.
        kept = [each for each in upgraded if "modified" in each or not said.strange]
        record = self.id if self.id in {each.get("id") for each in kept} else ""
        borne = strictest((TLP_MARKINGS.get(ref) for ref in self.refs), TLP_LEVELS)
        stated = strictest([borne, said.tlp], TLP_LEVELS) or ""
        return Conversion(
            (*definition, *(written(self._under(each, own)) for each in kept)),
            tuple(remark(f"{self.id} {places[word]}", why, word) for word in said.strange),
            strange=tuple(
                Strange(word[:WORD_LIMIT], places[word], self.type[:FOUND_LIMIT])
                for word in said.strange
            ),
            origin=Origin("stix", self.id, title, record, stated),
            document=body if said.strange else b"",
            retires=False,
        )  # fmt: skip

    def _under(self, record: Fields, own: Iterable[str]) -> Fields:
        refs = [each for each in record.get("object_marking_refs", ()) if each not in self._dropped]
        inner = [
            each
            for each in record.get("granular_markings", ())
            if not isinstance(each, dict) or each.get("marking_ref") not in self._dropped
        ]
        made = {**record, "object_marking_refs": list(dict.fromkeys([*refs, *own]))}
        return {**made, "granular_markings": inner} if "granular_markings" in record else made

    def _marked(self, inner: Iterable[object], markings: Markings) -> Restrictions:
        """What the markings say that have no fixed meaning. One that was understood, or that somebody decided on, is
        not borne any more: another node would not understand it."""
        found = []
        for ref in (*self.refs, *(each for each in inner if isinstance(each, str))):
            if _is_fixed(ref):
                continue
            marking = markings(ref)
            if marking is None:
                continue
            word = ref if isinstance(marking, Unknown) else marking.word
            said = restrictions([word], self._decided)
            is_statement = isinstance(marking, Marking) and marking.statement
            if said.rest and not is_statement and not is_decided(word, self._decided):
                said = Restrictions(strange=(word,))
            if not said.strange and not is_statement:
                self._dropped.add(ref)
            self._words.append(("$.object_marking_refs", word))
            found.append(said)
        return together(*found)

    def _titled(self) -> Restrictions:
        return in_text(self.name or self._text("abstract")) if self.type in TITLED else Restrictions()

    def _spoken(self) -> Iterator[tuple[str, str]]:
        """The words of labels and of custom properties that are called like them, each with its place."""
        for name, shape in self._shapes:
            value = _decoded(self._members[name])
            for word in value if isinstance(value, list) else [value]:
                if isinstance(word, str) and word.strip():
                    spoken = _level(shape, word) if shape != "words" else word
                    self._words.append((f"$.{name}", spoken))
                    yield f"$.{name}", spoken

    def _text(self, name: str) -> str:
        value = _decoded(self._members.get(name))
        return value if isinstance(value, str) else ""

    def _list(self, name: str) -> list[Any]:
        value = _decoded(self._members.get(name))
        return value if isinstance(value, list) else []


@lru_cache(4_096)
def _shape(name: str) -> str:
    """What the values of a property are: `words`, levels of `tlp` or `pap`, or nothing of the kind (empty)."""
    folded = name.casefold()
    level = _LEVEL.fullmatch(folded)
    if level is not None:
        return level[1]
    return "words" if folded not in {"granular_markings"} and _WORDY.fullmatch(folded) else ""
