"""Observable values are what correlation and matching look a record up by; the same thing is written one way only.

`kind` is the STIX path of the value (`ipv4-addr:value`, `file:hashes.'SHA-256'`), whether it stood in an observable,
inside an observed-data of STIX 2.0, or in an indicator's pattern.
"""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, Final

from egnatia.record.digest import algorithm
from egnatia.record.host import HIVES
from egnatia.record.pattern import BadPattern, comparisons
from egnatia.record.record import Value

LENGTH_LIMIT: Final = 1_000
"""Bytes of a value as it is kept: a longer one ends in its SHA-256, so that an index can hold it and it stays one."""

KIND_LIMIT: Final = 250
"""Characters of a path in a pattern beyond which nobody looks its values up."""

_PROPERTIES: Final = {
    "artifact": ("url",),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("message_id", "subject"),
    "file": ("name",),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": (),
    "process": ("command_line",),
    "software": ("name", "cpe", "swid"),
    "url": ("value",),
    "user-account": ("user_id", "account_login"),
    "windows-registry-key": ("key",),
    "x509-certificate": ("serial_number", "subject"),
}
_SPEAKING: Final = frozenset({"indicator", "observed-data", "vulnerability"})
_HASHED: Final = ("file", "artifact", "x509-certificate")
_CVE_KIND: Final = "vulnerability:external_references.external_id"
_CVE: Final = re.compile(r"\bCVE-\d{4}-\d{4,19}\b", re.IGNORECASE | re.ASCII)
_IPV4: Final = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?[1-9]?\d|1\d\d)(?:\.(?!\Z)|\Z)){4}", re.ASCII)
_URL: Final = re.compile(
    r"([a-zA-Z][a-zA-Z0-9+.-]*)://(?:([^/?#@]*)@)?(\[[^\]/?#]*\]|[^/?#:@]*)(?::(\d*))?(.*)", re.DOTALL
)
_NETWORK: Final = re.compile(r"[0-9a-fA-F:.]+(?:%[^/]*)?(?:/\d{1,3})?", re.ASCII)
_DOMAIN: Final = re.compile(r"[^\s/@:\[\]]+\.[^\s/@:\[\].]*[^\W\d_][^\s/@:\[\].]*\.?")
_FINAL_DOTS: Final = re.compile(r"(?<![\s.])[\s.]+\Z")
_DIGEST: Final = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_DIGEST_NAMES: Final = {32: ("MD5",), 40: ("SHA-1",), 64: ("SHA-256", "SHA3-256"), 128: ("SHA-512", "SHA3-512")}
_NOT_HEX: Final = re.compile(r"[^0-9a-f]")
_PORTS: Final = {"http": "80", "https": "443", "ftp": "21"}


def values_of(type: str, decoded: dict[str, Any]) -> tuple[Value, ...]:  # noqa: A002  (STIX spelling)
    """The observable values of one record, normalised, each once, in document order; none for most domain objects."""
    values = {
        Value(kind, normalised(kind, str(value))): None
        for kind, value in _found(type, decoded)
        if _says_something(value) and len(kind) <= KIND_LIMIT and "\0" not in kind
    }
    if type == "vulnerability":
        values |= dict.fromkeys(_numbers([decoded.get("name")]))
    return tuple(values | dict.fromkeys(vulnerabilities(decoded)))


def may_hold_values(type: str, names: Container[str]) -> bool:  # noqa: A002  (STIX spelling)
    """Whether `values_of` can find more than `vulnerabilities` does in records of this type with these properties."""
    return type in _PROPERTIES or type in _SPEAKING or "value" in names


def vulnerabilities(decoded: dict[str, Any]) -> tuple[Value, ...]:
    """The CVE numbers that a record's references give."""
    references = decoded.get("external_references")
    if type(references) is not list:
        return ()
    given = []
    for one in references:
        if type(one) is dict and "external_id" in one:
            given.append(one["external_id"])  # noqa: PERF401  (most have none: no frame is made for nothing)
    return tuple(dict.fromkeys(_numbers(given))) if given else ()


