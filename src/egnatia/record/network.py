"""Observables of networks: addresses, names, traffic, mail (STIX 2.1 section 6)."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from egnatia.record.common import Observable
from egnatia.record.format import (
    Count,
    Dictionary,
    Format,
    Hex,
    Instant,
    Integer,
    Some,
    formatted,
    is_uri,
    named,
    to,
)
from egnatia.record.rule import Properties, Rule, at_least_one, claim, later, needs

Port = Annotated[int, Meta(ge=0, le=65535)]
End = Annotated[str, to("ipv4-addr", "ipv6-addr", "mac-addr", "domain-name")]


def _is_network(version: type[ipaddress.IPv4Network] | type[ipaddress.IPv6Network]) -> Format:
    def holds(text: str) -> bool:
        try:
            version(text, strict=False)
        except ValueError:
            return False
        return True

    number = 4 if version is ipaddress.IPv4Network else 6
    return Format(f"STIX 2.1 section 6: an IPv{number} address or a network in CIDR notation", holds)


class AutonomousSystem(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="autonomous-system"):
    """An autonomous system by its number (STIX 2.1 section 6.2)."""

    number: Count
    name: str | None = None
    rir: str | None = None

    section: ClassVar[str] = "6.2"


_DOMAIN_NAME = re.compile(r"[^\s.@/:]{1,63}(?:\.[^\s.@/:]{1,63})*\.?")


def _is_domain_name(record: Properties) -> bool:
    """Letters of other scripts and underscores are seen in the wild and name one thing: they are not refused."""
    return _DOMAIN_NAME.fullmatch(record["value"]) is not None


class DomainName(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="domain-name"):
    """A domain name (STIX 2.1 section 6.4)."""

    value: Annotated[str, Meta(min_length=1)]
    resolves_to_refs: Some[Annotated[str, to("ipv4-addr", "ipv6-addr", "domain-name")]] = ()

    section: ClassVar[str] = "6.4"
    rules: ClassVar[tuple[Rule, ...]] = (
        claim("value", "6.4", "a domain name of labels up to 63 characters (RFC 1034)", _is_domain_name),
    )


class EmailAddress(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="email-addr"):
    """An e-mail address (STIX 2.1 section 6.5)."""

    value: Annotated[
        str, named(r"[^\s<>]+@[^\s<>]+", "STIX 2.1 section 6.5: an addr-spec of RFC 5322, without display name")
    ]
    display_name: str | None = None
    belongs_to_ref: Annotated[str, to("user-account")] | None = None

    section: ClassVar[str] = "6.5"


class EmailPart(msgspec.Struct, frozen=True, kw_only=True):
    """One MIME part of a message (STIX 2.1 section 6.6.2)."""

    body: str | None = None
    body_raw_ref: Annotated[str, to("artifact", "file")] | None = None
    content_type: str | None = None
    content_disposition: str | None = None

    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("6.6.2", "body", "body_raw_ref"),)


def _parts_fit(record: Properties) -> bool:
    return ("body_multipart" if not record["is_multipart"] else "body") not in record


class EmailMessage(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="email-message"):
    """An e-mail message (STIX 2.1 section 6.6)."""

    is_multipart: bool
    date: Instant | None = None
    content_type: str | None = None
    from_ref: Annotated[str, to("email-addr")] | None = None
    sender_ref: Annotated[str, to("email-addr")] | None = None
    to_refs: Some[Annotated[str, to("email-addr")]] = ()
    cc_refs: Some[Annotated[str, to("email-addr")]] = ()
    bcc_refs: Some[Annotated[str, to("email-addr")]] = ()
    message_id: str | None = None
    subject: str | None = None
    received_lines: Some[str] = ()
    additional_header_fields: Dictionary | None = None
    body: str | None = None
    body_multipart: Some[EmailPart] = ()
    raw_email_ref: Annotated[str, to("artifact")] | None = None

    section: ClassVar[str] = "6.6"
    rules: ClassVar[tuple[Rule, ...]] = (
        claim("is_multipart", "6.6", "body when false, body_multipart when true", _parts_fit),
    )


class Ipv4Address(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="ipv4-addr"):
    """One or more IPv4 addresses in CIDR notation (STIX 2.1 section 6.8)."""

    value: Annotated[str, formatted(_is_network(ipaddress.IPv4Network))]
    resolves_to_refs: Some[Annotated[str, to("mac-addr")]] = ()
    belongs_to_refs: Some[Annotated[str, to("autonomous-system")]] = ()

    section: ClassVar[str] = "6.8"


class Ipv6Address(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="ipv6-addr"):
    """One or more IPv6 addresses in CIDR notation (STIX 2.1 section 6.9)."""

    value: Annotated[str, formatted(_is_network(ipaddress.IPv6Network))]
    resolves_to_refs: Some[Annotated[str, to("mac-addr")]] = ()
    belongs_to_refs: Some[Annotated[str, to("autonomous-system")]] = ()

    section: ClassVar[str] = "6.9"


def _is_mac(text: str) -> bool:
    pairs = text.split(":")
    return len(pairs) == 6 and all(len(pair) == 2 and set(pair) <= set("0123456789abcdef") for pair in pairs)


_MAC = Format(
    "STIX 2.1 section 6.10: six colon-separated pairs of hexadecimal digits in lower case",
    _is_mac,
    lambda value: mended if _is_mac(mended := value.lower().replace("-", ":")) else None,
)


class MacAddress(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="mac-addr"):
    """A media access control address (STIX 2.1 section 6.10)."""

    value: Annotated[str, formatted(_MAC, pattern="^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]

    section: ClassVar[str] = "6.10"


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request within traffic (STIX 2.1 section 6.12.2)."""

    request_method: str
    request_value: str
    request_version: str | None = None
    request_header: Dictionary | None = None
    message_body_length: Integer | None = None
    message_body_data_ref: Annotated[str, to("artifact")] | None = None


