"""What a field of a log is used for, as data: the one place to look when a field of a log is to be matched or not."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Kind = Literal["host", "address", "url", "mail", "digest", "digests", "name", "path", "text", "number", "words", "any"]


class Use(msgspec.Struct, frozen=True):
    """A field's meaning.

    `kind`: a `host` is a domain name or an address; `digests` are several with their algorithms (`MD5=...,SHA256=...`);
    a `path` ends in a file name; `words` become a list; `any` is what it looks like. `to` is the object and property
    that it sets besides (`network-traffic.dst_ref`; `process#parent` is a second process). `many` separates values.
    """

    kind: Kind
    to: str = ""
    many: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of object that the field may become; none named for `any`, which may become all."""
        own = _KINDS.get(self.kind, frozenset())
        return own | {self.to.partition("#")[0].partition(".")[0]} if self.to else own


_ADDRESSES: Final = frozenset({"ipv4-addr", "ipv6-addr"})
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "host": _ADDRESSES | {"domain-name"},
    "address": _ADDRESSES,
    "url": _ADDRESSES | {"url", "domain-name"},
    "mail": frozenset({"email-addr", "domain-name"}),
    "name": frozenset({"file"}),
    "path": frozenset({"file"}),
}

Uses = Mapping[str, Use]

_FROM: Final = Use("address", "network-traffic.src_ref")
_TO: Final = Use("host", "network-traffic.dst_ref")
_FROM_PORT: Final = Use("number", "network-traffic.src_port")
_TO_PORT: Final = Use("number", "network-traffic.dst_port")
_PROTOCOL: Final = Use("words", "network-traffic.protocols")
_AGENT: Final = Use("text", "network-traffic.extensions.http-request-ext.request_header.User-Agent")
_MD5: Final = Use("digest", "file.hashes.MD5")
_SHA1: Final = Use("digest", "file.hashes.SHA-1")
_SHA256: Final = Use("digest", "file.hashes.SHA-256")
_SHA512: Final = Use("digest", "file.hashes.SHA-512")

ZEEK: Final[Uses] = {
    "id.orig_h": _FROM, "id.resp_h": Use("address", "network-traffic.dst_ref"),
    "id.orig_p": _FROM_PORT, "id.resp_p": _TO_PORT, "proto": _PROTOCOL, "service": _PROTOCOL,
    "query": Use("host"), "answers": Use("host", many=","),
    "host": Use("host"), "server_name": Use("host"), "user_agent": _AGENT, "referrer": Use("url"),
    "md5": _MD5, "sha1": _SHA1, "sha256": _SHA256, "filename": Use("name", "file.name"),
    "tx_hosts": Use("address", many=","), "rx_hosts": Use("address", many=","),
    "mailfrom": Use("mail"), "rcptto": Use("mail", many=","), "from": Use("mail"), "to": Use("mail", many=","),
    "cc": Use("mail", many=","), "reply_to": Use("mail"), "x_originating_ip": Use("address"),
    "subject": Use("text", "email-message.subject"), "client": Use("text"), "assigned_addr": Use("address"),
    "certificate.serial": Use("text", "x509-certificate.serial_number"),
    "certificate.subject": Use("text", "x509-certificate.subject"),
}  # fmt: skip
"""By the name of the column, over all of Zeek's logs (conn, dns, http, ssl, files, smtp, x509)."""

