"""The language: STIX 2.1 records, their readings and their own additions. Pure: no clock, no I/O."""

from egnatia.record.read import BundleReading, Refused, read, read_bundle
from egnatia.record.record import GranularMarking, Head, Invalid, Problem, Record, Reference, Value

__all__ = [
    "BundleReading",
    "GranularMarking",
    "Head",
    "Invalid",
    "Problem",
    "Record",
    "Reference",
    "Refused",
    "Value",
    "read",
    "read_bundle",
]
