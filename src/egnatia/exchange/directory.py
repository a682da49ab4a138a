"""What this node knows of the organisations, from its own settings of them and from the agreements it holds."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from egnatia.policy import Agreement
from egnatia.record import Record, reading
from egnatia.record.agreement import SharingAgreement

_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def agreements(copies: Iterable[tuple[str, Record]]) -> tuple[Agreement, ...]:
    """Every agreement of which copies are held, `(owner, record)` of each owner's newest.

    A party has signed what it published in its own name, byte for byte; one that publishes other bytes under the same
    id has not signed this one, and one that revokes its copy ends it.
    """
    by_terms: dict[tuple[str, bytes], set[str]] = {}
    terms: dict[tuple[str, bytes], SharingAgreement] = {}
    for owner, record in copies:
        agreement = reading(record)
        if not isinstance(agreement, SharingAgreement) or owner not in agreement.parties:
            continue
        key = (record.head.id, record.body)
        terms[key] = agreement
        by_terms.setdefault(key, set()).add(owner)
    return tuple(agreement_of(terms[key], frozenset(signed)) for key, signed in sorted(by_terms.items()))


def agreement_of(terms: SharingAgreement, signed: frozenset[str]) -> Agreement:
    """What the terms come to where these parties have signed them."""
    return Agreement(
        id=terms.id,
        parties=frozenset(terms.parties),
        valid_from=moment(terms.valid_from),
        valid_until=moment(terms.valid_until) if terms.valid_until else None,
        types=frozenset(terms.record_types),
        purposes=frozenset(terms.purposes),
        legal_basis=terms.legal_basis,
        retention=duration(terms.retention) if terms.retention else None,
        personal_data=terms.personal_data,
        onward=terms.onward_sharing != "none",
        signed=signed,
        suspended=terms.suspended,
        terminated=bool(terms.revoked),
    )


def moment(instant: str) -> datetime:
    """A STIX timestamp (UTC) to the microsecond; what is finer is cut off, a leap second is the one before it."""
    # Without `strptime`, which takes twenty times as long: a search compares thousands of them.
    said = instant if instant[17:19] != "60" else f"{instant[:17]}59{instant[19:]}"
    return datetime.fromisoformat(f"{said.rstrip('Z')[:26]}+00:00")


def duration(text: str) -> timedelta:
    """An ISO 8601 duration; a year counts 365 days and a month 30, so that a purge is never late by the calendar."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as P90D")
    part = {name: int(value or 0) for name, value in found.groupdict().items()}
    days = part["years"] * 365 + part["months"] * 30 + part["weeks"] * 7 + part["days"]
    return timedelta(days=days, hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])
