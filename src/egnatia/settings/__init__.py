"""What an operator decides: one TOML file, and the environment over it."""

from egnatia.settings.declared import (
    FILE,
    Economy,
    Keys,
    Network,
    Organisation,
    Section,
    Settings,
    SettingsError,
    Storage,
)
from egnatia.settings.reading import expected, is_loopback, load, meta_of, sections, to_toml, written

__all__ = [
    "FILE",
    "Economy",
    "Keys",
    "Network",
    "Organisation",
    "Section",
    "Settings",
    "SettingsError",
    "Storage",
    "expected",
    "is_loopback",
    "load",
    "meta_of",
    "sections",
    "to_toml",
    "written",
]
