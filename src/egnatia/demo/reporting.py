"""A report as somebody types it into the regional view, and the records that it becomes."""

import ipaddress
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import httpx
import msgspec

from egnatia.demo.agreements import audience
from egnatia.demo.cast import Actor
from egnatia.demo.pen import TLP, Object, Pen, encoded, indicator, stamp

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)


class Report(msgspec.Struct, frozen=True):
    """What was typed. `audience` holds identity ids of named recipients; none means: as the TLP says."""

    at: str
    title: str
    value: str
    tlp: str
    audience: tuple[str, ...] = ()

    def written(self, by: Actor) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
        """The records, as ids and bodies, ends before what names them; raises ValueError with words for the form."""
        if not self.title:
            raise ValueError("Say what happened.")
        if self.tlp not in TLP:
            raise ValueError("Choose one of the handlings.")
        if self.tlp == "red" and not self.audience:
            raise ValueError("TLP:RED is for named recipients: tick at least one.")
        now = datetime.now(UTC)
        pen = Pen(by, self.tlp, now, uuid.uuid4().hex)
        objects: list[Object] = []
        if self.value:
            objects.append(indicator(pen, pattern(self.value), self.value, now))
        else:
            objects.append(pen.sdo("note", "note", content=self.title, object_refs=[by.id]))
        refs = [each["id"] for each in objects]
        objects.append(pen.sdo("report", "report", name=self.title, published=stamp(now), object_refs=refs))
        ids = tuple(each["id"] for each in reversed(objects))
        if self.audience:
            named = audience(by, self.audience, now)
            for each in objects:
                each["object_marking_refs"].append(named["id"])
            objects.insert(0, named)
        return ids, tuple(map(encoded, objects))


def pattern(value: str) -> str:
    """The pattern that finds a host name or an address; raises ValueError for anything else."""
    try:
        version = ipaddress.ip_address(value).version
    except ValueError:
        name = value.lower().rstrip(".")
        if not HOST.fullmatch(name):
            message = f"{value[:60]!r} is neither a host name nor an address."
            raise ValueError(message) from None
        return f"[domain-name:value = '{name}']"
    return f"[ipv{version}-addr:value = '{value}']"


async def submit(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], bodies: Sequence[bytes]) -> str:
    """Hands records in at a node; what went wrong in words, empty where nothing did."""
    try:
        answer = await client.post(
            f"{url}/api/v1/records",
            content=b"[" + b",".join(bodies) + b"]",
            headers={**headers, "content-type": "application/json"},
            params={"strict": "true", "atomic": "true"},
        )
    except httpx.HTTPError as error:
        return f"The node does not answer ({type(error).__name__})."
    return "" if answer.status_code == 201 else f"The node refused: {answer.text[:300]}"
