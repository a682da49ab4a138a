"""What defences take: every format with the kinds it holds and what a device does with it."""

from collections.abc import Mapping
from typing import Final

from egnatia.exchange.formats.defence import lists, rules
from egnatia.exchange.formats.defence.entry import ADDRESSES, DIGESTS, MAILS, NAMES, URLS, VALUES, About, Entry, Form
from egnatia.policy import Action

FORMS: Final[Mapping[str, Form]] = {
    "plain": Form(lists.plain, VALUES, Action.BLOCK),
    "csv": Form(lists.table, VALUES | {"file:name", "yara", "sigma"}, Action.DETECT, "text/csv", 1_000_000),
    "hosts": Form(lists.hosts, NAMES, Action.BLOCK),
    "rpz": Form(lists.rpz, NAMES | ADDRESSES, Action.BLOCK, "text/dns", 500_000),
    "addresses": Form(lists.addresses, ADDRESSES, Action.BLOCK, limit=100_000),
    "mikrotik": Form(lists.mikrotik, ADDRESSES, Action.BLOCK, limit=20_000),
    "suricata": Form(rules.suricata, NAMES | ADDRESSES | URLS | {"suricata"}, Action.DETECT, limit=30_000),
    "snort": Form(rules.snort, NAMES | ADDRESSES | URLS | {"snort"}, Action.DETECT, limit=30_000),
    "zeek": Form(rules.zeek, NAMES | ADDRESSES | URLS | DIGESTS | MAILS | {"file:name"}, Action.DETECT, limit=200_000),
    "yara": Form(rules.yara, frozenset({"yara"}), Action.DETECT, limit=20_000),
    "sigma": Form(
        rules.sigma, NAMES | ADDRESSES | URLS | DIGESTS | {"sigma"}, Action.DETECT, "application/yaml", 20_000
    ),
}
"""Every format, in the order in which it is offered. Who is blocked notices it; who is detected does not."""

__all__ = ["FORMS", "About", "Entry", "Form"]