JSON: Final[Uses] = {
    **ZEEK,
    # Suricata EVE
    "src_ip": _FROM, "dest_ip": _TO, "src_port": _FROM_PORT, "dest_port": _TO_PORT, "app_proto": _PROTOCOL,
    "dns.rrname": Use("host"), "dns.queries.rrname": Use("host"), "dns.query.rrname": Use("host"),
    "dns.answers.rrname": Use("host"), "dns.answers.rdata": Use("host"), "dns.grouped.A": Use("address"),
    "dns.grouped.AAAA": Use("address"), "dns.grouped.CNAME": Use("host"),
    "http.hostname": Use("host"), "http.http_user_agent": _AGENT, "http.http_refer": Use("url"),
    "tls.sni": Use("host"), "tls.serial": Use("text", "x509-certificate.serial_number"),
    "tls.subject": Use("text", "x509-certificate.subject"),
    "fileinfo.filename": Use("path", "file.name"), "fileinfo.md5": _MD5, "fileinfo.sha1": _SHA1,
    "fileinfo.sha256": _SHA256, "fileinfo.size": Use("number", "file.size"),
    "email.from": Use("mail"), "email.to": Use("mail"), "email.cc": Use("mail"), "quic.sni": Use("host"),
    # Sysmon, without what stands before the name of a field
    "Image": Use("path", "file.name"), "ParentImage": Use("path", "file#parent.name"),
    "ImageLoaded": Use("path", "file#loaded.name"), "TargetFilename": Use("path", "file#target.name"),
    "OriginalFileName": Use("name", "file#original.name"), "Hashes": Use("digests", "file.hashes"),
    "CommandLine": Use("text", "process.command_line"), "ParentCommandLine": Use("text", "process#parent.command_line"),
    "ProcessId": Use("number", "process.pid"), "CurrentDirectory": Use("text", "process.cwd"),
    "User": Use("text", "user-account.account_login"), "QueryName": Use("host"),
    "QueryResults": Use("host", many=";"), "DestinationIp": _TO, "DestinationHostname": Use("host"),
    "SourceIp": _FROM, "SourcePort": _FROM_PORT, "DestinationPort": _TO_PORT, "Protocol": _PROTOCOL,
    "TargetObject": Use("text", "windows-registry-key.key"), "PipeName": Use("text", "mutex.name"),
    # Elastic Common Schema
    "source.ip": _FROM, "destination.ip": _TO, "source.port": _FROM_PORT, "destination.port": _TO_PORT,
    "destination.domain": Use("host"), "dns.question.name": Use("host"), "dns.resolved_ip": Use("address"),
    "url.full": Use("url"), "url.original": Use("url"), "url.domain": Use("host"),
    "user_agent.original": _AGENT, "process.command_line": Use("text", "process.command_line"),
    "process.executable": Use("path", "file.name"), "process.hash.md5": _MD5, "process.hash.sha1": _SHA1,
    "process.hash.sha256": _SHA256, "file.name": Use("name", "file#target.name"),
    "file.hash.md5": Use("digest", "file#target.hashes.MD5"),
    "file.hash.sha1": Use("digest", "file#target.hashes.SHA-1"),
    "file.hash.sha256": Use("digest", "file#target.hashes.SHA-256"), "email.from.address": Use("mail"),
    "email.to.address": Use("mail"), "email.subject": Use("text", "email-message.subject"),
}  # fmt: skip
"""By the path of the key, over all logs in JSON lines."""

SYSMON_BEFORE: Final = ("winlog.event_data.", "Event.EventData.", "EventData.", "event_data.", "data.win.eventdata.")
"""What stands before the name of a Sysmon field, by whoever has written the JSON."""

_FROM_NAMES: Final = (
    "sa srcaddr src_ip srcip source sip ipv4_src_addr ipv6_src_addr src4_addr src6_addr src_addr source_address client "
    "client_ip c-ip"
)
_TO_NAMES: Final = (
    "da dstaddr dst_ip dstip dest_ip destination dip ipv4_dst_addr ipv6_dst_addr dst4_addr dst6_addr dst_addr "
    "destination_address s-ip"
)

TABLE: Final[Uses] = {
    **dict.fromkeys(_FROM_NAMES.split(), _FROM),
    **dict.fromkeys(_TO_NAMES.split(), _TO),
    **dict.fromkeys(("sp", "srcport", "src_port", "sport", "l4_src_port"), _FROM_PORT),
    **dict.fromkeys(("dp", "dstport", "dst_port", "dport", "dest_port", "l4_dst_port"), _TO_PORT),
    **dict.fromkeys(("pr", "proto", "protocol", "prot"), _PROTOCOL),
    **dict.fromkeys(("host", "hostname", "domain", "query", "qname", "fqdn", "cs-host", "sni"), Use("host")),
    **dict.fromkeys(("url", "uri", "cs-uri", "referer"), Use("url")),
    **dict.fromkeys(("email", "sender", "recipient"), Use("mail")),
    "nh": Use("address"), "nhb": Use("address"), "user_agent": _AGENT, "filename": Use("name", "file.name"),
    "md5": _MD5, "sha1": _SHA1, "sha256": _SHA256, "sha512": _SHA512,
}  # fmt: skip
"""By the heading of a column in small letters: NetFlow as nfdump, SiLK and others write it, and other tables."""

_COMMON_NAMES: Final = """
    a.exe addinutil.exe agent.exe app.exe autorun.inf bash cmd.exe conhost.exe config.json cscript.exe csrss.exe
    desktop.ini document.doc document.docx document.pdf explorer.exe file.exe file.zip index.htm index.html index.php
    install.exe invoice.doc invoice.pdf javaw.exe java.exe kernel32.dll lsass.exe main.exe msbuild.exe mshta.exe
    msiexec.exe notepad.exe ntdll.dll payload.exe powershell.exe python python.exe readme.txt regsvr32.exe rundll32.exe
    sample.exe services.exe setup.exe setup.msi smss.exe svchost.exe system taskhost.exe taskhostw.exe test.exe
    update.exe updater.exe user32.dll wget winlogon.exe winword.exe wmic.exe wscript.exe
"""
COMMON: Final = frozenset(_COMMON_NAMES.split())
"""File names that say nothing: they are everywhere, so an indicator that has only the name is not looked for."""


def is_specific(name: str) -> bool:
    """Whether a file name alone is a sign: long enough, and not one that is everywhere."""
    lower = name.strip().lower()
    return len(lower) >= 6 and lower not in COMMON
