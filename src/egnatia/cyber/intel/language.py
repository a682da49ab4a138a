"""The search language of analysts: words in any script, phrases, and what a record is about.

    ransomware type:indicator economy:me -tag:phishing
    (technique:T1566 OR sector:energy) since:30d "vpn gateway"
    value:evil.example confidence>=70 NOT tlp:clear

Terms stand together by AND, which need not be written; OR, NOT (or -) and parentheses as usual. A query is read into a
tree and nothing else: what it means for a record is in `matching`, how the store is asked in `searching`.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, NoReturn

import msgspec

FIELDS: Final = {
    "type": "the record type: indicator, malware, report, ...",
    "tag": "a label of the record, or its beginning with a final *",
    "tlp": "clear, green, amber, amber+strict or red",
    "pap": "clear, green, amber or red",
    "economy": "an economy: al, ba, xk, me, mk or rs",
    "sector": "a sector: energy, government, healthcare, ...",
    "technique": "an ATT&CK or DISARM technique, T1566 with all that is under it",
    "value": "an observable value: an address, a domain, a digest",
    "owner": "the organisation that answers for it: its id or part of its name",
    "since": "changed since: 2026-01-31, or 30d, 12h",
    "until": "changed before: 2026-01-31, or 30d, 12h",
    "confidence": "confidence>=70",
    "is": "revoked, expired, redacted or live",
    "id": "the identifier of a record",
}
"""What can stand before a colon, and what it asks for."""

COMPARED: Final = frozenset({"confidence"})
WORDS_OF: Final = {
    "tlp": ("clear", "green", "amber", "amber+strict", "red"),
    "pap": ("clear", "green", "amber", "red"),
    "economy": ("al", "ba", "xk", "me", "mk", "rs"),
    "is": ("revoked", "expired", "redacted", "live"),
}
"""Fields that take one of a few words."""

LENGTH_LIMIT: Final = 1_000
DEPTH_LIMIT: Final = 20
_ALIKE: Final = 0.75
"""How alike two words are (0 to 1) of which one was meant for the other: `tpye` and `type` are just so."""
_TELLING: Final = 4
"""Letters from which on a word is taken for another that is like it: `sid` and `pid` are words of their own."""


class Text(msgspec.Struct, frozen=True, tag=True):
    """Words that the record says; several are a phrase. A final * is a beginning."""

    words: str


class Has(msgspec.Struct, frozen=True, tag=True):
    """A field of the record is, or compares, so."""

    field: str
    value: str
    operator: str = ":"


class Not(msgspec.Struct, frozen=True, tag=True):
    """Everything that does not match the term."""

    term: "Term"


class And(msgspec.Struct, frozen=True, tag=True):
    """What matches all terms; everything where there is none."""

    terms: tuple["Term", ...] = ()


class Or(msgspec.Struct, frozen=True, tag=True):
    """What matches one of the terms."""

    terms: tuple["Term", ...]


Term = Text | Has | Not | And | Or


class Expected(enum.StrEnum):
    """What a query lacks at a place: its words in English, and the key of its translations."""

    SHORTER = "a query of at most {limit} characters"
    OPENING = "an opening parenthesis before this one"
    CLOSING = "a closing parenthesis"
    QUOTATION = "a closing quotation mark"
    TERM = "a term"
    BOTH_SIDES = "a term on both sides of OR"
    BEFORE_AND = "a term before AND"
    AFTER_AND = "a term after AND"
    AFTER_NOT = "a term after NOT"
    FLATTER = "at most {limit} terms inside each other"
    COLON = "{field}: with a colon"
    FIELD = "{field}: (there is no {said}:); in quotation marks it is text"
    VALUE = "{field}:{help}"
    ONE_OF = "{field}: one of {words}"
    NUMBER = "a whole number"
    TIME = "a date such as 2026-01-31, or a time such as 30d or 12h"


class BadQuery(ValueError):
    """A query that cannot be read: where, from 0, and what was expected there, with what its words name."""

    def __init__(self, place: int, expected: Expected, **values: str) -> None:
        self.place, self.expected, self.values = place, expected, values
        super().__init__(f"at {place + 1}: {expected.format(**values)}")


_TOKEN: Final = re.compile(
    r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-(?=\S))|(?P<quoted>"[^"]*")'
    r'|(?P<field>[A-Za-z]+)(?P<operator>>=|<=|:|>|<|=)(?P<value>"[^"]*"|[^\s()"]*)'
    r'|(?P<word>[^\s()"]+)|(?P<broken>"))'
)


def parse(query: str) -> Term:
    """The tree of a query; an empty one matches everything. Raises BadQuery."""
    if len(query) > LENGTH_LIMIT:
        raise BadQuery(LENGTH_LIMIT, Expected.SHORTER, limit=str(LENGTH_LIMIT))
    return _Parser(query).whole()


class _Parser:
    """One query being read."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = [found for found in _TOKEN.finditer(query) if found[0].strip()]
        self._at = 0
        self._depth = 0

    def whole(self) -> Term:
        """Everything there is."""
        found = self._either()
        if self._at < len(self._tokens):
            self._fail(Expected.OPENING)
        return found

    def _either(self) -> Term:
        terms = [self._all()]
        while self._word() == "OR":
            if terms[-1] == And():
                self._fail(Expected.BOTH_SIDES)
            self._at += 1
            terms.append(self._all())
        if len(terms) > 1 and terms[-1] == And():
            self._fail(Expected.BOTH_SIDES)
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _all(self) -> Term:
        terms: list[Term] = []
        while self._at < len(self._tokens) and not self._tokens[self._at]["close"] and self._word() != "OR":
            if self._word() == "AND":
                if not terms:
                    self._fail(Expected.BEFORE_AND)
                self._at += 1
                if self._at >= len(self._tokens):
                    self._fail(Expected.AFTER_AND)
                continue
            terms.append(self._one())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _one(self) -> Term:
        token = self._tokens[self._at]
        self._at += 1
        if token["minus"] or token["word"] == "NOT":
            return Not(self._after_not())
        if token["open"]:
            return self._inner()
        if token["broken"]:
            self._fail(Expected.QUOTATION, token)
        if token["quoted"]:
            return Text(token["quoted"][1:-1])
        if token["field"]:
            return self._field(token)
        if token["close"]:
            self._fail(Expected.TERM, token)
        return Text(token["word"])

    def _after_not(self) -> Term:
        if self._at >= len(self._tokens) or self._word() in {"AND", "OR"}:
            self._fail(Expected.AFTER_NOT)
        self._deeper()
        found = self._one()
        self._depth -= 1
        return found

    def _inner(self) -> Term:
        self._deeper()
        found = self._either()
        self._depth -= 1
        if self._at >= len(self._tokens):
            self._fail(Expected.CLOSING)
        self._at += 1
        return found

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            self._fail(Expected.FLATTER, limit=str(DEPTH_LIMIT))

    def _field(self, token: re.Match[str]) -> Term:
        name, operator, value = token["field"].lower(), token["operator"], token["value"].strip('"')
        if name not in FIELDS:
            meant = get_close_matches(name, FIELDS, 1, _ALIKE) if len(name) >= _TELLING else ()
            if meant and operator == ":" and value:
                self._fail(Expected.FIELD, token, field=meant[0], said=name)
            # A URL, a Windows path or a hash with its name is text that somebody pasted.
            return Text(token[0].strip())
        if operator == "=":
            operator = ":"
        if operator != ":" and name not in COMPARED:
            self._fail(Expected.COLON, token, field=name)
        if not value:
            self._fail(Expected.VALUE, token, field=name, help=FIELDS[name])
        allowed = WORDS_OF.get(name)
        if allowed is not None and value.lower() not in allowed:
            self._fail(Expected.ONE_OF, token, field=name, words=", ".join(allowed))
        if name == "confidence" and not value.isdecimal():
            self._fail(Expected.NUMBER, token)
        if name in {"since", "until"} and not _TIME.fullmatch(value):
            self._fail(Expected.TIME, token)
        return Has(name, value, operator)

    def _word(self) -> str | None:
        return self._tokens[self._at]["word"] if self._at < len(self._tokens) else None

    def _fail(self, expected: Expected, token: re.Match[str] | None = None, **values: str) -> NoReturn:
        if token is None and self._at < len(self._tokens):
            token = self._tokens[self._at]
        raise BadQuery(len(self._query) if token is None else _start(token), expected, **values)


