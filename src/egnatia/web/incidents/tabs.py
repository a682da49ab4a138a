"""The pages on incidents as a whole, beside each other."""

from egnatia.web.language.speech import N_

TABS: tuple[tuple[str, str], ...] = (
    ("/incidents", N_("Situation")),
    ("/incidents/protocol", N_("Protocol")),
    ("/incidents/playbooks", N_("Playbooks")),
    ("/incidents/teams", N_("Response teams")),
    ("/incidents/summary", N_("Quarterly summary")),
)
"""Where each leads, and its words."""
