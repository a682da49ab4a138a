"""The language: STIX 2.1 records, their readings and their own additions. Pure: no clock, no I/O."""

from egnatia.record.bundle import BundleReading, Refused, read_bundle
from egnatia.record.common import DomainObject, Observable, StixObject
from egnatia.record.marking import PAP_IDS, TLP_IDS, Audience, MarkingDefinition, audience_of
from egnatia.record.own import OwnType
from egnatia.record.read import read, reading
from egnatia.record.record import GranularMarking, Head, Invalid, Problem, Record, Reference, Value
from egnatia.record.schemas import BUILT_IN, Schemas

__all__ = [
    "BUILT_IN",
    "PAP_IDS",
    "TLP_IDS",
    "Audience",
    "BundleReading",
    "DomainObject",
    "GranularMarking",
    "Head",
    "Invalid",
    "MarkingDefinition",
    "Observable",
    "OwnType",
    "Problem",
    "Record",
    "Reference",
    "Refused",
    "Schemas",
    "StixObject",
    "Value",
    "audience_of",
    "read",
    "read_bundle",
    "reading",
]
