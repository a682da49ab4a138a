"""Adversaries written as STIX: what their organisation tells of them, and what others found by themselves."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from egnatia.demo.adversaries import ADVERSARIES, MEANS, TECHNIQUES, Adversary, Operation, Technique
from egnatia.demo.cast import ECONOMIES, HUB, Actor, actor
from egnatia.demo.pen import NETS, Object, Pen, indicator, stamp

SALT = "adversaries"


def attributed(by: Actor, now: datetime) -> Iterator[Object]:
    """What an organisation hands in of this: the hub the techniques, whoever tells of an adversary all of that, and
    others their own findings of the same lures, with what they think of them."""
    if by == HUB:
        yield from (technique(each, now) for each in TECHNIQUES)
    for each in ADVERSARIES:
        if each.by == by.key:
            yield from _told(by, each, now)
        for operation in each.operations:
            if by.key in operation.also and by.key != each.by:
                yield from _found(by, actor(each.by), operation, now)


def technique(of: Technique, now: datetime) -> Object:
    """A technique as the hub publishes it, TLP:CLEAR."""
    source = "DISARM" if of.chain == "disarm" else "mitre-attack"
    return Pen(HUB, "clear", now - timedelta(days=150), SALT).sdo(
        "attack-pattern",
        of.number,
        name=of.name,
        external_references=[{"source_name": source, "external_id": of.number}],
        kill_chain_phases=[{"kill_chain_name": of.chain, "phase_name": each} for each in of.tactics],
    )


def _told(by: Actor, of: Adversary, now: datetime) -> Iterator[Object]:
    began = max(operation.days[0] for operation in of.operations)
    pen = Pen(by, of.tlp, now - timedelta(days=began - 9), SALT)
    motive = {"primary_motivation": of.motivation, "first_seen": stamp(now - timedelta(days=began))}
    kind = {"threat_actor_types": ["crime-syndicate"]} if of.type == "threat-actor" else {}
    who = pen.sdo(
        of.type, of.name, name=of.name, aliases=list(of.aliases), description=of.text, goals=list(of.goals), **motive,
        **kind,
    )  # fmt: skip
    yield who
    for operation in of.operations:
        yield from _operated(by, who, operation, now)


def _operated(by: Actor, who: Object, of: Operation, now: datetime) -> Iterator[Object]:
    pen = Pen(by, of.tlp, now - timedelta(days=of.days[0] - 10), f"{SALT} {of.name}")
    campaign = pen.sdo(
        "campaign", of.name, name=of.name, description=of.text, first_seen=stamp(now - timedelta(days=of.days[0])),
        last_seen=stamp(now - timedelta(days=of.days[1])),
    )  # fmt: skip
    yield from (campaign, pen.link(campaign, "attributed-to", who))
    named = [who["id"], campaign["id"]]
    for number in of.techniques:
        used = technique(next(each for each in TECHNIQUES if each.number == number), now)
        yield from (pen.link(campaign, "uses", used), pen.link(who, "uses", used))
        named.append(used["id"])
    means = []
    for each in (one for one in MEANS if one.name in of.means):
        kind = (
            {"malware_types": [each.kind], "is_family": True} if each.type == "malware" else {"tool_types": [each.kind]}
        )
        means.append(pen.sdo(each.type, each.name, name=each.name, **kind))
        yield from (means[-1], pen.link(campaign, "uses", means[-1]), pen.link(who, "uses", means[-1]))
    for economy in of.economies:
        place = pen.sdo("location", economy, name=ECONOMIES[economy], country=economy)
        yield from (place, pen.link(campaign, "targets", place))
    for sector in of.sectors:
        victim = pen.sdo("identity", sector, name=f"Affected: {sector}", identity_class="class", sectors=[sector])
        yield from (victim, pen.link(campaign, "targets", victim))
    for sign in _signs(pen, of, now - timedelta(days=of.days[0] - 11)):
        yield sign
        yield from (pen.link(sign, "indicates", target) for target in (campaign, *means[:1]))
        named.append(sign["id"])
    yield pen.sdo(
        "report", f"report {of.name}", name=f"{of.name}: what is known", description=of.text, object_refs=named,
        published=stamp(now - timedelta(days=of.days[0] - 14)), report_types=["campaign"],
        labels=[f"sector:{each}" for each in of.sectors] + [f"economy:{each.lower()}" for each in of.economies],
    )  # fmt: skip


def _signs(pen: Pen, of: Operation, at: datetime) -> Iterator[Object]:
    for number, lure in enumerate(of.lures):
        later = at + timedelta(days=number * 9)
        yield indicator(pen, f"[domain-name:value = '{lure}']", lure, later)
    digest = hashlib.sha256(of.name.encode()).digest()
    address = f"{NETS[digest[0] % 3]}.{digest[1] % 254 + 1}"
    yield indicator(pen, f"[ipv4-addr:value = '{address}']", address, at)


def _found(by: Actor, teller: Actor, of: Operation, now: datetime) -> Iterator[Object]:
    """A lure that somebody else found by themselves, and saw again."""
    days = max(of.days[1], 2)
    pen = Pen(by, "green", now - timedelta(days=days), f"{SALT} {of.name}")
    lure = of.lures[len(by.key) % len(of.lures)] if by.key > teller.key else of.lures[0]
    sign = indicator(pen, f"[domain-name:value = '{lure}']", lure, now - timedelta(days=days))
    yield sign
    seen = {"first_seen": stamp(now - timedelta(days=days)), "last_seen": stamp(now - timedelta(days=1))}
    yield pen.sdo(
        "sighting", "again", sighting_of_ref=sign["id"], where_sighted_refs=[by.id], count=len(lure) % 7 + 1,
        summary=False, **seen,
    )  # fmt: skip
