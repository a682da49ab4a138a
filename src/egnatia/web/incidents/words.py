"""What the codes of the incident protocol are called: severities, kinds, levels, sectors, classes."""

from collections.abc import Mapping
from typing import Final

from egnatia.web.language import Speech
from egnatia.web.language.speech import N_

FIGURES: Final[Mapping[str, str]] = {
    "loss_eur": N_("Direct loss, in euro"),
    "loss_share": N_("Direct loss, per cent of turnover"),
    "recurrence": N_("Incidents of one cause in six months"),
    "dns_down_minutes": N_("Name service down, in minutes"),
    "slow_seconds": N_("Slow answers, in seconds"),
    "slow_minutes": N_("Slow for, in minutes"),
    "service_down_minutes": N_("Service down, in minutes"),
    "limited_minutes": N_("Service limited, in minutes"),
    "users": N_("Users affected"),
    "users_share": N_("Users affected, per cent"),
    "trust_down_minutes": N_("Trust service down, in minutes"),
    "trust_week_minutes": N_("Trust service down in a week, in minutes"),
    "trust_users": N_("Trust service: users limited"),
    "trust_users_share": N_("Trust service: users limited, per cent"),
    "trust_affected": N_("Trust service: users whose data are affected"),
    "trust_affected_share": N_("Trust service: users whose data are affected, per cent"),
    "dora_clients": N_("DORA: clients"),
    "dora_clients_share": N_("DORA: clients, per cent"),
    "dora_transactions_share": N_("DORA: transactions, per cent"),
    "dora_hours": N_("DORA: duration, in hours"),
    "dora_down_minutes": N_("DORA: critical service down, in minutes"),
    "dora_economies": N_("DORA: economies affected"),
    "dora_costs_eur": N_("DORA: costs, in euro"),
    "significant_economies": N_("Regional operational level: economies with a significant impact"),
    "affected_economies": N_("Regional technical level: economies affected"),
}
"""The figures of the protocol that a profile may change, in words."""

WORDS: Final[Mapping[str, str]] = {
    "white": N_("no impact"),
    "green": N_("minor"),
    "yellow": N_("substantial"),
    "red": N_("very large"),
    "significant-incident": N_("significant incident"),
    "incident": N_("incident"),
    "near-miss": N_("near miss"),
    "cyber-threat": N_("cyber threat"),
    "voluntary": N_("voluntary notice"),
    "not-said": N_("not said"),
    "national": N_("national"),
    "bilateral": N_("bilateral"),
    "regional-technical": N_("regional, technical"),
    "regional-operational": N_("regional, operational"),
    "political": N_("political"),
    "system-failures": N_("system failures"),
    "natural-phenomena": N_("natural phenomena"),
    "human-errors": N_("human errors"),
    "malicious-actions": N_("malicious actions"),
    "third-party-failures": N_("failures of third parties"),
    "energy": N_("energy"),
    "transport": N_("transport"),
    "banking": N_("banking"),
    "financial": N_("financial markets"),
    "health": N_("health"),
    "drinking-water": N_("drinking water"),
    "waste-water": N_("waste water"),
    "digital-infrastructure": N_("digital infrastructure"),
    "ict-services": N_("ICT services"),
    "public-administration": N_("public administration"),
    "space": N_("space"),
    "courier": N_("post and couriers"),
    "waste-management": N_("waste management"),
    "chemical": N_("chemicals"),
    "food": N_("food"),
    "manufacturing": N_("manufacturing"),
    "digital-providers": N_("digital providers"),
    "research": N_("research"),
    "abusive-content": N_("abusive content"),
    "malicious-code": N_("malicious code"),
    "information-gathering": N_("information gathering"),
    "intrusion-attempts": N_("intrusion attempts"),
    "intrusions": N_("intrusions"),
    "availability": N_("availability"),
    "information-content-security": N_("security of information"),
    "fraud": N_("fraud"),
    "vulnerable": N_("vulnerable systems"),
    "other": N_("other"),
    "test": N_("test"),
    "yes": N_("yes"),
    "no": N_("no"),
    "on-time": N_("on time"),
    "late": N_("late"),
    "not-filed": N_("not filed"),
    "kind": N_("Kind of notification"),
    "severity": N_("Severity of the impact"),
    "root_cause": N_("Root cause"),
    "level": N_("Level of escalation"),
    "cross_border": N_("Could affect other economies"),
    "timeliness": N_("First report"),
    "sectors": N_("Affected sectors"),
    "rsit": N_("Classification (RSIT 1.3)"),
}
"""By code. A code that is not here is shown as it is."""

SEVERITY_MARKS: Final[Mapping[str, str]] = {"red": "bad", "yellow": "warn", "green": "info", "white": "plain"}
"""The kind of mark that a severity has."""


def spoken(speech: Speech, code: str) -> str:
    """What a code is called in the reader's language."""
    return speech.gettext(WORDS[code]) if code in WORDS else code
