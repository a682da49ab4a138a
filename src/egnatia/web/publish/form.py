"""The form of a record type, made from its face: what is asked first, what besides, and what each answer stands for."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from egnatia.record.record import Problem
from egnatia.record.schemas import BUILT_IN
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.publish.field import OTHER, Wrong, text_of, value_of
from egnatia.web.record.face import Property, Shape
from egnatia.web.record.faces import FACES, OBSERVABLE_TYPES
from egnatia.web.record.name import Named
from egnatia.web.record.properties import PROPERTIES
from egnatia.web.record.text import visible
from egnatia.web.record.verb import VERBS
from egnatia.web.record.vocabulary import VOCABULARIES

UNOFFERED: Final = frozenset(
    {
        "receipt",
        "recall",
        "sealed-record",
        "marking-definition",
        "sharing-agreement",
        "case",
        "case-event",
        "case-attachment",
        "case-attachment-piece",
    }
)
"""Types that have pages of their own, or that only programs write."""

ELSEWHERE: Final = frozenset({"objects", "observed_data_refs"})
BESIDE: Final = ("labels", "confidence", "lang", "external_references")
"""What every form asks besides; observables have none of it."""

TOLD_FIRST: Final = 6
"""How many questions a form begins with; the rest is folded away until somebody wants it."""

DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "indicator": {"pattern_type": "stix", "indicator_types": ["malicious-activity"]},
    "identity": {"identity_class": "organization"},
    "grouping": {"context": "suspicious-activity"},
    "report": {"report_types": ["threat-report"]},
    "malware": {"is_family": False},
    "email-message": {"is_multipart": False},
    "sighting": {"count": 1},
    "observed-data": {"number_observed": 1},
    "opinion": {"opinion": "agree"},
}
"""What a new form says already. Times that the standard requires begin now."""

REQUIRED: Final = N_("This is needed")


class Given(msgspec.Struct, frozen=True):
    """What was filled in: texts by the names of the fields, and the terms that were ticked."""

    texts: Mapping[str, str]
    ticked: Mapping[str, Sequence[str]]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field as the page shows it. `kind` is line, area, moment, number, choice, yes-no, terms or record;
    `options` are values with their words; those of a suggested kind only complete a line. `named` are the records
    whose ids stand in it already."""

    name: str
    words: str
    kind: str
    value: str = ""
    hint: str = ""
    error: str = ""
    required: bool = False
    rows: int = 4
    options: tuple[tuple[str, str], ...] = ()
    ticked: tuple[str, ...] = ()
    other: str = ""
    named: tuple[Named, ...] = ()


def offered(type_: str) -> bool:
    """Whether there is a form for the type."""
    return type_ in FACES and type_ not in UNOFFERED


def asked(type_: str) -> tuple[Property, ...]:
    """The properties that the form of a type asks for, in its order."""
    face = FACES[type_]
    beside = () if type_ in OBSERVABLE_TYPES else tuple(PROPERTIES[name] for name in BESIDE)
    own = tuple(each for each in face.properties if each.name not in ELSEWHERE or each.name in required(type_))
    return (*own, *(each for each in beside if each.name not in face.by_name))


@cache
def required(type_: str) -> frozenset[str]:
    """What the standard requires of the type and a person has to say."""
    kind = BUILT_IN.kind(type_)
    return kind.required & set(FACES[type_].by_name)


@cache
def form_of(type_: str) -> type[msgspec.Struct]:
    """The struct that a form of the type is read into; every field of it is optional."""
    fields: list[tuple[str, Any, Any]] = []
    for each in asked(type_):
        fields.append((each.name, str, ""))
        if each.shape is Shape.WORDS:
            fields[-1] = (each.name, list[str], msgspec.field(default_factory=list))
            fields.append((each.name + OTHER, str, ""))
    renamed = [(f"p_{name}", kind, default) for name, kind, default in fields]
    beside = [("tlp", str, ""), ("pap", str, ""), ("audience", list[str], msgspec.field(default_factory=list)),
              ("agreement", list[str], msgspec.field(default_factory=list)), ("personal", str, ""),
              ("do", str, "preview"), ("draft", str, ""), ("insist", str, "")]  # fmt: skip
    return msgspec.defstruct("Form", [*renamed, *beside], frozen=True)


def given_in(type_: str, form: msgspec.Struct) -> Given:
    """What somebody filled in."""
    texts, ticked = {}, {}
    for each in asked(type_):
        answer = getattr(form, f"p_{each.name}")
        if each.shape is Shape.WORDS:
            ticked[each.name] = tuple(answer)
            texts[each.name] = getattr(form, f"p_{each.name}{OTHER}")
        else:
            texts[each.name] = answer
    return Given(texts, ticked)


