"""Who may see and do what: labels, clearances and the decision between them. Pure: no clock, no I/O."""

from egnatia.policy.clearance import PUBLIC, AgreementInForce, Clearance, Standing
from egnatia.policy.decision import Decision, Rule, admits, decide, is_open
from egnatia.policy.label import Label, Pap, Tlp
from egnatia.policy.marking import (
    FIXED,
    PAP_1,
    STATEMENT,
    TLP_1,
    TLP_2,
    Handling,
    Meaning,
    joint,
    label_of,
    whole_label,
)
from egnatia.policy.meet import bounded_by, narrows, strictest, strictest_tlp, within

__all__ = [
    "FIXED",
    "PAP_1",
    "PUBLIC",
    "STATEMENT",
    "TLP_1",
    "TLP_2",
    "AgreementInForce",
    "Clearance",
    "Decision",
    "Handling",
    "Label",
    "Meaning",
    "Pap",
    "Rule",
    "Standing",
    "Tlp",
    "admits",
    "bounded_by",
    "decide",
    "is_open",
    "joint",
    "label_of",
    "narrows",
    "strictest",
    "strictest_tlp",
    "whole_label",
    "within",
]
