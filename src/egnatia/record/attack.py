"""How attacks are made, with what, and what stops them."""

from typing import Annotated, ClassVar

from egnatia.record.common import DomainObject, KillChainPhase
from egnatia.record.format import Instant, Some, to, to_observable
from egnatia.record.rule import Properties, Rule, at_least_one, claim, later


class AttackPattern(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="attack-pattern"):
    """A way in which adversaries attempt to compromise targets (STIX 2.1 section 4.1)."""

    name: str
    description: str | None = None
    aliases: Some[str] = ()
    kill_chain_phases: Some[KillChainPhase] = ()

    section: ClassVar[str] = "4.1"


class CourseOfAction(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="course-of-action"):
    """An action taken to prevent or respond to an attack (STIX 2.1 section 4.3)."""

    name: str
    description: str | None = None

    section: ClassVar[str] = "4.3"


class Infrastructure(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="infrastructure"):
    """Systems and services that serve some purpose, attack or defence (STIX 2.1 section 4.8)."""

    name: str
    description: str | None = None
    infrastructure_types: Some[str] = ()
    aliases: Some[str] = ()
    kill_chain_phases: Some[KillChainPhase] = ()
    first_seen: Instant | None = None
    last_seen: Instant | None = None

    section: ClassVar[str] = "4.8"
    rules: ClassVar[tuple[Rule, ...]] = (later("last_seen", "first_seen", "4.8", or_equal=True),)


def _families_have_names(record: Properties) -> bool:
    return not record["is_family"] or "name" in record


class Malware(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="malware"):
    """Malicious code, a family or an instance of it (STIX 2.1 section 4.11)."""

    is_family: bool
    name: str | None = None
    description: str | None = None
    malware_types: Some[str] = ()
    aliases: Some[str] = ()
    kill_chain_phases: Some[KillChainPhase] = ()
    first_seen: Instant | None = None
    last_seen: Instant | None = None
    operating_system_refs: Some[Annotated[str, to("software")]] = ()
    architecture_execution_envs: Some[str] = ()
    implementation_languages: Some[str] = ()
    capabilities: Some[str] = ()
    sample_refs: Some[Annotated[str, to("artifact", "file")]] = ()

    section: ClassVar[str] = "4.11"
    rules: ClassVar[tuple[Rule, ...]] = (
        claim("name", "4.11", "a malware family has a name", _families_have_names, when=("is_family",)),
        later("last_seen", "first_seen", "4.11", or_equal=True),
    )


class MalwareAnalysis(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="malware-analysis"):
    """What an analysis of a malware instance or family found (STIX 2.1 section 4.12)."""

    product: str
    version: str | None = None
    host_vm_ref: Annotated[str, to("software")] | None = None
    operating_system_ref: Annotated[str, to("software")] | None = None
    installed_software_refs: Some[Annotated[str, to("software")]] = ()
    configuration_version: str | None = None
    modules: Some[str] = ()
    analysis_engine_version: str | None = None
    analysis_definition_version: str | None = None
    submitted: Instant | None = None
    analysis_started: Instant | None = None
    analysis_ended: Instant | None = None
    result_name: str | None = None
    result: str | None = None
    analysis_sco_refs: Some[Annotated[str, to_observable()]] = ()
    sample_ref: Annotated[str, to("artifact", "file", "network-traffic")] | None = None

    section: ClassVar[str] = "4.12"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("4.12", "result", "analysis_sco_refs"),
        later("analysis_ended", "analysis_started", "4.12", or_equal=True),
    )


class Tool(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="tool"):
    """Legitimate software that adversaries use (STIX 2.1 section 4.18)."""

    name: str
    description: str | None = None
    tool_types: Some[str] = ()
    aliases: Some[str] = ()
    kill_chain_phases: Some[KillChainPhase] = ()
    tool_version: str | None = None

    section: ClassVar[str] = "4.18"


class Vulnerability(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="vulnerability"):
    """A weakness that an attacker can use (STIX 2.1 section 4.19)."""

    name: str
    description: str | None = None

    section: ClassVar[str] = "4.19"