def _numbers(names: list[Any]) -> list[Value]:
    texts = [name for name in names if type(name) is str]
    return [Value(_CVE_KIND, number.upper()) for text in texts for number in _CVE.findall(text)]


def _found(type_: str, decoded: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Kind and value of all there may be; a custom observable keeps its value where those of the standard do."""
    if type_ in _PROPERTIES:
        return _of_observable(type_, decoded)
    if type_ == "indicator":
        return _of_pattern(decoded)
    if type_ == "observed-data" and isinstance(decoded.get("objects"), dict):
        inside = [one for one in decoded["objects"].values() if isinstance(one, dict)]
        return (pair for one in inside for pair in _of_observable(str(one.get("type")), one))
    value = decoded.get("value")
    return ((f"{type_}:value", value),) if isinstance(value, str) else ()


def _says_something(value: Any) -> bool:
    return (isinstance(value, str) and value.strip() != "") or (isinstance(value, int) and not isinstance(value, bool))


def _of_observable(type_: str, decoded: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in _PROPERTIES.get(type_, ("value",)):
        if name in decoded:
            yield f"{type_}:{name}", decoded[name]
    hashes = decoded.get("hashes")
    if type_ in _HASHED and isinstance(hashes, dict):
        for name, digest in hashes.items():
            yield f"{type_}:hashes.{_quoted(algorithm(name))}", digest
    match decoded.get("extensions"):
        case {"windows-pebinary-ext": {"imphash": imphash}} if type_ == "file":
            yield "file:extensions.'windows-pebinary-ext'.imphash", imphash
        case {"http-request-ext": {"request_header": {"User-Agent": agent}}} if type_ == "network-traffic":
            yield "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'", agent


def _of_pattern(decoded: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an indicator's pattern compares with for equality; behind a reference also as what it refers to."""
    pattern = decoded.get("pattern")
    if decoded.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str):
        return
    try:
        found = comparisons(pattern)
    except BadPattern:
        return
    for comparison in found:
        if comparison.negated or comparison.operator not in {"=", "IN", "ISSUBSET"}:
            continue
        path, _, last = comparison.path.rpartition(".")
        kind = f"{path}.{_quoted(algorithm(last.strip(chr(39))))}" if path.endswith(":hashes") else comparison.path
        for value in comparison.values:
            yield kind, value
            if last == "value" and path.endswith(("_ref", "_refs[*]")) and isinstance(value, str):
                yield from ((guess.kind, value) for guess in guessed(value)[:1])


def guessed(text: str) -> tuple[Value, ...]:
    """The values that a bare text may be, the likeliest first: for someone who looks a thing up without its kind."""
    text = text.strip()
    kinds: tuple[str, ...] = ()
    if _CVE.fullmatch(text):
        kinds = (_CVE_KIND,)
    elif _URL.fullmatch(text):
        kinds = ("url:value",)
    elif "@" in text and " " not in text:
        kinds = ("email-addr:value", "user-account:user_id")
    elif _is_network(text):
        kinds = ("ipv6-addr:value" if ":" in text else "ipv4-addr:value",)
    elif re.fullmatch(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}", text):
        kinds = ("mac-addr:value",)
    elif _DIGEST.fullmatch(text) and len(text) in _DIGEST_NAMES:
        names = [_quoted(name) for name in _DIGEST_NAMES[len(text)]]
        kinds = tuple(f"{type_}:hashes.{name}" for type_ in _HASHED for name in names)
    elif re.fullmatch(r"AS\d{1,10}", text, re.IGNORECASE):
        kinds, text = ("autonomous-system:number",), text[2:]
    elif _DOMAIN.fullmatch(text):
        kinds = ("domain-name:value", "file:name")
    elif text.upper().startswith("HK"):
        kinds = ("windows-registry-key:key",)
    elif text:
        kinds = ("file:name", "mutex:name", "user-account:user_id", "user-account:account_login", "software:name")
    return tuple(Value(kind, normalised(kind, text)) for kind in kinds)


