"""What each attribute type of MISP becomes: the one table. A type that is not in it becomes a note with its text.

`SINGLE` are types of one value, `PAIRS` those whose value is two parts joined by `|`, `RULES` are detection rules in a
language of their own. Values of `PERSONAL` types are data about people: they stay with the owner until somebody shares
them under an agreement.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from egnatia.exchange.formats import observable as o

Single = Callable[[str, str], o.Observed]
Pair = Callable[[str, str, str], o.Observed]

HASHES: Final[Mapping[str, str]] = {
    "md5": "MD5", "sha1": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512",
    "sha512/224": "SHA-512-224", "sha512/256": "SHA-512-256", "sha3-224": "SHA3-224", "sha3-256": "SHA3-256",
    "sha3-384": "SHA3-384", "sha3-512": "SHA3-512", "ssdeep": "SSDEEP", "tlsh": "TLSH", "authentihash": "AUTHENTIHASH",
    "impfuzzy": "IMPFUZZY", "pehash": "PEHASH", "vhash": "VHASH", "cdhash": "CDHASH", "telfhash": "TELFHASH",
}  # fmt: skip

SINGLE: Final[Mapping[str, Single]] = {
    "ip-src": o.address,
    "ip-dst": o.address,
    "domain": o.domain,
    "hostname": o.domain,
    "url": o.web,
    "uri": o.url,
    "email": o.mail,
    "email-src": o.mail,
    "email-dst": o.mail,
    "email-reply-to": o.mail,
    "email-subject": o.one("email-message", "subject"),
    "email-message-id": o.one("email-message", "message_id"),
    "email-attachment": o.file_name,
    "filename": o.file_name,
    "attachment": o.file_name,
    "imphash": o.imphash,
    "regkey": o.registry,
    "mutex": o.one("mutex", "name"),
    "AS": o.one("autonomous-system", "number", o.as_number),
    "mac-address": o.one("mac-addr", "value", o.mac),
    "user-agent": o.user_agent,
    "x509-fingerprint-md5": o.certificate_hash("MD5"),
    "x509-fingerprint-sha1": o.certificate_hash("SHA-1"),
    "x509-fingerprint-sha256": o.certificate_hash("SHA-256"),
    "github-username": o.account("github"),
    "twitter-id": o.account("twitter"),
    "jabber-id": o.account("jabber"),
    "eppn": o.account("eppn"),
    "btc": o.one("cryptocurrency-wallet", "value"),
    "xmr": o.one("cryptocurrency-wallet", "value"),
    "dash": o.one("cryptocurrency-wallet", "value"),
    "iban": o.one("bank-account", "iban"),
    "bank-account-nr": o.one("bank-account", "value"),
    "cc-number": o.one("payment-card", "value"),
    "phone-number": o.one("phone-number", "value"),
    **{name: o.file_hash(algorithm) for name, algorithm in HASHES.items()},
}

PAIRS: Final[Mapping[str, Pair]] = {
    "domain|ip": o.resolving,
    "ip-src|port": o.endpoint("src"),
    "ip-dst|port": o.endpoint("dst"),
    "hostname|port": o.endpoint("dst"),
    "regkey|value": o.registry_value,
    "malware-sample": o.named_file("MD5"),
    **{f"filename|{name}": o.named_file(algorithm) for name, algorithm in HASHES.items()},
}

RULES: Final[Mapping[str, str]] = {
    "yara": "yara", "sigma": "sigma", "snort": "snort", "suricata": "suricata", "zeek": "zeek", "bro": "zeek",
    "stix2-pattern": "stix", "pcre": "pcre",
}  # fmt: skip

LINKS: Final = frozenset({"link"})
VULNERABILITIES: Final = frozenset({"vulnerability", "cve"})
PAYLOADS: Final = frozenset({"attachment", "malware-sample"})
"""Types that may bring a file along: the file itself is never taken."""

PERSONAL: Final = frozenset(
    {
        "first-name", "middle-name", "last-name", "full-name", "date-of-birth", "place-of-birth", "gender",
        "nationality", "passport-number", "passport-country", "passport-expiration", "redress-number", "visa-number",
        "issue-date-of-the-visa", "primary-residence", "country-of-residence", "special-service-request",
        "frequent-flyer-number", "travel-details", "payment-details", "place-port-of-original-embarkation",
        "place-port-of-clearance", "place-port-of-onward-foreign-destination", "passenger-name-record-locator-number",
        "identity-card-number", "whois-registrant-email", "whois-registrant-phone", "whois-registrant-name", "iban",
        "bank-account-nr", "cc-number", "prtn", "phone-number", "aba-rtn", "bin", "target-user", "target-email",
        "email-src-display-name", "email-dst-display-name",
    }
)  # fmt: skip


def observe(kind: str, value: str, under: str = "") -> o.Observed | None:
    """What an attribute's value is; None where the type has no observable. Raises NotOfItsKind for a value that is none
    of its type."""
    if (single := SINGLE.get(kind)) is not None:
        return single(value, under)
    if (pair := PAIRS.get(kind)) is not None:
        first, bar, second = value.partition("|")
        if not bar and kind == "malware-sample":
            return o.file_name(value, under)
        if not bar:
            raise o.NotOfItsKind(f"two parts joined by |, not {value!r}")
        return pair(first, second, under)
    return None


hash_of: Final = {name: partial(o.hash_value, algorithm) for name, algorithm in HASHES.items()}