class Icmp(msgspec.Struct, frozen=True, kw_only=True):
    """An ICMP message (STIX 2.1 section 6.12.3)."""

    icmp_type_hex: Hex
    icmp_code_hex: Hex


_SOCKET_OPTIONS = ("SO_", "ICMP_", "ICMP6_", "IP_", "IPV6_", "MCAST_", "TCP_", "IRLMP_")


def _options_fit(record: Properties) -> bool:
    return all(
        name.startswith(_SOCKET_OPTIONS) and isinstance(value, int) and not isinstance(value, bool)
        for name, value in record["options"].items()
    )


class Socket(msgspec.Struct, frozen=True, kw_only=True):
    """A network socket (STIX 2.1 section 6.12.4)."""

    address_family: Literal[
        "AF_UNSPEC", "AF_INET", "AF_IPX", "AF_APPLETALK", "AF_NETBIOS", "AF_INET6", "AF_IRDA", "AF_BTH"
    ]
    is_blocking: bool | None = None
    is_listening: bool | None = None
    options: Dictionary | None = None
    socket_type: Literal["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET"] | None = None
    socket_descriptor: Count | None = None
    socket_handle: Integer | None = None

    rules: ClassVar[tuple[Rule, ...]] = (
        claim("options", "6.12.4", "socket options by their names, with whole numbers", _options_fit),
    )


class Tcp(msgspec.Struct, frozen=True, kw_only=True):
    """The flags of a TCP connection (STIX 2.1 section 6.12.5)."""

    src_flags_hex: Hex | None = None
    dst_flags_hex: Hex | None = None

    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("6.12.5", "src_flags_hex", "dst_flags_hex"),)


def _ended_is_inactive(record: Properties) -> bool:
    return not record["is_active"]


class NetworkTraffic(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="network-traffic"):
    """Traffic from a source to a destination (STIX 2.1 section 6.12)."""

    protocols: Some[str]
    start: Instant | None = None
    end: Instant | None = None
    is_active: bool | None = None
    src_ref: End | None = None
    dst_ref: End | None = None
    src_port: Port | None = None
    dst_port: Port | None = None
    src_byte_count: Count | None = None
    dst_byte_count: Count | None = None
    src_packets: Count | None = None
    dst_packets: Count | None = None
    ipfix: Dictionary | None = None
    src_payload_ref: Annotated[str, to("artifact")] | None = None
    dst_payload_ref: Annotated[str, to("artifact")] | None = None
    encapsulates_refs: Some[Annotated[str, to("network-traffic")]] = ()
    encapsulated_by_ref: Annotated[str, to("network-traffic")] | None = None

    section: ClassVar[str] = "6.12"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("6.12", "src_ref", "dst_ref"),
        later("end", "start", "6.12", or_equal=True),
        needs("6.12", "end", "is_active"),
        claim("is_active", "6.12", "false once there is an end", _ended_is_inactive, when=("is_active", "end")),
    )
    extension_kinds: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "http-request-ext": HttpRequest,
        "icmp-ext": Icmp,
        "socket-ext": Socket,
        "tcp-ext": Tcp,
    }


class Url(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="url"):
    """A uniform resource locator (STIX 2.1 section 6.15)."""

    value: Annotated[str, Meta(min_length=1)]

    section: ClassVar[str] = "6.15"
    rules: ClassVar[tuple[Rule, ...]] = (
        claim("value", "6.15", "a URL with its scheme and without blanks (RFC 3986)", lambda url: is_uri(url["value"])),
    )
