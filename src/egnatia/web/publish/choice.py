"""The part of a form that asks how something is to be handled: in words, with the names of who could be chosen."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from egnatia.exchange.shown import PAP_NAMES, TLP_NAMES
from egnatia.policy import Agreement, Tlp, in_force
from egnatia.web.language.speech import N_
from egnatia.web.publish.marking import KEEP, Chosen
from egnatia.web.record.handling import PAP_WORDS, TLP_WORDS
from egnatia.web.record.name import Names
from egnatia.web.record.text import visible
from egnatia.web.visit import Visit

NO_TLP: Final = N_("Choose how far it may go")
NO_RECIPIENT: Final = N_("TLP:RED is for named recipients: choose at least one")
NO_GROUND: Final = N_("Personal data needs named recipients or an agreement that covers it")
NOBODY: Final = N_("One of the recipients is not known here")
NO_AGREEMENT: Final = N_("One of the agreements is not in force")


class Party(msgspec.Struct, frozen=True):
    """An organisation that can be named."""

    id: str
    name: str
    economy: str


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement in force that something can be shared under."""

    id: str
    name: str
    parties: str
    personal: bool


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen, and what is. `keep` says that a newer version may stay as the present one is."""

    tlps: tuple[tuple[str, str], ...]
    paps: tuple[tuple[str, str], ...]
    parties: tuple[Party, ...]
    agreements: tuple[Terms, ...]
    chosen: Chosen
    keep: bool = False
    errors: dict[str, str] = {}


def choice(
    visit: Visit, chosen: Chosen, names: Names, *, keep: bool = False, errors: dict[str, str] | None = None
) -> Choice:
    """What this visitor can choose; `names` are those of the agreements."""
    say, own = visit.speech.gettext, visit.visitor.organisation
    known = {each.id: each for each in visit.premises.organisations()}
    held = agreements(visit, own or "")
    return Choice(
        tlps=tuple((TLP_NAMES[tlp], say(words)) for tlp, words in TLP_WORDS.items()),
        paps=tuple((PAP_NAMES[pap], say(words)) for pap, words in PAP_WORDS.items()),
        parties=tuple(Party(each.id, visible(each.name), each.economy) for each in known.values() if each.id != own),
        agreements=tuple(
            Terms(
                id=each.id,
                name=names.named(each.id).name,
                parties=", ".join(sorted(visible(known[party].name) for party in each.parties if party in known)),
                personal=each.personal_data and bool(each.legal_basis),
            )
            for each in held
        ),
        chosen=chosen,
        keep=keep,
        errors={name: say(words) for name, words in (errors or {}).items()},
    )


def agreements(visit: Visit, own: str) -> tuple[Agreement, ...]:
    """The agreements in force that the organisation is party of."""
    at = datetime.now(UTC)
    return tuple(each for each in visit.premises.directory().agreements if own in each.parties and in_force(each, at))


def settled(visit: Visit, form: msgspec.Struct, *, keep: bool = False) -> tuple[Chosen, dict[str, str]]:
    """The choice in a form, and what is wrong with it by field. Recipients of an agreement alone are its parties."""
    own = visit.visitor.organisation or ""
    tlp, pap = str(getattr(form, "tlp", "")), str(getattr(form, "pap", ""))
    audience = _list(getattr(form, "audience", ()))
    under = _list(getattr(form, "agreement", ()))
    is_personal = getattr(form, "personal", "") == "yes"
    wrong: dict[str, str] = {}
    if tlp not in TLP_NAMES.values() and not (keep and tlp == KEEP):
        wrong["tlp"] = NO_TLP
    held = {each.id: each for each in agreements(visit, own)}
    if not set(under) <= held.keys():
        wrong["agreement"] = NO_AGREEMENT
    if not set(audience) <= {each.id for each in visit.premises.organisations()}:
        wrong["audience"] = NOBODY
    if under and not audience and "agreement" not in wrong:
        audience = tuple(sorted({party for each in under for party in held[each].parties if party != own}))
    if tlp == TLP_NAMES[Tlp.RED] and not audience:
        wrong.setdefault("audience", NO_RECIPIENT)
    if is_personal and not audience and tlp != KEEP:
        wrong.setdefault("audience", NO_GROUND)
    pap = pap if pap in PAP_NAMES.values() else ""
    return Chosen(tlp=tlp, pap=pap, audience=audience, agreements=under, personal=is_personal), wrong


def _list(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
