"""Whose records need a second person before they are published: a rule of each organisation, kept at the gate itself.

A person, or a program whose token has not the right to `release`, hands in for review what the rule is about; another
person approves it. Records of our own types (cases, agreements, recalls, receipts) have procedures of their own.
"""

import enum

from egnatia.policy import Label, Tlp
from egnatia.record.schemas import BUILT_IN
from egnatia.store import Store


class Rule(enum.StrEnum):
    """What an organisation wants a second person to have read."""

    NEVER = "never"
    PUBLIC = "public"
    OTHERS = "others"
    ALWAYS = "always"


class FourEyes:
    """The rules of the organisations of one node."""

    def __init__(self, store: Store) -> None:
        self._rules = store.kept("review-rule", str)

    def rule(self, organisation: str) -> Rule:
        """The organisation's rule; never where none was set."""
        return Rule(self._rules.get(organisation) or Rule.NEVER)

    def set(self, organisation: str, rule: Rule) -> None:
        """From now on this is the organisation's rule."""
        self._rules.put(organisation, rule.value)


def demands(rule: Rule, type_: str, label: Label) -> bool:
    """Whether a record of this type under this label needs a second person. No rule is about types of our own: a recall
    must be quick, and who signs an agreement is asked by itself."""
    if type_ == "marking-definition" or BUILT_IN.defines(type_):
        return False
    match rule:
        case Rule.NEVER:
            return False
        case Rule.PUBLIC:
            return label.tlp is Tlp.CLEAR and not stays(label)
        case Rule.OTHERS:
            return not stays(label)
        case Rule.ALWAYS:
            return True


def stays(label: Label) -> bool:
    """Whether nobody but the owner can ever see it, whoever joins the community or a group later."""
    to_itself = any(set(audience) <= {label.owner} for audience in label.audiences)
    return to_itself or (label.tlp is Tlp.RED and not label.audiences)
