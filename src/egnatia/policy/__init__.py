"""Who may see and do what: labels, clearances and the decision between them. Pure: no clock, no I/O."""

from egnatia.policy.clearance import EVERY, PUBLIC, AgreementInForce, Clearance, Standing
from egnatia.policy.clearance import within as clearance_within
from egnatia.policy.decision import Decision, Rule, admits, decide, is_open
from egnatia.policy.directory import (
    Agreement,
    Directory,
    clearance,
    in_force,
    keep_until,
    standing,
    standing_until,
    until,
)
from egnatia.policy.explanation import Explanation, Seen, explain, explanation, preview
from egnatia.policy.label import Label, Pap, Tlp
from egnatia.policy.marking import (
    FIXED,
    PAP_1,
    STATEMENT,
    TLP_1,
    TLP_2,
    Handling,
    Meaning,
    label_of,
    whole_label,
)
from egnatia.policy.meet import bounded_by, narrows, strictest, strictest_tlp, waiting_for, within
from egnatia.policy.redaction import redact
from egnatia.policy.resolution import resolved
from egnatia.policy.sharing import Action, may_act, may_share

__all__ = [
    "EVERY",
    "FIXED",
    "PAP_1",
    "PUBLIC",
    "STATEMENT",
    "TLP_1",
    "TLP_2",
    "Action",
    "Agreement",
    "AgreementInForce",
    "Clearance",
    "Decision",
    "Directory",
    "Explanation",
    "Handling",
    "Label",
    "Meaning",
    "Pap",
    "Rule",
    "Seen",
    "Standing",
    "Tlp",
    "admits",
    "bounded_by",
    "clearance",
    "clearance_within",
    "decide",
    "explain",
    "explanation",
    "in_force",
    "is_open",
    "keep_until",
    "label_of",
    "may_act",
    "may_share",
    "narrows",
    "preview",
    "redact",
    "resolved",
    "standing",
    "standing_until",
    "strictest",
    "strictest_tlp",
    "until",
    "waiting_for",
    "whole_label",
    "within",
]
