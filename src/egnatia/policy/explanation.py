"""Who will see this, and why may or may not this one see it: the decision in a sentence with the names in it."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from egnatia.policy.clearance import Clearance, Standing
from egnatia.policy.decision import Decision, Rule, admits, decide, partner, receives
from egnatia.policy.label import Label, Tlp


class Seen(msgspec.Struct, frozen=True):
    """What one organisation will see, and by which rule."""

    organisation: str
    decision: Decision


class Explanation(msgspec.Struct, frozen=True):
    """A decision and what fills the gaps of its sentence, so that it can be said in any language.

    Names: `reader`, `owner` (of the record, or of the linked record that decided), `provider` (through whom a
    client receives), `audience`, `agreements`, `markings`, `type`, `tlp`. Lists are joined by a comma.
    """

    decision: Decision
    names: Mapping[str, str]
    linked: bool = False


SENTENCES: Final[dict[Rule, str]] = {
    Rule.OWNER: "{reader} may see it: an owner always sees its own.",
    Rule.PUBLIC: "{reader} may see it: it is TLP:CLEAR, which is for everyone.",
    Rule.MEMBER: "{reader} may see it: it is TLP:GREEN, and {reader} is a member of the community.",
    Rule.PARTNER: "{reader} may see it: it is TLP:GREEN, and {reader} has an agreement in force with {owner}.",
    Rule.PARTNER_CLIENT: "{reader} may see it: it is TLP:GREEN, and {reader} is a client of {provider}, which has an "
    "agreement in force with {owner}.",
    Rule.AGREEMENT: "{reader} may see it: an agreement in force between {owner} and {reader} covers it.",
    Rule.AGREEMENT_CLIENT: "{reader} may see it: it is {tlp}, and {reader} is a client of {provider}, with which "
    "{owner} has an agreement in force that covers it.",
    Rule.NAMED: "{reader} may see it: {owner} names {reader} in its audience ({audience}).",
    Rule.NAMED_CLIENT: "{reader} may see it: it is {tlp}, and {reader} is a client of {provider}, which is named in "
    "its audience ({audience}).",
    Rule.WITHDRAWN: "{reader} may not see it: {owner} has withdrawn it.",
    Rule.UNRESOLVED: "{reader} may not see it: it bears a marking that is not known here ({markings}).",
    Rule.NO_PERSONAL_DATA: "{reader} may not see it: it holds personal data, and no agreement in force between "
    "{owner} and {reader} covers personal data in a record of this type.",
    Rule.EMPTY_AUDIENCE: "{reader} may not see it: its audience is empty.",
    Rule.NO_RECIPIENT: "{reader} may not see it: it is TLP:RED, and {owner} names no recipient.",
    Rule.NOT_NAMED: "{reader} may not see it: {owner} does not name {reader} in its audience ({audience}).",
    Rule.NOT_MEMBER: "{reader} may not see it: it is TLP:GREEN, and {reader} is neither a member of the community "
    "nor joined to {owner} by an agreement in force.",
    Rule.NO_AGREEMENT: "{reader} may not see it: no agreement in force between {owner} and {reader} covers it "
    "({agreements}).",
    Rule.NOT_CLIENTS: "{reader} may not see it: it is {tlp}, which is not for clients, and {reader} is a client of "
    "{provider}, which receives it.",
    Rule.NOT_PUBLIC: "{reader} may not see it: it is not public.",
    Rule.EXERCISE: "{reader} may not see it: it belongs to an exercise and is seen in that exercise alone.",
    Rule.NOT_EXERCISE: "{reader} may not see it in an exercise: it is real.",
    Rule.NOT_PLAYER: "{reader} may not see it: {owner} does not name {reader} in its audience ({audience}) within the "
    "exercise.",
}
"""One sentence for every rule of reading; with `linked` it is said of the linked record."""

LINKED: Final = "see it, since it is linked to a record of {owner}, and of that record it is true: "


def preview(label: Label, organisations: Iterable[Standing]) -> tuple[Seen, ...]:
    """What each organisation will see of what is about to be published under `label`, in the order given."""
    return tuple(Seen(standing.organisation, admits(label, standing)) for standing in organisations)


def explanation(label: Label, clearance: Clearance, names: Mapping[str, str]) -> Explanation:
    """Why `clearance` may or may not see what lies under `label`. `names` are the names of identities, agreements
    and markings by id; what has none is called by its id. For the owner and the operator: a reader who is refused
    is not told why, since that would tell that there is something."""
    decision = decide(label, clearance)
    reader = _decisive(label, clearance, decision)
    part = label if reader is None else _decisive_part(label, reader, decision)
    return Explanation(decision, _names(part, reader, names), linked=part.owner != label.owner)


def explain(label: Label, clearance: Clearance, names: Mapping[str, str]) -> str:
    """`explanation` in one English sentence."""
    found = explanation(label, clearance, names)
    sentence = SENTENCES[found.decision.rule]
    if found.linked:
        sentence = sentence.replace("see it: ", LINKED, 1)
    return sentence.format_map(dict(found.names))


def tlp_name(tlp: Tlp) -> str:
    """`TLP:AMBER+STRICT`, as TLP 2.0 writes it."""
    return "TLP:" + tlp.name.replace("_", "+")


def _decisive(label: Label, clearance: Clearance, decision: Decision) -> Standing | None:
    return next((standing for standing in clearance.standings if admits(label, standing) == decision), None)


def _decisive_part(label: Label, reader: Standing, decision: Decision) -> Label:
    """The part that refuses the reader, at whatever depth; the label itself where it is admitted."""
    if decision.allowed or admits(msgspec.structs.replace(label, also=()), reader) == decision:
        return label
    part = next(part for part in label.also if not admits(part, reader).allowed)
    return _decisive_part(part, reader, decision)


def _names(label: Label, reader: Standing | None, names: Mapping[str, str]) -> dict[str, str]:
    def listed(ids: Iterable[str], none: str) -> str:
        return ", ".join(sorted(names.get(each, each) for each in ids)) or none

    provider = None
    if reader is not None:
        through = msgspec.structs.replace(label, tlp=min(label.tlp, Tlp.AMBER), also=(), personal=False)
        provider = next((each for each in reader.client_of if _receives(through, each)), None)
    return {
        "reader": "The public" if reader is None else names.get(reader.organisation, reader.organisation),
        "owner": names.get(label.owner, label.owner),
        "provider": "" if provider is None else names.get(provider.organisation, provider.organisation),
        "audience": "; ".join(listed(audience, "nobody") for audience in label.audiences),
        "agreements": listed(label.agreements, "any would do"),
        "markings": listed(label.unresolved, ""),
        "type": label.type,
        "tlp": tlp_name(label.tlp),
    }


def _receives(label: Label, provider: Standing) -> bool:
    if label.audiences or label.agreements:
        return receives(label, provider)
    if label.tlp is Tlp.GREEN:
        return partner(label.owner, provider)
    return provider.organisation != label.owner and admits(label, provider).allowed
