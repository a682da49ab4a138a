"""The decision table of the documentation: one row per label, one column per kind of reader, said by `admits`."""

from typing import Final

from egnatia.policy.clearance import AgreementInForce, Standing
from egnatia.policy.decision import ALLOWING, REASONS, Rule, admits
from egnatia.policy.explanation import tlp_name
from egnatia.policy.label import Label, Tlp
from egnatia.policy.meet import bounded_by

OWNER: Final = "identity--owner"
_PARTNERSHIP: Final = AgreementInForce("sharing-agreement--1", frozenset({OWNER, "identity--partner"}))
_PERSONAL: Final = AgreementInForce("sharing-agreement--2", frozenset({OWNER, "identity--trusted"}), personal_data=True)
_PARTNER: Final = Standing("identity--partner", member=True, agreements=(_PARTNERSHIP,))
_NAMED: Final = Standing("identity--named", member=True)

READERS: Final[dict[str, Standing]] = {
    "owner": Standing(OWNER, member=True),
    "named": _NAMED,
    "client of one named": Standing("identity--bank", client_of=(_NAMED,)),
    "partner": _PARTNER,
    "client of a partner": Standing("identity--telecom", client_of=(_PARTNER,)),
    "partner for personal data": Standing("identity--trusted", member=True, agreements=(_PERSONAL,)),
    "other member": Standing("identity--member", member=True),
    "anybody else": Standing("identity--stranger"),
    "named, in the exercise": Standing("identity--named", exercise="regional-1"),
}
"""`named` is in the audience where there is one; a `partner` has an agreement in force with the owner."""

_TEAM: Final = (("identity--named",),)

LABELS: Final[dict[str, Label]] = {
    **{tlp_name(tlp): Label(OWNER, tlp) for tlp in Tlp},
    **{f"{tlp_name(tlp)}, audience": Label(OWNER, tlp, audiences=_TEAM) for tlp in Tlp},
    "TLP:CLEAR, empty audience": Label(OWNER, Tlp.CLEAR, audiences=((),)),
    "TLP:GREEN, under the partner's agreement": Label(OWNER, Tlp.GREEN, agreements=(_PARTNERSHIP.id,)),
    "TLP:GREEN, personal data": Label(OWNER, Tlp.GREEN, personal=True),
    "TLP:GREEN, a relationship with an end of the owner's that is TLP:RED": bounded_by(
        Label(OWNER, Tlp.GREEN), [Label(OWNER, Tlp.RED)]
    ),
    "TLP:CLEAR, a marking unknown here": Label(OWNER, Tlp.CLEAR, unresolved=("marking-definition--new",)),
    "TLP:CLEAR, of an exercise, audience": Label(OWNER, Tlp.CLEAR, audiences=_TEAM, exercise="regional-1"),
    "TLP:CLEAR, withdrawn": Label(OWNER, Tlp.CLEAR, withdrawn=True),
}


def decision_table() -> str:
    """The table in Markdown: `yes` or `no`, and the rule that says so."""
    lines = [["label", *READERS], ["---"] * (len(READERS) + 1)]
    lines += [[name, *(_cell(label, reader) for reader in READERS.values())] for name, label in LABELS.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rule_table() -> str:
    """The rules in Markdown: the name of each and what it says."""
    rows = "".join(f"| `{rule}` | {'yes' if rule in ALLOWING else 'no'} | {REASONS[rule]} |\n" for rule in Rule)
    return f"| rule | allows | because |\n| --- | --- | --- |\n{rows}"


def _cell(label: Label, reader: Standing) -> str:
    decision = admits(label, reader)
    return f"{'yes' if decision.allowed else 'no'}: {decision.rule}"
