"""What a holder may do with what it sees: pass it on, act on it. Passing on never reaches anybody whom `admits`
refuses."""

import enum
from typing import Final, assert_never

from egnatia.policy.clearance import Standing
from egnatia.policy.decision import RULINGS, Decision, Rule, admits, covered, receives
from egnatia.policy.label import Label, Pap, Tlp


class Action(enum.StrEnum):
    """What somebody does with a record, as far as it shows to others.

    `SEARCH` own data for it and `DETECT` it in own traffic: nobody outside notices. `LOOK_UP` at a third party: the
    third party notices. `BLOCK` it at own devices, `CONTACT` it: its operator notices. `TAKE_DOWN` and whatever else.
    """

    SEARCH = "search"
    DETECT = "detect"
    LOOK_UP = "look-up"
    BLOCK = "block"
    CONTACT = "contact"
    TAKE_DOWN = "take-down"


STRICTEST_FOR: Final[dict[Action, Pap]] = {
    Action.SEARCH: Pap.RED,
    Action.DETECT: Pap.RED,
    Action.LOOK_UP: Pap.AMBER,
    Action.BLOCK: Pap.GREEN,
    Action.CONTACT: Pap.GREEN,
    Action.TAKE_DOWN: Pap.CLEAR,
}
"""The strictest PAP under which an action is still allowed."""


def may_act(label: Label, action: Action) -> Decision:
    """Whether what lies under `label` may be used so (Permissible Actions Protocol)."""
    return RULINGS[Rule.PAP_ALLOWS if label.pap <= STRICTEST_FOR[action] else Rule.PAP_FORBIDS]


def may_share(label: Label, holder: Standing, recipient: Standing) -> Decision:
    """Whether `holder` may pass on to `recipient` what lies under `label`, in its own name.

    A node that relays the owner's feed does not share in this sense: there `decide` alone is asked.
    """
    seen = admits(label, recipient)
    if not seen.allowed or holder.organisation in (label.owner, recipient.organisation):
        return seen
    if not admits(label, holder).allowed:
        return RULINGS[Rule.HOLDER_MAY_NOT_SEE]
    return _onward(label, holder, recipient) or seen


def _onward(label: Label, holder: Standing, recipient: Standing) -> Decision | None:
    """What keeps it with the holder, where both may see it; None where nothing does."""
    if label.owner in (holder.organisation, recipient.organisation):
        return None
    rule = _by_tlp(label, holder, recipient)
    if rule is None and (label.agreements or label.personal):
        under = covered(label, holder, personal=label.personal, onward=True)
        rule = None if under else Rule.ONWARD_AGREEMENT
    if rule is not None:
        return RULINGS[rule]
    return next(filter(None, (_onward(other, holder, recipient) for other in label.also)), None)


def _by_tlp(label: Label, holder: Standing, recipient: Standing) -> Rule | None:
    match label.tlp:
        case Tlp.CLEAR | Tlp.GREEN:
            return None
        case Tlp.AMBER:
            received = receives(label, holder) if label.audiences else covered(label, holder)
            client = any(provider.organisation == holder.organisation for provider in recipient.client_of)
            return None if received and client else Rule.ONWARD_CLIENTS_ONLY
        case Tlp.AMBER_STRICT:
            return Rule.ONWARD_STRICT
        case Tlp.RED:
            return Rule.ONWARD_RED
    assert_never(label.tlp)
