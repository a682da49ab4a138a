"""A value of a known kind as an observable and as a pattern that detects it: what every format in is built on.

The id of an observable tells its value to whoever can guess it, and its label never changes. So the identifier of the
standard is given only to what everyone may see; under a stricter handling the id depends on that handling too.
"""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from egnatia.record.deterministic import OASIS_NAMESPACE, canonical, observable_id
from egnatia.record.digest import FORMS
from egnatia.record.host import HIVES
from egnatia.record.values import domain as normalised_domain

Fields = dict[str, Any]


class NotOfItsKind(ValueError):
    """A text that cannot be a value of the kind it was given as."""


class Observed(msgspec.Struct, frozen=True):
    """Observables that stand for one value, the main one last, and the pattern that detects it; None where there is no
    such pattern. `name` is how a person calls it."""

    objects: tuple[Fields, ...]
    pattern: str | None
    name: str


def observable(kind: str, properties: Mapping[str, Any], under: str = "") -> Fields:
    """An observable with its id. `under` names the handling where it is not for everyone."""
    plain = observable_id(kind, properties) or f"{kind}--{uuid5(OASIS_NAMESPACE, canonical(dict(properties)))}"
    chosen = plain if not under else f"{kind}--{_version_8(f'{plain} {under}')}"
    return {"type": kind, "spec_version": "2.1", "id": chosen, **properties}


def _version_8(text: str) -> UUID:
    """A UUID that says that neither chance nor the standard made it (RFC 9562 section 5.8)."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])
    return UUID(int=(number & ~(0xF << 76) & ~(0x3 << 62)) | (8 << 76) | (2 << 62))


def quoted(value: str) -> str:
    """A text as a literal of a STIX pattern."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def compared(path: str, value: str | int) -> str:
    """One comparison of a pattern."""
    return f"{path} = {value if isinstance(value, int) else quoted(value)}"


def pattern(*comparisons: str) -> str:
    """A pattern of comparisons that all hold for one observation."""
    return f"[{' AND '.join(comparisons)}]"


def address(value: str, under: str = "") -> Observed:
    """An IPv4 or IPv6 address or network."""
    kind, text = address_kind(value)
    return Observed((observable(kind, {"value": text}, under),), pattern(compared(f"{kind}:value", text)), text)


def address_kind(value: str) -> tuple[str, str]:
    """`ipv4-addr` or `ipv6-addr`, and the address as it is written by the rule; raises NotOfItsKind."""
    text = value.strip().strip("[]")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise NotOfItsKind(f"an address or a network in CIDR notation, not {value!r}") from error
    shown = str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
    return f"ipv{network.version}-addr", shown


_NAME: Final = re.compile(r"(?=.{1,253}\Z)(?:[\w*](?:[\w-]{0,61}\w)?\.)*[\w](?:[\w-]{0,61}\w)?", re.UNICODE)


def domain(value: str, under: str = "") -> Observed:
    """A domain name; a wildcard at its beginning falls away, for a domain stands for what is under it too."""
    text = normalised_domain(value.strip().removeprefix("*."))
    if not _NAME.fullmatch(text) or text.replace(".", "").isdecimal():
        raise NotOfItsKind(f"a domain name, not {value!r}")
    return Observed(
        (observable("domain-name", {"value": text}, under),), pattern(compared("domain-name:value", text)), text
    )


def url(value: str, under: str = "") -> Observed:
    """A URL with its scheme."""
    text = value.strip()
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S", text) or re.search(r"\s", text):
        raise NotOfItsKind(f"a URL, not {value!r}")
    return Observed((observable("url", {"value": text}, under),), pattern(compared("url:value", text)), text)


def web(value: str, under: str = "") -> Observed:
    """What people enter as a URL: one, or the bare host, or a host with a path, which may be reached in two ways."""
    text = value.strip()
    if "://" in text:
        return url(text, under)
    for bare in (address, domain):
        try:
            return bare(text, under)
        except NotOfItsKind:
            continue
    host, slash, path = text.partition("/")
    name, colon, port = host.partition(":")
    if not slash or re.search(r"\s", text) or (colon and not port.isdecimal()):
        raise NotOfItsKind(f"a URL, not {value!r}")
    try:
        address_kind(name)
    except NotOfItsKind:
        domain(name)
    both = [f"{scheme}://{host}/{path}" for scheme in ("http", "https")]
    either = " OR ".join(compared("url:value", each) for each in both)
    return Observed((observable("url", {"value": both[0]}, under),), f"[{either}]", text)


