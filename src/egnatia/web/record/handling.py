"""How a record may be handled, in words: its traffic light, who is named, for what, and what was left out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.exchange.shown import PAP_NAMES, TLP_NAMES
from egnatia.policy import Action, Label, Pap, Tlp, may_act
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.record.parts import heading
from egnatia.web.record.text import visible

TLP_WORDS: Final[Mapping[Tlp, str]] = {
    Tlp.CLEAR: N_("For everyone; there is no limit on passing it on."),
    Tlp.GREEN: N_("For the community; it is not published openly."),
    Tlp.AMBER: N_("For the receiving organisations and their clients, as far as they need to know."),
    Tlp.AMBER_STRICT: N_("For the receiving organisations alone, as far as they need to know."),
    Tlp.RED: N_("For the named recipients alone; it is not passed on."),
}

PAP_WORDS: Final[Mapping[Pap, str]] = {
    Pap.CLEAR: N_("It may be used freely."),
    Pap.GREEN: N_("It may be used actively, also so that an attacker may notice: blocking, contacting."),
    Pap.AMBER: N_("It may be looked up at third parties, but nothing that touches the attacker's systems."),
    Pap.RED: N_("It may be used within your own systems only, so that nobody outside notices."),
}

ACTIONS: Final[Mapping[Action, str]] = {
    Action.SEARCH: N_("search your own data for it"),
    Action.DETECT: N_("detect it in your own traffic"),
    Action.LOOK_UP: N_("look it up at third parties"),
    Action.BLOCK: N_("block it"),
    Action.CONTACT: N_("contact it"),
    Action.TAKE_DOWN: N_("have it taken down"),
}


class Condition(msgspec.Struct, frozen=True):
    """One label that must allow: the record's own, or that of a record it is linked to (`linked` names its owner)."""

    tlp: str
    words: str
    audiences: tuple[tuple[str, ...], ...] = ()
    agreements: tuple[str, ...] = ()
    linked: str = ""


class LeftOut(msgspec.Struct, frozen=True):
    """Parts of a record with a marking of their own: which, and under what."""

    properties: tuple[str, ...]
    marking: str


class HandlingWords(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page says of the handling of a record. `actions` are what one may do, and whether."""

    tlp: str
    words: str
    pap: str
    pap_words: str
    actions: tuple[tuple[str, bool], ...]
    conditions: tuple[Condition, ...]
    personal: bool
    withdrawn: bool
    unresolved: tuple[str, ...]
    redacted: bool
    parts: tuple[LeftOut, ...] = ()


def handling(
    label: Label, speech: Speech, names: Mapping[str, str], *, redacted: bool = False, parts: tuple[LeftOut, ...] = ()
) -> HandlingWords:
    """A label in words; `names` are those of organisations and agreements by id."""
    say = speech.gettext
    strictest = max((each.tlp for each in _all(label)), default=label.tlp)
    return HandlingWords(
        tlp=TLP_NAMES[strictest],
        words=say(TLP_WORDS[strictest]),
        pap=PAP_NAMES[label.pap],
        pap_words=say(PAP_WORDS[label.pap]),
        actions=tuple((say(words), may_act(label, action).allowed) for action, words in ACTIONS.items()),
        conditions=tuple(_condition(each, label.owner, speech, names) for each in _all(label)),
        personal=any(each.personal for each in _all(label)),
        withdrawn=any(each.withdrawn for each in _all(label)),
        unresolved=tuple(visible(each) for part in _all(label) for each in part.unresolved),
        redacted=redacted,
        parts=parts,
    )


def marked_parts(stix: Mapping[str, Any], names: Mapping[str, str], speech: Speech) -> tuple[LeftOut, ...]:
    """Which parts of a whole record bear a marking of their own; for its owner and whoever sees all of it."""
    granular = stix.get("granular_markings")
    found = []
    for entry in granular if isinstance(granular, list) else ():
        if isinstance(entry, dict) and isinstance(marking := entry.get("marking_ref"), str):
            selectors = [str(each) for each in entry.get("selectors", ())]
            said = tuple(_selected(each, speech) for each in selectors)
            found.append(LeftOut(said, visible(names.get(marking, marking))))
    return tuple(found)


def _selected(selector: str, speech: Speech) -> str:
    first, _, rest = selector.partition(".")
    words = heading(first)
    shown = visible(speech.gettext(words) if words != first else first)
    return f"{shown} › {visible(rest)}" if rest else shown


def _condition(part: Label, owner: str, speech: Speech, names: Mapping[str, str]) -> Condition:
    return Condition(
        tlp=TLP_NAMES[part.tlp],
        words=speech.gettext(TLP_WORDS[part.tlp]),
        audiences=tuple(_named(each, names) for each in part.audiences),
        agreements=_named(part.agreements, names),
        linked="" if part.owner == owner else visible(names.get(part.owner, part.owner)),
    )


def _named(ids: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(visible(names.get(each, each)) for each in ids))


def _all(label: Label) -> Iterator[Label]:
    """The label and those that must allow besides, at any depth."""
    yield label
    for other in label.also:
        yield from _all(other)
