"""Every setting as people read it: what it means, what it is, where that comes from. A secret is never shown."""

import inspect
import re
from typing import Literal, get_args, get_origin
from urllib.parse import urlsplit, urlunsplit

import msgspec
from markupsafe import Markup, escape

from egnatia.settings import Settings, meta_of, sections, written
from egnatia.web.language import Speech

_CODE = re.compile(r"`([^`]+)`")

HIDDEN = "…"
"""What stands in the place of a secret."""

Source = Literal["default", "file", "environment", "program"]
"""Where a value comes from; `program` where neither a file nor a variable gave it: a test, the demonstration."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `value` and `default` are as the settings file writes them; `choices` all that it may be."""

    key: str
    meaning: Markup
    value: str
    default: str
    variable: str
    source: Source
    choices: tuple[str, ...] = ()


class SettingsTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the settings file."""

    name: str
    meaning: Markup
    settings: tuple[Setting, ...]


def tables(settings: Settings, speech: Speech) -> tuple[SettingsTable, ...]:
    """All settings, in the order of the reference."""
    found = []
    for name, kind in sections():
        section = getattr(settings, name)
        rows = tuple(
            _setting(settings, f"{name}.{field.name}", getattr(section, field.name), field, speech)
            for field in msgspec.structs.fields(kind)
        )
        meaning = _coded(speech.gettext(inspect.cleandoc(str(kind.__doc__))))
        found.append(SettingsTable(name=name, meaning=meaning, settings=rows))
    return tuple(found)


def _setting(settings: Settings, key: str, value: object, field: msgspec.structs.FieldInfo, speech: Speech) -> Setting:
    inner = get_args(field.type)[0]
    return Setting(
        key=key,
        meaning=_coded(speech.gettext(str(meta_of(field.type).description))),
        value=written(without_secret(value)),
        default=written(field.default),
        variable="EGNATIA_" + key.replace(".", "_").upper(),
        source=_source(settings.given.get(key), is_default=value == field.default),
        choices=tuple(map(str, get_args(inner))) if get_origin(inner) is Literal else (),
    )


def _coded(words: str) -> Markup:
    """What the declarations put between backquotes, as code."""
    said = str(escape(words))  # as plain text: a template of `re` would escape the tags again
    return Markup(_CODE.sub(r"<code>\1</code>", said))  # noqa: S704  what was said is escaped


def _source(given: str | None, *, is_default: bool) -> Source:
    if given is not None:
        return "environment" if given.startswith("EGNATIA_") else "file"
    return "default" if is_default else "program"


def without_secret(value: object) -> object:
    """The value; without the password, where it is an address that holds one."""
    if not isinstance(value, str) or "@" not in value or "://" not in value:
        return value
    parts = urlsplit(value)
    if parts.password is None and "password=" not in parts.query:
        return value
    query = "" if "password=" in parts.query else parts.query
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{HIDDEN}@{host}", query=query))


def size(count_bytes: int, speech: Speech) -> str:
    """A number of bytes in the unit that suits it: `1.2 GB`."""
    amount, units = float(count_bytes), ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if amount < 1_000 or unit == units[-1]:
            break
        amount /= 1_000
    return f"{speech.number(round(amount, 1 if amount < 100 and unit != 'B' else 0))} {unit}"
