"""An output is what one kind of device is given: a saved query, a threshold, an allow-list, a format, a size.

Who fetches it gets what their organisation may see and what the PAP lets be done with it: what a device blocks is
noticed, so PAP:AMBER and PAP:RED never reach a blocklist, while detection may have them.
"""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec

from egnatia.cyber.intel.board import NOTHING_KNOWN, Detected, Scored, survey
from egnatia.cyber.intel.collecting import NOBODY, Roll
from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.matching import Known
from egnatia.cyber.intel.score import Reliability
from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.cyber.intel.warning_list import WarningList
from egnatia.exchange.formats.defence import FORMS, About, Entry, Form
from egnatia.exchange.formats.defence.foreign import rules
from egnatia.exchange.formats.defence.lists import is_sound
from egnatia.policy import Action, Clearance
from egnatia.record.values import guessed
from egnatia.store import Store

MISP_FEED: Final = "misp-feed"
TAXII: Final = "taxii"

DEVICES: Final[Mapping[str, Form]] = {
    **FORMS,
    # A folder that is made of the records themselves (egnatia.cyber.intel.feeding); as one file it is its values.
    MISP_FEED: Form(FORMS["plain"].write, FORMS["csv"].kinds | {"suricata", "snort"}, Action.DETECT, limit=20_000),
    # A server with one collection of the indicators as they are, of whatever kind; as one file it is their values.
    TAXII: Form(FORMS["csv"].write, FORMS["csv"].kinds, Action.DETECT, FORMS["csv"].media_type, 50_000),
}
"""Every form that an output can have, in the order in which it is offered."""

_QUOTED: Final = frozenset({"csv", MISP_FEED, TAXII})
"""Forms in which any text can stand."""

SCORE, ALLOWED, SIZE, WIDE, UNWRITABLE = "score", "allowed", "size", "wide", "unwritable"
"""Why something is left out: too low a score, never to be given, no room for it, too wide a network, or what the form
cannot hold."""
ON_LIST: Final = "warning list: "
"""Begins the reason of what is on a warning list, whose name follows."""

NARROWEST: Final[Mapping[int, int]] = {4: 12, 6: 29}
"""The shortest prefix by version of IP: a million addresses of version 4, or what a registry gives one provider at most
without asking why (RIPE-738 section 5.1.2). Who blocks a wider network blocks strangers."""

NAME: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"


class Output(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One saved output. `search` narrows the indicators, in the search language; `least` is the score from which on a
    value is given; `allow` are values (addresses, networks, domains with all under them, digests) that never are;
    `limit` is the most entries, beyond which those of lowest score are left out; 0 for what usual devices hold."""

    name: Annotated[str, msgspec.Meta(pattern=NAME)]
    form: str
    search: str = ""
    least: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    allow: tuple[str, ...] = ()
    limit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0

    def check(self) -> None:
        """Raises ValueError where the format or the search is none."""
        if self.form not in DEVICES:
            raise ValueError(f"{self.form!r} is no format: one of {', '.join(DEVICES)}")
        parse(self.search)


class Made(msgspec.Struct, frozen=True):
    """An output as it is given: its bytes, a tag that changes with its entries alone, what was left out and why, and
    `since` when it is so, in whole seconds, as far as this process knows.
    `sources` are the indicators that its entries are from; `files` it has where it is a folder, and a `roll` of members
    where it is a collection."""

    content: bytes
    tag: str
    media_type: str
    entries: int
    left_out: Mapping[str, int]
    since: datetime
    sources: tuple[str, ...] = ()
    files: Mapping[str, bytes] = {}
    roll: Roll = NOBODY


def make(
    output: Output,
    store: Store,
    clearance: Clearance,
    now: datetime,
    *,
    warnings: WarningLists,
    known: Known = NOTHING_KNOWN,
    reliabilities: Mapping[str, Reliability] = {},
) -> Made:
    """The output for one reader now."""
    form = DEVICES[output.form]
    allowed = allowing(output.allow)
    term = parse(output.search)
    left_out: dict[str, int] = {}
    kept: list[Scored] = []
    for scored in survey(
        store, clearance, now, action=form.action, term=term, known=known, reliabilities=reliabilities
    ):
        if scored.detected.kind not in form.kinds and output.form != TAXII:
            continue
        reason = _reason(scored, output, warnings, allowed)
        if reason is None:
            kept.append(scored)
        else:
            left_out[reason] = left_out.get(reason, 0) + 1
    kept.sort(key=lambda each: (-each.score.value, each.detected.kind, each.detected.value))
    limit = min(output.limit or form.limit, 1_000_000)
    if len(kept) > limit:
        left_out[SIZE] = len(kept) - limit
    entries = [_entry(each) for each in kept[:limit]]
    content = form.write(entries, About(output.name, now, left_out.get(SIZE, 0)))
    sources = tuple(dict.fromkeys(each.source for each in entries))
    since = now.replace(microsecond=0)
    return Made(content, tag_of(output, entries), form.media_type, len(entries), left_out, since, sources)


def _reason(scored: Scored, output: Output, warnings: WarningLists, allowed: WarningLists) -> str | None:
    """Why a value is not given; None where nothing stands against it."""
    detected = scored.detected
    if scored.score.value < output.least:
        return SCORE
    if ":" in detected.kind:
        if allowed.warned(detected.kind, detected.value) is not None:
            return ALLOWED
        if (warned := warnings.warned(detected.kind, detected.value)) is not None:
            return f"{ON_LIST}{warned.list}"
        if _is_wide(detected):
            return WIDE
    return None if _is_writable(output.form, _entry(scored)) else UNWRITABLE


def _is_wide(detected: Detected) -> bool:
    """Whether a network is more than one abuser's."""
    if detected.about not in {"ipv4-addr", "ipv6-addr"}:
        return False
    try:
        network = ipaddress.ip_network(detected.value, strict=False)
    except ValueError:
        return False
    return network.prefixlen < NARROWEST[network.version]


def _is_writable(form: str, entry: Entry) -> bool:
    """Whether an entry can stand in a form without changing what else is in it."""
    if form in _QUOTED:
        return True
    return is_sound(entry) if ":" in entry.kind else any(rules((entry,), entry.kind))


def _entry(scored: Scored) -> Entry:
    detected = scored.detected
    return Entry(detected.kind, detected.value, scored.score.value, scored.indicator, scored.name, scored.since)


def allowing(values: Iterable[str]) -> WarningLists:
    """Values that an operator never wants in an output, each compared as its kind asks for: a name with all that is
    under it, what is under that in URLs and mail addresses, and every name above it."""
    sorted_: dict[str, list[str]] = {"cidr": [], "hostname": [], "string": []}
    for value in filter(None, (each.strip() for each in values)):
        kind = next((each.kind for each in guessed(value)), "")
        form = {"ipv4-addr:value": "cidr", "ipv6-addr:value": "cidr", "domain-name:value": "hostname"}.get(
            kind, "string"
        )
        sorted_[form].append(value)
    lists = (WarningList(name="allowed", form=form, values=tuple(each)) for form, each in sorted_.items())
    return WarningLists(lists, strict=True)


def tag_of(output: Output, entries: Iterable[Entry]) -> str:
    """An entity tag: the same for the same entries, whenever they were put together."""
    told = hashlib.sha256(msgspec.json.encode(output))
    for each in entries:
        told.update(f"\0{each.kind}\0{each.value}".encode())
    return f'"{told.hexdigest()[:32]}"'