_MAIL: Final = re.compile(r"[^\s<>]+@[^\s<>@]+")


def mail(value: str, under: str = "") -> Observed:
    """An e-mail address, without a display name."""
    found = _MAIL.fullmatch(value.strip()) or re.search(r"<([^\s<>]+@[^\s<>@]+)>", value)
    if found is None:
        raise NotOfItsKind(f"an e-mail address, not {value!r}")
    text = found[found.lastindex or 0]
    return Observed(
        (observable("email-addr", {"value": text}, under),), pattern(compared("email-addr:value", text)), text
    )


def file_hash(algorithm: str) -> Callable[[str, str], Observed]:
    """A file by one of its hashes."""

    def observe(value: str, under: str = "") -> Observed:
        digest = hash_value(algorithm, value)
        made = observable("file", {"hashes": {algorithm: digest}}, under)
        return Observed((made,), pattern(compared(f"file:hashes.{quoted(algorithm)}", digest)), digest)

    return observe


def hash_value(algorithm: str, value: str) -> str:
    """A digest that has the form of its algorithm; raises NotOfItsKind."""
    text = value.strip()
    form = FORMS.get(algorithm)
    if form is not None and not form.fullmatch(text):
        raise NotOfItsKind(f"a {algorithm} digest, not {value!r}")
    return text if algorithm in {"SSDEEP", "TLSH"} else text.lower()


def file_name(value: str, under: str = "") -> Observed:
    """A file by its name; a path before it is its directory."""
    text = value.strip()
    cut = max(text.rfind("\\"), text.rfind("/"))
    folder, name = (text[:cut], text[cut + 1 :]) if 0 < cut < len(text) - 1 else ("", text)
    if not name:
        raise NotOfItsKind(f"a file name, not {value!r}")
    if not folder:
        return Observed((observable("file", {"name": name}, under),), pattern(compared("file:name", name)), name)
    place = observable("directory", {"path": folder}, under)
    made = observable("file", {"name": name, "parent_directory_ref": place["id"]}, under)
    comparisons = compared("file:name", name), compared("file:parent_directory_ref.path", folder)
    return Observed((place, made), pattern(*comparisons), text)


def one(kind: str, property_: str, clean: Callable[[str], Any] = str.strip) -> Callable[[str, str], Observed]:
    """An observable with one property that says it all."""

    def observe(value: str, under: str = "") -> Observed:
        cleaned = clean(value)
        if cleaned in ("", None):
            raise NotOfItsKind(f"a {kind}, not {value!r}")
        extra = {"is_multipart": False} if kind == "email-message" else {}
        made = observable(kind, {**extra, property_: cleaned}, under)
        return Observed((made,), pattern(compared(f"{kind}:{property_}", cleaned)), str(cleaned))

    return observe


def as_number(value: str) -> int:
    """The number of an autonomous system, written with or without AS."""
    digits = value.strip().upper().removeprefix("ASN").removeprefix("AS").strip()
    if not digits.isdecimal() or int(digits) >= 1 << 32:
        raise NotOfItsKind(f"the number of an autonomous system, not {value!r}")
    return int(digits)


def mac(value: str) -> str:
    """A MAC address as STIX writes it."""
    digits = re.sub(r"[^0-9a-f]", "", value.lower())
    if len(digits) != 12:
        raise NotOfItsKind(f"a MAC address, not {value!r}")
    return ":".join(re.findall("..", digits))


def certificate_hash(algorithm: str) -> Callable[[str, str], Observed]:
    """A certificate by one of its fingerprints."""

    def observe(value: str, under: str = "") -> Observed:
        digest = hash_value(algorithm, value.replace(":", ""))
        made = observable("x509-certificate", {"hashes": {algorithm: digest}}, under)
        return Observed((made,), pattern(compared(f"x509-certificate:hashes.{quoted(algorithm)}", digest)), digest)

    return observe


