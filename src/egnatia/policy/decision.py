"""Whether a reader may see what lies under a label, and the rule that says so. What no rule allows is refused."""

import enum
from typing import Final, assert_never

import msgspec

from egnatia.policy.clearance import EVERY, Clearance, Standing
from egnatia.policy.label import Label, Tlp


class Rule(enum.StrEnum):
    """The rule that decided: the key under which its explanation and its translations are kept."""

    OWNER = "owner"
    PUBLIC = "public"
    MEMBER = "member"
    PARTNER = "partner"
    PARTNER_CLIENT = "partner-client"
    AGREEMENT = "agreement"
    AGREEMENT_CLIENT = "agreement-client"
    NAMED = "named"
    NAMED_CLIENT = "named-client"
    WITHDRAWN = "withdrawn"
    UNRESOLVED = "unresolved"
    NO_PERSONAL_DATA = "no-personal-data"
    EMPTY_AUDIENCE = "empty-audience"
    NO_RECIPIENT = "no-recipient"
    NOT_NAMED = "not-named"
    NOT_MEMBER = "not-member"
    NO_AGREEMENT = "no-agreement"
    NOT_CLIENTS = "not-clients"
    NOT_PUBLIC = "not-public"
    EXERCISE = "exercise"
    NOT_EXERCISE = "not-exercise"
    NOT_PLAYER = "not-player"
    HOLDER_MAY_NOT_SEE = "holder-may-not-see"
    ONWARD_RED = "onward-red"
    ONWARD_STRICT = "onward-strict"
    ONWARD_CLIENTS_ONLY = "onward-clients-only"
    ONWARD_AGREEMENT = "onward-agreement"
    PAP_ALLOWS = "pap-allows"
    PAP_FORBIDS = "pap-forbids"


ALLOWING: Final = frozenset(
    {
        Rule.OWNER,
        Rule.PUBLIC,
        Rule.MEMBER,
        Rule.PARTNER,
        Rule.PARTNER_CLIENT,
        Rule.AGREEMENT,
        Rule.AGREEMENT_CLIENT,
        Rule.NAMED,
        Rule.NAMED_CLIENT,
        Rule.PAP_ALLOWS,
    }
)

REASONS: Final[dict[Rule, str]] = {
    Rule.OWNER: "an owner always sees its own",
    Rule.PUBLIC: "TLP:CLEAR is for everyone",
    Rule.MEMBER: "TLP:GREEN is for the members of the community",
    Rule.PARTNER: "TLP:GREEN is for the owner's partners under an agreement in force too",
    Rule.PARTNER_CLIENT: "TLP:GREEN is for the clients of the owner's partners too",
    Rule.AGREEMENT: "an agreement in force with the owner covers it",
    Rule.AGREEMENT_CLIENT: "TLP:AMBER is for the clients of the receiving organisations too",
    Rule.NAMED: "the audience names the organisation",
    Rule.NAMED_CLIENT: "up to TLP:AMBER the clients of the organisations that the audience names may see it too",
    Rule.WITHDRAWN: "the owner has withdrawn it",
    Rule.UNRESOLVED: "it bears a marking that is not known here",
    Rule.NO_PERSONAL_DATA: "personal data needs an agreement in force with the owner that covers it",
    Rule.EMPTY_AUDIENCE: "its audience is empty",
    Rule.NO_RECIPIENT: "TLP:RED is for named recipients, and it names none",
    Rule.NOT_NAMED: "an audience does not name the organisation",
    Rule.NOT_MEMBER: "TLP:GREEN is for the members of the community and the owner's partners",
    Rule.NO_AGREEMENT: "no agreement in force with the owner covers it",
    Rule.NOT_CLIENTS: "TLP:AMBER+STRICT and TLP:RED are not for clients",
    Rule.NOT_PUBLIC: "it is not public",
    Rule.EXERCISE: "it belongs to an exercise and is seen in that exercise alone",
    Rule.NOT_EXERCISE: "it is real and is not seen in an exercise",
    Rule.NOT_PLAYER: "an audience of the exercise does not name the organisation",
    Rule.HOLDER_MAY_NOT_SEE: "who would pass it on may not see it",
    Rule.ONWARD_RED: "TLP:RED is not passed on by its recipients",
    Rule.ONWARD_STRICT: "TLP:AMBER+STRICT stays within the receiving organisation",
    Rule.ONWARD_CLIENTS_ONLY: "TLP:AMBER is passed on by a receiving organisation to its own clients only",
    Rule.ONWARD_AGREEMENT: "the agreement it was received under does not let it be passed on",
    Rule.PAP_ALLOWS: "the permissible-actions marking allows it",
    Rule.PAP_FORBIDS: "the permissible-actions marking forbids it",
}


