"""While the demonstration runs, now and then somebody notices something: endless, reproducible, harmless."""

import random
from collections.abc import Iterator
from datetime import datetime

from egnatia.demo.cast import CSIRTS, HUB, Actor
from egnatia.demo.pen import NETS, TLP, Object, Pen, encoded, indicator, stamp
from egnatia.demo.stories import STORIES, Story, Tlp

WORDS = ("prijava", "provjera", "posta", "banka", "pako", "fatura", "racun", "nagrada", "portal", "potvrda", "dogana")

CHANCE: tuple[tuple[Tlp, int], ...] = (("clear", 2), ("green", 4), ("amber", 4), ("amber+strict", 1))
"""How often which marking: most of what is exchanged is GREEN or AMBER."""


def happenings(seed: int) -> Iterator[tuple[Actor, Story, random.Random]]:
    """Who notices something next, and in which of its stories."""
    rng = random.Random(seed)  # noqa: S311  sample data, no secret
    while True:
        by = rng.choice((*CSIRTS, HUB))
        yield by, rng.choice(STORIES[by.key]), rng


def noticed(by: Actor, story: Story, rng: random.Random, at: datetime) -> tuple[bytes, ...]:
    """One happening as records: a new indicator, or a sighting of one from the sample data."""
    number = rng.randrange(1_000_000)
    [tlp] = rng.choices([tlp for tlp, _ in CHANCE], [weight for _, weight in CHANCE])
    pen = Pen(by, tlp, at, f"trickle {number}")
    objects: list[Object]
    match rng.randrange(3):
        case 0:
            host = f"{rng.choice(WORDS)}-{rng.choice(WORDS)}-{number % 1000}.example"
            objects = [indicator(pen, f"[domain-name:value = '{host}']", host, at)]
        case 1:
            address = f"{rng.choice(NETS)}.{number % 254 + 1}"
            objects = [indicator(pen, f"[ipv4-addr:value = '{address}']", address, at)]
        case _:
            seen = Pen(by, story.tlp, at, story.key).sdo("indicator", f"[domain-name:value = '{story.lures[0]}']")
            sighting = pen.sdo(
                "sighting",
                f"sighting {number}",
                sighting_of_ref=seen["id"],
                where_sighted_refs=[by.id],
                count=number % 20 + 1,
                first_seen=stamp(at),
                last_seen=stamp(at),
                summary=False,
            )
            objects = [{**sighting, "object_marking_refs": [TLP[story.tlp]]}]
    return tuple(map(encoded, objects))