def normalised(kind: str, value: str) -> str:
    """`value` in the one form in which values of `kind` are kept and looked up. Never raises."""
    form = _FORMS.get(kind)
    if form is None and ("hashes." in kind or kind.endswith(".imphash")):
        form = _digest(kind)
    written = value.strip().replace("\0", "\ufffd")
    if form is not None:
        written = form(written).strip()
        if not value.isascii():  # what IDNA or lower case makes of a letter may have a shorter form once more
            written = form(form(written).strip()).strip()
    return _bounded(written)


def _bounded(text: str) -> str:
    raw = text.encode("utf-8", "replace")
    if len(raw) <= LENGTH_LIMIT:
        return raw.decode()
    return raw[: LENGTH_LIMIT - 65].decode("utf-8", "ignore") + "#" + hashlib.sha256(raw).hexdigest()


def domain(name: str) -> str:
    """A domain name in lower case and A-labels (`xn--`), without the final dot."""
    lower = _FINAL_DOTS.sub("", name.lower())
    if lower.isascii() or len(lower) > 253:
        return lower
    try:
        return lower.encode("idna").decode("ascii")
    except UnicodeError:
        return lower


def address(written: str) -> str:
    """An address or network, compressed; a network of one address is that address."""
    if _IPV4.fullmatch(written):
        return written
    try:
        network = ipaddress.ip_network(written, strict=False)
    except ValueError:
        return _zoned(written)
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def _zoned(written: str) -> str:
    """An IPv6 address may name its zone, which a network may not."""
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        return written.lower()


def _is_network(text: str) -> bool:
    if not _NETWORK.fullmatch(text):
        return False
    try:
        ipaddress.ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return False
    return True


def url(written: str) -> str:
    """A URL with scheme and host in lower case, without the port that its scheme implies, with a path."""
    found = _URL.fullmatch(written)
    if not found:
        return written
    scheme, user, host, port, rest = found.groups()
    scheme = scheme.lower()
    plain_host = f"[{address(host[1:-1])}]" if host.startswith("[") else domain(host)
    authority = (f"{user}@" if user is not None else "") + plain_host
    if port and port != _PORTS.get(scheme):
        authority += f":{port}"
    return f"{scheme}://{authority}{rest if rest.startswith('/') else '/' + rest}"


def _mail(written: str) -> str:
    local, at, host = written.rpartition("@")
    return f"{local.lower()}{at}{domain(host)}"


def _mac(written: str) -> str:
    digits = _NOT_HEX.sub("", written.lower())
    return ":".join(re.findall("..", digits)) if len(digits) == 12 else written.lower()


def _serial(written: str) -> str:
    return re.sub(r"[\s:-]", "", written.lower())


def _registry(written: str) -> str:
    hive, slash, rest = written.partition("\\")
    return (HIVES.get(hive.upper(), hive) + slash + rest.rstrip("\\")).lower()


def _digest(kind: str) -> Callable[[str], str] | None:
    # Fuzzy hashes tell upper from lower case.
    return None if kind.endswith(".SSDEEP") else str.lower


def _quoted(step: str) -> str:
    return step if re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", step) else "'" + step.replace("'", r"\'") + "'"


_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "artifact:url": url,
    "domain-name:value": domain,
    "email-addr:value": _mail,
    "file:name": str.lower,
    "ipv4-addr:value": address,
    "ipv6-addr:value": address,
    "mac-addr:value": _mac,
    "software:name": str.lower,
    "software:cpe": str.lower,
    "url:value": url,
    "windows-registry-key:key": _registry,
    "x509-certificate:serial_number": _serial,
    _CVE_KIND: str.upper,
}
