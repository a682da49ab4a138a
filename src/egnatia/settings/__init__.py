"""What an operator decides: one TOML file, and the environment over it."""

from egnatia.settings.declared import (
    FILE,
    Economy,
    Incidents,
    Keys,
    Mail,
    Network,
    Organisation,
    Portal,
    Section,
    Settings,
    SettingsError,
    Storage,
    Webhooks,
)
from egnatia.settings.reading import expected, is_loopback, load, meta_of, sections, to_toml, written

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