def account(account_type: str) -> Callable[[str, str], Observed]:
    """An account at a service by its name there."""

    def observe(value: str, under: str = "") -> Observed:
        text = value.strip()
        made = observable("user-account", {"account_type": account_type, "account_login": text}, under)
        by = compared("user-account:account_type", account_type), compared("user-account:account_login", text)
        return Observed((made,), pattern(*by), text)

    return observe


def user_agent(value: str, under: str = "") -> Observed:
    """The name a client gives itself: there is a pattern for it and no observable without the rest of the traffic."""
    del under
    path = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
    return Observed((), pattern(compared(path, value.strip())), value.strip())


def imphash(value: str, under: str = "") -> Observed:
    """The import hash of a Windows program."""
    digest = hash_value("MD5", value)
    made = observable("file", {"hashes": {"IMPHASH": digest}}, under)
    return Observed((made,), pattern(compared("file:extensions.'windows-pebinary-ext'.imphash", digest)), digest)


def resolving(host: str, target: str, under: str = "") -> Observed:
    """A domain that resolved to an address."""
    name, at = domain(host, under), address(target, under)
    made = observable("domain-name", {"value": name.name, "resolves_to_refs": [at.objects[-1]["id"]]}, under)
    comparisons = (
        compared("domain-name:value", name.name),
        compared("domain-name:resolves_to_refs[*].value", at.name),
    )
    return Observed((*at.objects, made), pattern(*comparisons), f"{name.name} {at.name}")


def endpoint(side: str) -> Callable[[str, str, str], Observed]:
    """Traffic from (`src`) or to (`dst`) a host at a port."""

    def observe(host: str, port: str, under: str = "") -> Observed:
        if not port.strip().isdecimal() or int(port) > 65_535:
            raise NotOfItsKind(f"a port, not {port!r}")
        try:
            at = address(host, under)
        except NotOfItsKind:
            at = domain(host, under)
        kind = at.objects[-1]["type"]
        protocol = {"ipv4-addr": "ipv4", "ipv6-addr": "ipv6"}.get(kind, "ip")
        made = observable(
            "network-traffic",
            {"protocols": [protocol], f"{side}_ref": at.objects[-1]["id"], f"{side}_port": int(port)},
            under,
        )
        comparisons = (
            compared(f"network-traffic:{side}_ref.type", kind),
            compared(f"network-traffic:{side}_ref.value", at.name),
            compared(f"network-traffic:{side}_port", int(port)),
        )
        return Observed((*at.objects, made), pattern(*comparisons), f"{at.name}:{port.strip()}")

    return observe


def named_file(algorithm: str) -> Callable[[str, str, str], Observed]:
    """A file by name and hash: the hash detects it, whatever it is called."""

    def observe(name: str, digest: str, under: str = "") -> Observed:
        known = hash_value(algorithm, digest)
        folder = file_name(name, under).objects
        made = {**folder[-1], "hashes": {algorithm: known}}
        rest = {key: value for key, value in made.items() if key not in {"type", "id", "spec_version"}}
        comparison = compared(f"file:hashes.{quoted(algorithm)}", known)
        return Observed((*folder[:-1], observable("file", rest, under)), pattern(comparison), name.strip())

    return observe


def registry_key(written: str) -> str:
    """A key of the Windows registry with its hive in full."""
    hive, slash, rest = written.strip().partition("\\")
    return HIVES.get(hive.upper(), hive) + slash + rest


def registry(value: str, under: str = "") -> Observed:
    """A key of the Windows registry; its pattern is written as the key was."""
    written = value.strip()
    if not written:
        raise NotOfItsKind(f"a key of the registry, not {value!r}")
    made = observable("windows-registry-key", {"key": registry_key(written)}, under)
    return Observed((made,), pattern(compared("windows-registry-key:key", written)), written)


def registry_value(key: str, data: str, under: str = "") -> Observed:
    """A key of the Windows registry with what stands under it."""
    properties = {"key": registry_key(key), "values": [{"data": data.strip()}]}
    comparisons = (
        compared("windows-registry-key:key", key.strip()),
        compared("windows-registry-key:values[*].data", data.strip()),
    )
    return Observed((observable("windows-registry-key", properties, under),), pattern(*comparisons), key.strip())
