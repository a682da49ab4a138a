"""Incidents that cross borders/boundaries: the regional protocol, its profiles by economy, classification."""

from typing import Final

from egnatia.domain import Domain

DOMAIN: Final = Domain(
    name="incidents",
    about="Incidents that cross borders/boundaries",
    records=(
        "egnatia.cyber.incidents.aggregate:INCIDENT_AGGREGATE",
        "egnatia.cyber.incidents.roster:RESPONSE_ROSTER",
    ),
    faces=("egnatia.web.incidents.faces:FACES",),
    workflows=("egnatia.cyber.incidents.protocol:incidents",),
    pages=("egnatia.web.incidents:PAGES",),
    ways=("egnatia.web.incidents:WAYS",),
    jobs=("egnatia.cyber.incidents.picture:keep",),
)
