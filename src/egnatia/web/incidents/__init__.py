"""Incidents: their facts a part at a time, what was found in them, and their way in and out as STIX."""

from typing import Final

from litestar.types import ControllerRouterHandler

from egnatia.web.incidents import playbooks, teams
from egnatia.web.incidents.carrying import bundle, form, take
from egnatia.web.incidents.classifying import part, say
from egnatia.web.incidents.findings import empty, pasted
from egnatia.web.incidents.protocolling import page as protocol
from egnatia.web.incidents.situation import situation
from egnatia.web.incidents.staging import all_stages, forward, forwarding
from egnatia.web.incidents.summing import file as summary_file
from egnatia.web.incidents.summing import page as summary
from egnatia.web.language.speech import N_
from egnatia.web.navigation import WORK, Entry
from egnatia.web.permission import Permission

PAGES: tuple[ControllerRouterHandler, ...] = (
    part, say, empty, pasted, bundle, form, take, all_stages, forwarding, forward, situation, summary,
    summary_file, protocol, playbooks.shelf, playbooks.take, playbooks.one, playbooks.written, playbooks.remove,
    playbooks.start, playbooks.followed, playbooks.say,
    teams.teams, teams.publish,
)  # fmt: skip
"""Every page of this folder."""

WAYS: Final = (
    Entry(
        path="/incidents",
        words=N_("Incidents"),
        permission=Permission.READ,
        group=WORK,
        icon="incidents",
        key="d",
        after="/triage",
    ),
)
"""The way to them in the navigation."""
