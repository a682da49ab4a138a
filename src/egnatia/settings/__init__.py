"""What an operator decides: one TOML file, and the environment over it."""

from egnatia.settings.declared import (
    FILE,
    Economy,
    Keys,
    Network,
    Organisation,
    Settings,
    Storage,
)
from egnatia.settings.people import Incidents, Mail, Portal, Webhooks
from egnatia.settings.reading import expected, is_loopback, load, meta_of, sections, to_toml, written
from egnatia.settings.section import Section, SettingsError

__all__ = [
    "FILE",
    "Economy",
    "Incidents",
    "Keys",
    "Mail",
    "Network",
    "Organisation",
    "Portal",
    "Section",
    "Settings",
    "SettingsError",
    "Storage",
    "Webhooks",
    "expected",
    "is_loopback",
    "load",
    "meta_of",
    "sections",
    "to_toml",
    "written",
]
