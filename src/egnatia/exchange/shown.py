"""A record as the API and the live feed show it: its stored bytes, and around them what the node knows of it."""

from functools import lru_cache
from typing import Any

import msgspec

from egnatia.exchange.taxii.filter import timestamp
from egnatia.policy.label import Label, Pap, Tlp
from egnatia.store.entry import Row

TLP_NAMES = {
    Tlp.CLEAR: "clear",
    Tlp.GREEN: "green",
    Tlp.AMBER: "amber",
    Tlp.AMBER_STRICT: "amber+strict",
    Tlp.RED: "red",
}
PAP_NAMES = {Pap.CLEAR: "clear", Pap.GREEN: "green", Pap.AMBER: "amber", Pap.RED: "red"}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A record with what the node knows of it. `added` is when it came here; `applied` are the markings that its
    owner put on it besides those inside it; `redacted` says that marked properties were left out for this reader;
    `record` is the STIX object, its bytes untouched."""

    owner: str
    tlp: str
    pap: str
    audiences: tuple[tuple[str, ...], ...]
    agreements: tuple[str, ...]
    personal: bool
    withdrawn: bool
    added: str
    applied: tuple[str, ...]
    redacted: bool
    record: dict[str, Any]


def shown(row: Row) -> bytes:
    """The row as JSON, as `Shown` describes it."""
    own = b'"added":"%b","applied":%b,"redacted":%b,"record":' % (
        timestamp(row.at).encode(),
        msgspec.json.encode(row.applied) if row.applied else b"[]",
        b"true" if row.redacted else b"false",
    )
    return _handling(row.label) + own + row.body + b"}"


def shown_list(rows: tuple[Row, ...]) -> bytes:
    """Rows as a JSON array of `Shown`."""
    return b"[" + b",".join(map(shown, rows)) + b"]"


@lru_cache(maxsize=4_096)
def _handling(label: Label) -> bytes:
    """The properties that a label decides, once per label."""
    described = {
        "owner": label.owner,
        "tlp": TLP_NAMES[label.tlp],
        "pap": PAP_NAMES[label.pap],
        "audiences": label.audiences,
        "agreements": label.agreements,
        "personal": label.personal,
        "withdrawn": label.withdrawn,
    }
    return msgspec.json.encode(described)[:-1] + b","
