"""The parts in which the facts of an incident are asked for; everything that the protocol knows is in one of them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from egnatia.web.language.speech import N_


class Part(msgspec.Struct, frozen=True):
    """One form: what it is called, what it is for, and its facts in order."""

    name: str
    title: str
    about: str
    fields: tuple[str, ...]


PARTS: Final[Mapping[str, Part]] = {
    each.name: each
    for each in (
        Part(
            "classification",
            N_("Classification"),
            N_("What kind of incident it is: several tags may apply. Who is affected, and how."),
            (
                "kind", "severity", "outlook", "determination", "rsit", "malware_effects", "techniques", "root_cause",
                "sectors", "entity_type", "entities", "cross_border", "affected_economies", "significant_economies",
                "suspected_malicious", "criminal", "detection_methods", "description",
            ),
        ),
        Part(
            "impact",
            N_("Impact"),
            N_("What it did to services, information, money, things and people. It goes into reports and into STIX."),
            (
                "availability_impact", "down_minutes", "limited_minutes", "users", "users_share",
                "confidentiality_impact", "integrity_impact", "information_type", "record_count",
                "traceability_impact", "external_impacts", "loss_eur", "loss_most_eur", "loss_share", "loss_variety",
                "physical_impact", "physical_asset", "deaths", "health_damage", "recoverability", "mitigation",
            ),
        ),
        Part(
            "thresholds",
            N_("Thresholds"),
            N_("What decides whether it is significant (Implementing Regulation (EU) 2024/2690) or major (DORA)."),
            (
                "entity_type", "loss_eur", "loss_share", "trade_secrets", "deaths", "health_damage",
                "malicious_access", "same_cause_6_months", "loss_together", "planned_maintenance", "down_minutes",
                "down_minutes_week", "limited_minutes", "answer_seconds", "slow_minutes", "users", "users_share",
                "compromised", "physical_access", "dns_misconfigured_names", "dns_misconfigured_share",
                "trust_service_affected", "financial_entity", "critical_service", "transactions_share", "lasted_hours",
                "dora_together", "dora_criteria", "data_subjects",
                "data_categories", "exceeds_capacity", "assistance_asked", "political",
            ),
        ),
        Part(
            "moments",
            N_("Moments"),
            N_("When it began, when it was seen, and when one became aware: the clocks start from awareness."),
            ("started_at", "detected_at", "aware_at", "breach_aware_at", "classified_at", "handled_at"),
        ),
    )
}  # fmt: skip
