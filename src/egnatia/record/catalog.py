"""Every record type of the standard, in the order of the standard."""

from egnatia.record.actor import Campaign, Identity, IntrusionSet, Location, ThreatActor
from egnatia.record.attack import (
    AttackPattern,
    CourseOfAction,
    Infrastructure,
    Malware,
    MalwareAnalysis,
    Tool,
    Vulnerability,
)
from egnatia.record.common import StixObject
from egnatia.record.file import Artifact, Directory, File
from egnatia.record.finding import Grouping, Incident, Indicator, Note, ObservedData, Opinion, Report
from egnatia.record.host import Mutex, Process, Software, UserAccount, WindowsRegistryKey, X509Certificate
from egnatia.record.marking import MarkingDefinition
from egnatia.record.meta import ExtensionDefinition, LanguageContent
from egnatia.record.network import (
    AutonomousSystem,
    DomainName,
    EmailAddress,
    EmailMessage,
    Ipv4Address,
    Ipv6Address,
    MacAddress,
    NetworkTraffic,
    Url,
)
from egnatia.record.relation import Relationship, Sighting

STANDARD: tuple[type[StixObject], ...] = (
    AttackPattern, Campaign, CourseOfAction, Grouping, Identity, Incident, Indicator, Infrastructure, IntrusionSet,
    Location, Malware, MalwareAnalysis, Note, ObservedData, Opinion, Report, ThreatActor, Tool, Vulnerability,
    Relationship, Sighting,
    Artifact, AutonomousSystem, Directory, DomainName, EmailAddress, EmailMessage, File, Ipv4Address, Ipv6Address,
    MacAddress, Mutex, NetworkTraffic, Process, Software, Url, UserAccount, WindowsRegistryKey, X509Certificate,
    LanguageContent, MarkingDefinition, ExtensionDefinition,
)  # fmt: skip