def given_of(type_: str, stix: Mapping[str, Any]) -> Given:
    """What a form begins with that is to say what a record says."""
    texts, ticked = {}, {}
    for each in asked(type_):
        value = stix.get(each.name)
        if each.shape is Shape.WORDS:
            known = VOCABULARIES.get(each.vocabulary, {})
            terms = [str(term) for term in value] if isinstance(value, list) else []
            ticked[each.name] = tuple(term for term in terms if term in known)
            texts[each.name] = ", ".join(term for term in terms if term not in known)
        else:
            texts[each.name] = text_of(each, value)
    return Given(texts, ticked)


def said_in(type_: str, given: Given) -> tuple[dict[str, Any], dict[str, str]]:
    """The properties that were filled in, and by name what is wrong with the others, marked for translation."""
    said: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for each in asked(type_):
        try:
            value = value_of(each, given.texts.get(each.name, ""), given.ticked.get(each.name, ()))
        except Wrong as error:
            wrong[each.name] = str(error)
            continue
        if value is not None:
            said[each.name] = value
        elif each.name in required(type_):
            wrong[each.name] = REQUIRED
    return said, wrong


def problems_by_name(problems: Iterable[Problem]) -> dict[str, str]:
    """What is wrong by the property it is about; under an empty name what is about the record as a whole."""
    found: dict[str, str] = {}
    for problem in problems:
        name = problem.path.removeprefix("$").lstrip(".").partition(".")[0].partition("[")[0]
        words = (
            f"{problem.path}: {problem.rule} ({problem.found})" if problem.found else f"{problem.path}: {problem.rule}"
        )
        found.setdefault(name, visible(words))
    return found


def fields(
    type_: str, given: Given, wrong: Mapping[str, str], speech: Speech
) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The fields of a form: those it begins with, and those that are folded away. What is required, filled in or wrong
    is never folded away."""
    first: list[Field] = []
    rest: list[Field] = []
    for each in asked(type_):
        field = _field(each, given, wrong.get(each.name, ""), each.name in required(type_), speech)
        is_told = bool(field.value or field.ticked or field.other or field.error or field.required)
        (first if is_told or (len(first) < TOLD_FIRST and each.name not in BESIDE) else rest).append(field)
    return tuple(first), tuple(rest)


def _field(  # noqa: PLR0912  one line for each shape
    declared: Property, given: Given, error: str, required: bool, speech: Speech
) -> Field:
    say = speech.gettext
    words, hint = say(declared.words), say(declared.hint) if declared.hint else ""
    value = given.texts.get(declared.name, "")
    name = f"p_{declared.name}"

    def field(kind: str, **more: Any) -> Field:
        return Field(
            name=name,
            words=words,
            kind=kind,
            value=value,
            hint=more.pop("hint", hint),
            error=error,
            required=required,
            **more,
        )

    match declared.shape:
        case Shape.PROSE:
            return field("area", rows=5)
        case Shape.PATTERN:
            return field("area", rows=3)
        case Shape.LIST | Shape.HASHES | Shape.PHASES | Shape.SOURCES:
            return field("area", rows=3, hint=hint or say(N_("One on each line")))
        case Shape.REFS:
            return field("records", rows=3, hint=hint or say(N_("Records by identifier, one on each line")))
        case Shape.REF:
            return field("record", hint=hint or say(N_("A record by its identifier")))
        case Shape.TREE | Shape.PARTS:
            return field("area", rows=4, hint=hint or say(N_("As JSON")))
        case Shape.MOMENT:
            return field("moment", hint=hint or say(N_("In UTC, such as 2026-11-24 13:00")))
        case Shape.NUMBER | Shape.SCORE:
            return field("number")
        case Shape.FLAG:
            return field("choice", options=(("", say("Not said")), ("yes", say("Yes")), ("no", say("No"))))
        case Shape.WORDS:
            known = _terms(declared.vocabulary, speech)
            return Field(
                name=name, words=words, kind="terms", hint=hint, error=error, required=required, options=known,
                ticked=tuple(given.ticked.get(declared.name, ())), other=value,
            )  # fmt: skip
        case Shape.WORD if declared.vocabulary == "opinion":
            return field("choice", options=_terms(declared.vocabulary, speech))
        case Shape.WORD if declared.vocabulary == "relationship-type":
            return field("suggested", options=tuple((each, say(verb.forth)) for each, verb in VERBS.items()))
        case Shape.WORD:
            return field("suggested", options=_terms(declared.vocabulary, speech))
    return field("line")


def _terms(vocabulary: str, speech: Speech) -> tuple[tuple[str, str], ...]:
    return tuple((term, speech.gettext(words)) for term, words in VOCABULARIES.get(vocabulary, {}).items())
