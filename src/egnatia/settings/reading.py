"""Settings come from one TOML file, and the environment wins: `EGNATIA_NETWORK_LISTEN` is `[network] listen`."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from egnatia.settings.declared import Settings
from egnatia.settings.section import Section, SettingsError

PREFIX = "EGNATIA_"
"""What every environment variable of ours begins with."""


def sections() -> Iterator[tuple[str, type[Section]]]:
    """Every table of the settings file, in the order of the reference."""
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.type, type) and issubclass(field.type, Section):
            yield field.name, field.type


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings from `path` (none: the defaults) with the environment over them.

    Raises `SettingsError` for a file that cannot be read or parsed, an unknown table or key, and a value that
    does not fit.
    """
    tables: dict[str, Any] = {}
    if path is not None:
        tables = _parsed(path)
    known = dict(sections())
    for name in tables:
        if name not in known:
            raise SettingsError(f"{path}: there is no table [{name}]; the tables are {', '.join(known)}")
    given: dict[str, str] = {}
    read = {
        name: _section(kind, name, tables.get(name, {}), where=str(path), environ=environ, given=given)
        for name, kind in known.items()
    }
    base = str(path.parent if path is not None else Path.cwd())
    settings = msgspec.structs.replace(Settings(base=base, given=given), **read)
    _check_together(settings, str(path) if path is not None else "the environment")
    return settings


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"There is no settings file {str(path)!r}; `egnatia init` makes one") from error
    except OSError as error:
        raise SettingsError(f"Cannot read the settings file {str(path)!r}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error


def _section(
    kind: type[Section], name: str, table: Any, *, where: str, environ: Mapping[str, str], given: dict[str, str]
) -> Section:
    if not isinstance(table, dict):
        raise SettingsError(f"{where}: {name} = {table!r}: expected a table; write [{name}] on a line of its own")
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in table:
        if key not in fields:
            raise SettingsError(f"{where}: [{name}] has no setting {key!r}; its settings are {', '.join(fields)}")
    values = {}
    for key, field in fields.items():
        variable = f"{PREFIX}{name}_{key}".upper()
        if variable in environ:
            values[key] = _value(field.type, environ[variable], f"The environment variable {variable}", text=True)
            given[f"{name}.{key}"] = variable
        elif key in table:
            values[key] = _value(field.type, table[key], f"{where}: {name}.{key}", text=False)
            given[f"{name}.{key}"] = where
    return kind(**values)


def _value(kind: Any, found: Any, place: str, *, text: bool) -> Any:
    """`found` as the setting's type; a list in an environment variable is written with commas."""
    meant = found
    if text and "tuple" in str(kind):
        meant = [part.strip() for part in found.split(",") if part.strip()]
    try:
        return msgspec.convert(meant, kind, strict=not text)
    except msgspec.ValidationError as error:
        message = f"{place} = {found!r} does not fit: {expected(kind)}"
        raise SettingsError(message) from error


def expected(kind: Any) -> str:
    """What a setting may be, in words, with an example."""
    meta = meta_of(kind)
    inner = get_args(kind)[0]
    words = {str: "a text", int: "a whole number", bool: "true or false"}.get(inner, "a list of texts")
    if get_origin(inner) is Literal:
        words = f"one of {', '.join(map(repr, get_args(inner)))}"
    if meta.ge is not None:
        words += f", at least {meta.ge:,}"
    if meta.le is not None:
        words += f", at most {meta.le:,}"
    example = (meta.examples or [None])[0]
    return f"expected {words}, for example {written(example)}. {meta.description}"


def meta_of(kind: Any) -> Meta:
    """The declaration of a setting."""
    return next(part for part in get_args(kind) if isinstance(part, Meta))


def written(value: object) -> str:
    """`value` as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return msgspec.json.encode(value).decode()
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
        case _:
            return str(value)


def _check_together(settings: Settings, where: str) -> None:
    if not 0 < settings.port < 65_536:
        raise SettingsError(f"{where}: network.listen = {settings.network.listen!r}: a port lies between 1 and 65535")
    if settings.network.demo_open and not is_loopback(settings.host):
        raise SettingsError(
            f"{where}: network.demo_open is for loopback only, and network.listen is "
            f"{settings.network.listen!r}; listen on 127.0.0.1 or set demo_open = false"
        )
    oidc = settings.oidc
    if oidc.issuer and not (oidc.required_acr or oidc.required_amr):
        raise SettingsError(
            f"{where}: a second factor is never optional: say in oidc.required_acr or oidc.required_amr by which "
            f"values {oidc.issuer} states that there was one"
        )
    if oidc.issuer and not oidc.client_id:
        raise SettingsError(f"{where}: oidc.client_id is empty; it is what {oidc.issuer} knows this node as")
    _check_mail(settings, where)


def _check_mail(settings: Settings, where: str) -> None:
    mail = settings.mail
    if mail.host and not mail.sender:
        raise SettingsError(f"{where}: mail.sender is empty; it is the address that letters come from")
    if mail.host and mail.tls == "none" and not is_loopback(mail.host):
        raise SettingsError(
            f'{where}: mail.tls = "none" is for a server on this machine, and mail.host is {mail.host!r}; '
            f'set mail.tls to "starttls" or "tls"'
        )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine alone."""
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def to_toml(settings: Settings) -> str:
    """The settings file that `egnatia init` writes: what was chosen, and what each of it means."""
    lines = ["# Settings of this node; the environment wins over them. All: docs/reference/settings.md"]
    for name, kind in sections():
        section = getattr(settings, name)
        chosen = []
        for field in msgspec.structs.fields(kind):
            value = getattr(section, field.name)
            if value != field.default:
                chosen.append(f"# {meta_of(field.type).description}\n{field.name} = {written(value)}")
        if chosen:
            lines.append(f"\n[{name}]\n" + "\n".join(chosen))
    return "\n".join(lines) + "\n"
