"""Where a case leads besides its own page, by its kind: forms and pages of the domain that it belongs to."""

from collections.abc import Iterator

from egnatia.cyber.incidents.protocol import is_incident
from egnatia.web.language.speech import N_

FACTS = (
    ("facts/classification", N_("Classification")),
    ("facts/impact", N_("Impact")),
    ("facts/thresholds", N_("Thresholds")),
    ("facts/moments", N_("Moments")),
    ("findings", N_("Indicators and sightings")),
)
"""Forms of an incident: for who may act."""


def ways(case: str, workflow: str, *, acts: bool) -> Iterator[tuple[str, str]]:
    """Links of a case: where to, and in which words."""
    if not is_incident(workflow):
        return
    if acts:
        yield from ((f"/cases/{case}/{path}", words) for path, words in FACTS)
    yield f"/cases/{case}/stages", N_("Statutory stages")
    yield f"/cases/{case}/incident.json", N_("As STIX")
