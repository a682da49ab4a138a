"""MISP: its events, feeds and servers, in and out (MISP core format, draft-dulaunoy-misp-core-format)."""

from egnatia.exchange.formats.misp.handling import Terms
from egnatia.exchange.formats.misp.reading import read_event, read_events

__all__ = ["Terms", "read_event", "read_events"]
