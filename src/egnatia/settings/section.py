"""What every group of settings is, and what goes wrong with one."""

import msgspec


class SettingsError(ValueError):
    """A setting that cannot be used: it names the file or variable, the key, the value and what to do."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of settings: one table of the TOML file."""