class Decision(msgspec.Struct, frozen=True):
    """Whether, by which rule, and the rule in plain words (`explain` says it with the names in)."""

    allowed: bool
    rule: Rule
    reason: str


RULINGS: Final = {rule: Decision(rule in ALLOWING, rule, REASONS[rule]) for rule in Rule}

_AGREEMENT = RULINGS[Rule.AGREEMENT]
_AGREEMENT_CLIENT = RULINGS[Rule.AGREEMENT_CLIENT]
_EXERCISE = RULINGS[Rule.EXERCISE]
_NOT_EXERCISE = RULINGS[Rule.NOT_EXERCISE]
_NOT_PLAYER = RULINGS[Rule.NOT_PLAYER]
_EMPTY_AUDIENCE = RULINGS[Rule.EMPTY_AUDIENCE]
_MEMBER = RULINGS[Rule.MEMBER]
_NAMED = RULINGS[Rule.NAMED]
_NAMED_CLIENT = RULINGS[Rule.NAMED_CLIENT]
_NOT_CLIENTS = RULINGS[Rule.NOT_CLIENTS]
_NOT_MEMBER = RULINGS[Rule.NOT_MEMBER]
_NOT_NAMED = RULINGS[Rule.NOT_NAMED]
_NOT_PUBLIC = RULINGS[Rule.NOT_PUBLIC]
_NO_AGREEMENT = RULINGS[Rule.NO_AGREEMENT]
_NO_PERSONAL_DATA = RULINGS[Rule.NO_PERSONAL_DATA]
_NO_RECIPIENT = RULINGS[Rule.NO_RECIPIENT]
_OWNER = RULINGS[Rule.OWNER]
_PARTNER = RULINGS[Rule.PARTNER]
_PARTNER_CLIENT = RULINGS[Rule.PARTNER_CLIENT]
_PUBLIC = RULINGS[Rule.PUBLIC]
_UNRESOLVED = RULINGS[Rule.UNRESOLVED]
_WITHDRAWN = RULINGS[Rule.WITHDRAWN]


def decide(label: Label, clearance: Clearance) -> Decision:
    """Whether `clearance` may see what lies under `label`: whether one of its standings may, on its own.

    The first standing that may is the one that decides; if none may, the first one's refusal does.
    """
    refusal: Decision | None = None
    for standing in clearance.standings:
        decision = admits(label, standing)
        if decision.allowed:
            return decision
        refusal = refusal or decision
    if refusal is not None:
        return refusal
    if label.exercise:
        return _EXERCISE
    return _PUBLIC if is_open(label) else _NOT_PUBLIC


def admits(label: Label, standing: Standing) -> Decision:
    """Whether one organisation may see what lies under `label`.

    What belongs to an exercise and what is real are two worlds, for its owner too.
    """
    if label.exercise != standing.exercise and not (label.exercise and standing.exercise == EVERY):
        return _EXERCISE if label.exercise else _NOT_EXERCISE
    if standing.organisation == label.owner:
        return _OWNER
    decision = _alone(label, standing)
    if label.also and decision.allowed:
        for other in label.also:
            further = admits(other, standing)
            if not further.allowed:
                return further
    return decision


def is_open(label: Label) -> bool:
    """Whether everyone, the public too, may see it."""
    return (
        label.tlp is Tlp.CLEAR
        and not label.exercise
        and not (label.audiences or label.agreements or label.personal or label.unresolved or label.withdrawn)
        and all(map(is_open, label.also))
    )


