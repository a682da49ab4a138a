"""Each organisation's sample data: its stories written as STIX 2.1, the same in every run but for the clock."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from egnatia.demo.attribution import attributed
from egnatia.demo.bulletins import bulletins
from egnatia.demo.cast import ECONOMIES, Actor
from egnatia.demo.pen import NETS, TLP, Object, Pen, encoded, indicator, stamp
from egnatia.demo.readiness import PEOPLE, roster
from egnatia.demo.stories import STORIES, Story
from egnatia.record.schemas import RECALL

TOOLS = {
    "phishing": ("credential page kit", ["trojan"]),
    "ransomware": ("file encryptor", ["ransomware"]),
    "intrusion": ("web shell", ["backdoor"]),
    "fraud": ("SMS interceptor", ["spyware"]),
    "ddos": ("flood client", ["ddos"]),
}
"""The malware of a story by its kind: what it is called here, and its `malware-type-ov`."""


def identity(by: Actor, at: datetime) -> Object:
    """The organisation as others may know it: TLP:CLEAR, because a sender's name is no secret."""
    about = f"A fictional organisation of {ECONOMIES[by.economy]}, for the demonstration."
    written = Pen(by, "clear", at, "identity").sdo(
        "identity", by.name, name=by.name, description=about, identity_class="organization", sectors=[by.sector]
    )
    return {**written, "id": by.id}


def told(by: Actor, story: Story, at: datetime) -> Iterator[Object]:
    """One story as its objects: ends before the relationships that join them."""
    pen = Pen(by, story.tlp, at, story.key)
    words = {"lang": story.lang}
    seed = hashlib.sha256(f"{by.key} {story.key}".encode()).digest()
    campaign = pen.sdo(
        "campaign",
        "campaign",
        name=story.title,
        description=story.text,
        first_seen=stamp(at - timedelta(days=9)),
        **words,
    )
    tool, kinds = TOOLS[story.kind]
    malware = pen.sdo(
        "malware", "malware", name=f"EXAMPLE-{seed[:2].hex().upper()} {tool}", is_family=False, malware_types=kinds
    )
    method = pen.sdo("attack-pattern", "method", name=f"{story.kind.capitalize()} as seen in {ECONOMIES[by.economy]}")
    remedy = pen.sdo("course-of-action", "remedy", name=story.advice, description=story.advice, **words)
    victim = pen.sdo(
        "identity", "victim", name=f"Affected: {story.sector}", identity_class="class", sectors=[story.sector]
    )
    yield from (campaign, malware, method, remedy, victim)
    yield from (pen.link(campaign, "uses", malware), pen.link(campaign, "uses", method))
    yield from (pen.link(campaign, "targets", victim), pen.link(remedy, "mitigates", method))
    found = [campaign["id"], malware["id"], method["id"], remedy["id"]]
    for sign in signs(pen, story, seed, at):
        yield sign
        if sign["type"] == "indicator":
            yield pen.link(sign, "indicates", malware)
            found.append(sign["id"])
    yield report(pen, story, found, at)


def signs(pen: Pen, story: Story, seed: bytes, at: datetime) -> Iterator[Object]:
    """Indicators, the observables that they were drawn from, and a sighting for the first."""
    for number, host in enumerate(story.lures):
        address = f"{NETS[seed[number] % 3]}.{seed[number + 4] % 254 + 1}"
        name = pen.sco("domain-name", value=host)
        yield name
        yield pen.sco("ipv4-addr", value=address)
        yield pen.sco("url", value=f"https://{host}/{seed[number + 8 : number + 10].hex()}")
        yield indicator(pen, f"[domain-name:value = '{host}']", host, at)
        yield indicator(pen, f"[ipv4-addr:value = '{address}']", address, at)
        if number == 0:
            digest = hashlib.sha256(seed + host.encode()).hexdigest()
            yield pen.sco("file", hashes={"SHA-256": digest}, name=f"{story.key}-{number}.zip")
            yield indicator(pen, f"[file:hashes.'SHA-256' = '{digest}']", digest[:16], at)
            yield pen.sdo(
                "observed-data",
                f"seen {host}",
                first_observed=stamp(at - timedelta(hours=5)),
                last_observed=stamp(at - timedelta(hours=1)),
                number_observed=seed[0] % 40 + 2,
                object_refs=[name["id"]],
            )


def report(pen: Pen, story: Story, found: list[str], at: datetime) -> Object:
    """What a reader opens first. Of an intrusion, who was hurt is for fewer eyes than what happened."""
    whole = pen.sdo(
        "report",
        "report",
        name=story.title,
        description=f"{story.text} {story.advice}",
        published=stamp(at),
        report_types=["threat-report"],
        object_refs=found,
        lang=story.lang,
    )
    if story.kind != "intrusion" or story.tlp not in {"green", "amber"}:
        return whole
    return {**whole, "granular_markings": [{"marking_ref": TLP["amber+strict"], "selectors": ["description"]}]}


def sample(by: Actor, now: datetime) -> tuple[bytes, ...]:
    """All that `by` hands in at the start, oldest first, spread over the three weeks before `now`."""
    objects: list[Object] = [identity(by, now - timedelta(days=30))]
    stories = STORIES[by.key]
    for number, story in enumerate(stories):
        objects.extend(told(by, story, now - timedelta(days=21 - 7 * number, hours=number * 5)))
    objects.extend(attributed(by, now))
    objects.extend(bulletins(by, now))
    objects.append(mistaken(by, now))
    if by.key in PEOPLE:
        objects.append(roster(by, now))
    return tuple(map(encoded, objects))


def mistaken(by: Actor, now: datetime) -> Object:
    """A warning that named the wrong company."""
    pen = Pen(by, "green", now - timedelta(days=2), "taken back")
    return pen.sdo("note", "warning", content="A warning that named the wrong company.", object_refs=[by.id])


def taken_back(by: Actor, now: datetime) -> tuple[bytes, ...]:
    """The recall of that warning, once it is there: then it is in nobody's list but its owner's."""
    warning = mistaken(by, now)
    pen = Pen(by, "green", now - timedelta(days=1), "taken back")
    recall = pen.sdo(
        "recall",
        "recall",
        object_ref=warning["id"],
        action="withdraw",
        reason="It named the wrong company.",
        extensions={RECALL.extension_id: {"extension_type": "new-sdo"}},
    )
    return (encoded(recall),)
