"""How relationships are said, from either end: the types of STIX 2.1 (appendix B) and of MITRE's common use."""

from collections.abc import Mapping
from typing import Final

import msgspec

from egnatia.web.language.speech import N_


class Verb(msgspec.Struct, frozen=True):
    """One relationship type: `forth` stands before what the record points at, `back` before what points at it."""

    forth: str
    back: str


VERBS: Final[Mapping[str, Verb]] = {
    "uses": Verb(N_("uses"), N_("is used by")),
    "targets": Verb(N_("targets"), N_("is targeted by")),
    "indicates": Verb(N_("indicates"), N_("is indicated by")),
    "mitigates": Verb(N_("mitigates"), N_("is mitigated by")),
    "attributed-to": Verb(N_("is attributed to"), N_("is behind")),
    "compromises": Verb(N_("compromises"), N_("is compromised by")),
    "originates-from": Verb(N_("originates from"), N_("is the origin of")),
    "investigates": Verb(N_("investigates"), N_("is investigated by")),
    "remediates": Verb(N_("remedies"), N_("is remedied by")),
    "located-at": Verb(N_("is located at"), N_("is the place of")),
    "based-on": Verb(N_("is based on"), N_("is the basis of")),
    "communicates-with": Verb(N_("communicates with"), N_("is contacted by")),
    "consists-of": Verb(N_("consists of"), N_("is part of")),
    "controls": Verb(N_("controls"), N_("is controlled by")),
    "has": Verb(N_("has"), N_("affects")),
    "hosts": Verb(N_("hosts"), N_("is hosted by")),
    "owns": Verb(N_("owns"), N_("is owned by")),
    "authored-by": Verb(N_("was written by"), N_("is the author of")),
    "beacons-to": Verb(N_("beacons to"), N_("receives beacons from")),
    "exfiltrates-to": Verb(N_("exfiltrates to"), N_("receives what was stolen by")),
    "downloads": Verb(N_("downloads"), N_("is downloaded by")),
    "drops": Verb(N_("drops"), N_("is dropped by")),
    "exploits": Verb(N_("exploits"), N_("is exploited by")),
    "variant-of": Verb(N_("is a variant of"), N_("has the variant")),
    "characterizes": Verb(N_("characterises"), N_("is characterised by")),
    "analysis-of": Verb(N_("is an analysis of"), N_("is analysed by")),
    "static-analysis-of": Verb(N_("is a static analysis of"), N_("is analysed statically by")),
    "dynamic-analysis-of": Verb(N_("is a dynamic analysis of"), N_("is analysed dynamically by")),
    "impersonates": Verb(N_("impersonates"), N_("is impersonated by")),
    "delivers": Verb(N_("delivers"), N_("is delivered by")),
    "derived-from": Verb(N_("is derived from"), N_("is the source of")),
    "duplicate-of": Verb(N_("is a duplicate of"), N_("has the duplicate")),
    "related-to": Verb(N_("is related to"), N_("is related to")),
    "subtechnique-of": Verb(N_("is a special form of"), N_("has the special form")),
    "detects": Verb(N_("detects"), N_("is detected by")),
    "revoked-by": Verb(N_("is replaced by"), N_("replaces")),
    "resolves-to": Verb(N_("resolves to"), N_("is resolved from")),
    "belongs-to": Verb(N_("belongs to"), N_("contains")),
}
"""By `relationship_type`; one that nobody declared is shown as it is."""

NAMES: Final[Mapping[str, Verb]] = {
    "object_refs": Verb(N_("names"), N_("is named in")),
    "sighting_of_ref": Verb(N_("is a sighting of"), N_("was seen")),
    "created_by_ref": Verb(N_("is by"), N_("is the author of")),
    "object_ref": Verb(N_("is about"), N_("is the subject of")),
    "recall_ref": Verb(N_("answers"), N_("is answered by")),
}
"""By the property with which one record names another; others are said with their heading."""


def verb(relationship_type: str) -> Verb:
    """The words for a relationship type."""
    return VERBS.get(relationship_type) or Verb(relationship_type, relationship_type)