def _start(token: re.Match[str]) -> int:
    """Where a token begins, behind the blanks before it."""
    return token.end() - len(token[0].lstrip())


_TIME: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|\d{1,4}[dhw]")


def write(term: Term) -> str:
    """A tree as a query: `parse` gives the same tree back, for trees that a query can make."""
    match term:
        case Text(words):
            plain = (
                words and not re.search(r'[\s()":<>=]', words) and words not in {"AND", "OR", "NOT"} and words[0] != "-"
            )
            return words if plain else f'"{words}"'
        case Has(field, value, operator):
            return f'{field}{operator}"{value}"' if re.search(r"[\s()]", value) else f"{field}{operator}{value}"
        case Not(inner):
            return f"NOT {_grouped(inner)}"
        case And(terms):
            return " ".join(map(_grouped, terms))
        case Or(terms):
            return " OR ".join(map(_grouped, terms))


def _grouped(term: Term) -> str:
    return f"({write(term)})" if isinstance(term, And | Or) else write(term)


TIMES: Final = ("12h", "24h", "7d", "30d", "90d", "52w")
"""How far back one usually asks."""


def suggestions(query: str, words: Mapping[str, Sequence[str]] = {}) -> list[str]:
    """How the last term of a query may go on: fields, or the words of its field; `words` are those in use, by field."""
    last = re.split(r"[\s(]", query)[-1].lstrip("-")
    field, colon, begun = last.partition(":")
    if not colon:
        return [f"{name}:" for name in FIELDS if name.startswith(field.lower())]
    known: Mapping[str, Sequence[str]] = {"since": TIMES, "until": TIMES, **words, **WORDS_OF}
    found = known.get(field.lower(), ())
    return [f"{field}:{word}" for word in found if word.lower().startswith(begun.lower())][:20]
