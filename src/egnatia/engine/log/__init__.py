"""Logs of others: recognised by their content, read line by line, and what each line says was seen, as STIX has it."""

from egnatia.engine.log.form import FORMS, Reading, recognised
from egnatia.engine.log.source import Block, Source, Unreadable, sources

__all__ = ["FORMS", "Block", "Reading", "Source", "Unreadable", "recognised", "sources"]
