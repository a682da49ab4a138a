"""How something is to be handled, as a person chooses it, and the markings that say so."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from egnatia.exchange.shown import PAP_NAMES, TLP_NAMES
from egnatia.policy import Label
from egnatia.record.marking import AUDIENCE_EXTENSION, EGNATIA, PAP_IDS, TLP2_IDS, TLP_IDS

KEEP: Final = "keep"
"""The choice to leave the handling of a newer version as that of the present one."""

_TLP: Final[Mapping[str, str]] = {name: marking for marking, name in TLP2_IDS.items()}
_PAP: Final[Mapping[str, str]] = {name: marking for marking, name in PAP_IDS.items()}
_BEGINNING: Final = "2026-01-01T00:00:00.000Z"
"""An audience of one id never changes, so that it is the same record whoever makes it and when."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A choice of handling. `audience` names identities of organisations or groups, empty for whom the TLP admits."""

    tlp: str = "amber"
    pap: str = ""
    audience: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    personal: bool = False

    @property
    def refs(self) -> list[str]:
        """The markings for a record of `owner`; see `definitions` for the one that is not fixed."""
        return [*filter(None, (_TLP.get(self.tlp), _PAP.get(self.pap)))]


def markings(chosen: Chosen, owner: str) -> tuple[list[str], list[bytes]]:
    """The markings of the choice, and the definitions that are to be published with them."""
    refs = chosen.refs
    if not (chosen.audience or chosen.agreements or chosen.personal):
        return refs, []
    definition = audience(owner, chosen.audience, chosen.agreements, personal=chosen.personal)
    return [*refs, str(definition["id"])], [msgspec.json.encode(definition)]


def audience(
    owner: str, recipients: Iterable[str], agreements: Iterable[str] = (), *, personal: bool = False
) -> dict[str, Any]:
    """The marking that names recipients, agreements or personal data. The same one for the same choice: its id follows
    from what it says."""
    named, under = sorted(set(recipients)), sorted(set(agreements))
    content: dict[str, Any] = {"extension_type": "property-extension"}
    if named:
        content["recipient_refs"] = named
    if under:
        content["agreement_refs"] = under
    if personal:
        content["personal_data"] = True
    said = "\x1f".join(["audience", owner, *named, "under", *under, str(personal)])
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{uuid.uuid5(EGNATIA, said)}",
        "created": _BEGINNING,
        "created_by_ref": owner,
        "extensions": {AUDIENCE_EXTENSION: content},
    }


def chosen_of(label: Label) -> Chosen:
    """The choice that comes nearest to a label, to begin from."""
    return Chosen(
        tlp=TLP_NAMES[label.tlp],
        pap=PAP_NAMES[label.pap] if label.pap else "",
        audience=label.audiences[0] if label.audiences else (),
        agreements=label.agreements,
        personal=label.personal,
    )


def other_markings(refs: Iterable[str]) -> list[str]:
    """The markings among these that say neither TLP nor PAP: statements and the like stay on a newer version."""
    return [ref for ref in refs if ref not in TLP_IDS and ref not in PAP_IDS]
