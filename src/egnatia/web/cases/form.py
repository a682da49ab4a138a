"""The facts of a step or report as a form, and what was filled in as facts again."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from egnatia.casework.field import Field
from egnatia.casework.holiday import zone_of
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.state import CaseState
from egnatia.exchange.api.problem import BadRequest
from egnatia.web.visit import Visit

LISTS = frozenset({"choices", "texts", "records"})
"""Kinds whose value is a list; a text per line where there are no choices."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. `value` is what is known already, as the input takes it."""

    name: str
    title: str
    kind: str
    choices: tuple[str, ...]
    hint: str
    unit: str
    required: bool
    value: str = ""
    values: tuple[str, ...] = ()
    zone: str = ""
    """Of a moment: empty for UTC, an offset such as `+01:00`, or `local`."""


_TEXT: Final = (str, "")
_LIST: Final = (tuple[str, ...], ())
LOCAL: Final = "local"
_ZONE: Final = "_zone"
_OFFSET: Final = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]")


def asked(
    book: Rulebook, roles: frozenset[str], needs: Iterable[str], takes: Iterable[str], state: CaseState
) -> tuple[Asked, ...]:
    """The fields that somebody in these roles may fill in, those that are needed first; with what is known."""
    known = state.facts
    needed = tuple(needs)
    named = dict.fromkeys((*needed, *takes))
    fields = [book.fields[name] for name in named]
    return tuple(
        _asked(
            field,
            field.name in needed and known.get(field.name) is None,
            state.entered.get(field.name) or known.get(field.name),
        )
        for field in fields
        if not field.by or not roles.isdisjoint(field.by)
    )


def _asked(field: Field, required: bool, value: Any) -> Asked:
    return Asked(
        name=field.name,
        title=field.title,
        kind=field.kind,
        choices=field.choices,
        hint=field.help,
        unit=field.unit,
        required=required,
        value=_written(field, value),
        values=tuple(value) if isinstance(value, list) else (),
        zone=zone_in(value) if field.kind == "instant" else "",
    )


def zone_in(value: Any) -> str:
    """The offset of a moment as it was said; empty for UTC."""
    found = _OFFSET.search(str(value or "")[19:])
    return found[0] if found else ""


def _written(field: Field, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "\n".join(map(str, value))
        case _:
            return str(value)[:16] if field.kind == "instant" else str(value)


async def filled(visit: Visit, fields: Iterable[Asked]) -> tuple[dict[str, Any], str]:
    """The facts that a form says anew, and the words beside them; raises BadRequest for what cannot be read."""
    named = tuple(fields)
    members = [(each.name, *_LIST) if each.kind in LISTS else (each.name, *_TEXT) for each in named]
    zones = [(f"{each.name}{_ZONE}", *_TEXT) for each in named if each.kind == "instant"]
    struct = msgspec.defstruct("Filled", [*members, *zones, ("text_", *_TEXT)], frozen=True)
    given = await visit.form(struct)
    said = {each.name: _read(visit, each, getattr(given, each.name)) for each in named}
    for each in named:
        if each.kind == "instant" and said[each.name] is not None:
            said[each.name] = _in_zone(visit, each, said[each.name], getattr(given, f"{each.name}{_ZONE}"))
    changed = {each.name: said[each.name] for each in named if said[each.name] is not None and _differs(each, said)}
    text: str = getattr(given, "text_")  # noqa: B009  the struct was made here
    return changed, text


def _differs(field: Asked, said: Mapping[str, Any]) -> bool:
    value = said[field.name]
    if isinstance(value, list):
        return tuple(value) != field.values
    if isinstance(value, bool):
        return ("yes" if value else "no") != field.value
    if field.kind == "instant":
        return (str(value)[:16], zone_in(value)) != (field.value, field.zone)
    return str(value) != field.value


def _read(visit: Visit, field: Asked, given: Any) -> Any:
    if not given:
        return None
    match field.kind:
        case "number":
            try:
                return int(given) if given.lstrip("-").isdigit() else float(given)
            except ValueError:
                words = visit.speech.gettext("%(field)s: a number is needed", field=field.title)
                raise BadRequest(words) from None
        case "flag":
            return given == "yes"
        case "instant":
            return f"{given[:16]}:00"
        case "choices":
            return list(given)
        case "texts" | "records":
            return [line.strip() for each in given for line in each.splitlines() if line.strip()]
        case _:
            return given


def _in_zone(visit: Visit, field: Asked, said: str, zone: str) -> str:
    """A moment with the offset that its clock had: of the visitor's economy for `local`, else as it is named; the first
    of two where the clock is set back. Raises BadRequest."""
    if zone != LOCAL and not _OFFSET.fullmatch(zone):
        return f"{said}Z"
    if zone != LOCAL:
        return f"{said}{zone}"
    try:
        return datetime.fromisoformat(said).replace(tzinfo=zone_of(_economy(visit))).isoformat()
    except ValueError:
        words = visit.speech.gettext("%(field)s: a moment is needed", field=field.title)
        raise BadRequest(words) from None


def _economy(visit: Visit) -> str:
    own = visit.visitor.organisation
    return next((each.economy for each in visit.premises.organisations() if each.id == own), "")