def _alone(label: Label, standing: Standing) -> Decision:
    """The decision for somebody else than the owner, without `label.also`."""
    if label.withdrawn:
        return _WITHDRAWN
    if label.unresolved:
        return _UNRESOLVED
    if label.exercise:
        return _playing(label, standing)
    if label.personal and not covered(label, standing, personal=True):
        return _NO_PERSONAL_DATA
    if label.audiences or label.agreements:
        return _restricted(label, standing)
    tlp = label.tlp
    match tlp:
        case Tlp.CLEAR:
            return _PUBLIC
        case Tlp.GREEN:
            return _community(label.owner, standing)
        case Tlp.AMBER | Tlp.AMBER_STRICT:
            return _receiving(label, standing)
        case Tlp.RED:
            return _NO_RECIPIENT
    assert_never(tlp)


def _playing(label: Label, standing: Standing) -> Decision:
    """In an exercise only those see something whom an audience names: no TLP opens it any further."""
    return _NAMED if label.audiences and named(label, standing) else _NOT_PLAYER


def _community(owner: str, standing: Standing) -> Decision:
    """TLP:GREEN is for the members and, so that it is never stricter than AMBER, for whom AMBER admits."""
    if standing.member:
        return _MEMBER
    if partner(owner, standing):
        return _PARTNER
    if any(partner(owner, provider) for provider in standing.client_of):
        return _PARTNER_CLIENT
    return _NOT_MEMBER


def _receiving(label: Label, standing: Standing) -> Decision:
    """Without an audience the receiving organisations are the parties of agreements in force with the owner."""
    if covered(label, standing):
        return _AGREEMENT
    if any(covered(label, provider) for provider in standing.client_of):
        return _AGREEMENT_CLIENT if label.tlp is Tlp.AMBER else _NOT_CLIENTS
    return _NO_AGREEMENT


def _restricted(label: Label, standing: Standing) -> Decision:
    """With audiences, or under named agreements, the receiving organisations are those that they all let in."""
    if label.tlp is Tlp.RED and not label.audiences:
        return _NO_RECIPIENT
    if receives(label, standing):
        return _NAMED if label.audiences else _AGREEMENT
    for provider in standing.client_of:
        if receives(label, provider):
            if label.tlp >= Tlp.AMBER_STRICT:
                return _NOT_CLIENTS
            return _NAMED_CLIENT if label.audiences else _AGREEMENT_CLIENT
    if () in label.audiences:
        return _EMPTY_AUDIENCE
    return _NO_AGREEMENT if named(label, standing) else _NOT_NAMED


def receives(label: Label, standing: Standing) -> bool:
    """Whether it is a receiving organisation in its own right: in every audience, party of a named agreement."""
    return named(label, standing) and not (label.agreements and not covered(label, standing))


def named(label: Label, standing: Standing) -> bool:
    """Whether every audience names the organisation or a group it is in; true where there is no audience."""
    organisation, groups = standing.organisation, standing.groups
    for audience in label.audiences:  # noqa: SIM110 - the loop is twice as fast as `all`, and this is the hot path
        if organisation not in audience and groups.isdisjoint(audience):
            return False
    return True


def covered(label: Label, standing: Standing, *, personal: bool = False, onward: bool = False) -> bool:
    """Whether it is party with the owner of an agreement in force that covers the record's type; one of those that
    the label names, if it names any; one for personal data, or for passing on, if asked.

    The owner is not its own partner: its clients receive through an audience that names it, not through agreements.
    """
    owner = label.owner
    if standing.organisation == owner:
        return False
    for agreement in standing.agreements:
        if (
            owner in agreement.parties
            and (not agreement.types or label.type in agreement.types)
            and (not label.agreements or agreement.id in label.agreements)
            and (agreement.personal_data or not personal)
            and (agreement.onward or not onward)
        ):
            return True
    return False


def partner(owner: str, standing: Standing) -> bool:
    """Whether any agreement in force, whatever it covers, joins it to the owner."""
    if standing.organisation == owner:
        return False
    return any(owner in agreement.parties for agreement in standing.agreements)
