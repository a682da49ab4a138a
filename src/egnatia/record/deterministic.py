"""An observable that is the same thing has the same id, whoever writes it down (STIX 2.1 section 2.9)."""

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

OASIS_NAMESPACE: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")

CONTRIBUTING: Final[Mapping[str, tuple[str, ...]]] = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "extensions", "parent_directory_ref"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": ("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"),
    "process": (),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
"""The properties that make the id of each observable type; a process has none and takes a random id."""

_HASH_ORDER: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512")


def observable_id(type: str, decoded: Mapping[str, Any]) -> str | None:  # noqa: A002  (STIX spelling)
    """The deterministic id of an observable, or None where its type or content allows none."""
    chosen = {name: decoded[name] for name in CONTRIBUTING.get(type, ()) if name in decoded}
    hashes = chosen.get("hashes")
    if isinstance(hashes, dict) and hashes:
        preferred = next((name for name in _HASH_ORDER if name in hashes), min(hashes))
        chosen["hashes"] = {preferred: hashes[preferred]}
    if not chosen:
        return None
    return f"{type}--{uuid.uuid5(OASIS_NAMESPACE, canonical(chosen))}"


def canonical(value: Any) -> str:
    """`value` as JSON in the one form of RFC 8785 (JCS)."""
    match value:
        case dict():
            members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
            return "{" + ",".join(f"{canonical(name)}:{canonical(member)}" for name, member in members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(canonical, value)) + "]"
        case float():
            return _number(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as ECMAScript writes it (RFC 8785 section 3.2.2.3)."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    if -7 < int(exponent) < 0:
        digits = mantissa.lstrip("-").replace(".", "")
        return "-" * (value < 0) + "0." + "0" * (-int(exponent) - 1) + digits
    return f"{mantissa}e{int(exponent):+d}"
