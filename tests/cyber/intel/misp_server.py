"""What a MISP server answers, as its interface is documented."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx

from egnatia.exchange.formats.misp.server import client_of
from egnatia.exchange.patience import Patient

Answer = httpx.Response


class MispServer:
    """Holds events by UUID and sightings. `fault` may answer a request in its place; `asked` are the searches."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.sightings: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.slept: list[float] = []
        self.fault: Callable[[httpx.Request], Answer | None] = lambda _: None

    def client(self, key: str = "key") -> httpx.Client:
        patient = Patient(httpx.MockTransport(self), sleep=self.slept.append)
        return client_of("https://misp.example", key, transport=patient)

    def __call__(self, request: httpx.Request) -> Answer:
        self.paths.append(f"{request.method} {request.url.path}")
        if request.headers.get("Authorization") != "key":
            return Answer(403, json={"message": "Authentication failed."})
        if (fault := self.fault(request)) is not None:
            return fault
        content = json.loads(request.content) if request.content else {}
        match request.url.path.strip("/").split("/"):
            case ["events", "restSearch"]:
                return self._search(content)
            case ["events", "index"]:
                minimal = ("uuid", "timestamp")
                return Answer(200, json=[{name: each[name] for name in minimal} for each in self.events.values()])
            case ["events", "view", uuid]:
                held = self.events.get(uuid)
                return Answer(200, json={"Event": held}) if held else Answer(404, json={"message": "Invalid event."})
            case ["events", "delete", uuid]:
                self.events.pop(uuid, None)
                return Answer(200, json={"message": "Event deleted."})
            case ["events", "add"]:
                return self._add(content["Event"])
            case ["events", "edit", uuid]:
                return self._edit(uuid, content["Event"])
            case ["sightings", "restSearch", "event"]:
                found = [
                    each for each in self.sightings if content["from"] <= int(each["date_sighting"]) <= content["to"]
                ]
                return Answer(200, json={"response": [{"Sighting": each} for each in found]})
            case ["sightings", "add", uuid]:
                return self._sight(unquote(uuid), content)
            case other:
                return Answer(404, json={"message": f"no such way: {other}"})

    def _search(self, content: dict[str, Any]) -> Answer:
        self.asked.append(content)
        if "uuid" in content:
            found = [self.events[each] for each in content["uuid"] if each in self.events]
            return Answer(200, json={"response": [{"Event": each} for each in found]})
        found = [each for each in self.events.values() if int(each["timestamp"]) >= content["timestamp"]]
        first = (content["page"] - 1) * content["limit"]
        page = sorted(found, key=lambda each: str(each["uuid"]))[first : first + content["limit"]]
        return Answer(200, json={"response": [{"Event": each} for each in page]})

    def _add(self, made: dict[str, Any]) -> Answer:
        if made["uuid"] in self.events:
            return Answer(403, json={"errors": "Event already exists"})
        self.events[made["uuid"]] = made
        return Answer(200, json={"Event": made})

    def _edit(self, uuid: str, made: dict[str, Any]) -> Answer:
        if int(made["timestamp"]) <= int(self.events[uuid]["timestamp"]):
            return Answer(403, json={"errors": "Event could not be saved: timestamp is not newer"})
        there = {each["uuid"]: each for each in self.events[uuid]["Attribute"]}
        there |= {each["uuid"]: each for each in made["Attribute"]}
        self.events[uuid] = {**made, "Attribute": list(there.values())}
        return Answer(200, json={"Event": self.events[uuid]})

    def _sight(self, attribute: str, content: dict[str, Any]) -> Answer:
        known = {each["uuid"] for event in self.events.values() for each in event["Attribute"]}
        if attribute not in known:
            return Answer(404, json={"message": "Invalid attribute."})
        self.seen(attribute, content["timestamp"], kind=content["type"])
        return Answer(200, json={"Sighting": self.sightings[-1]})

    def seen(
        self, attribute: str, at: int, *, kind: str = "0", by: str = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
    ) -> None:
        """Somebody saw an attribute."""
        self.sightings.append(
            {
                "uuid": str(uuid4()),
                "type": kind,
                "date_sighting": str(at),
                "attribute_uuid": attribute,
                "Organisation": {"uuid": by, "name": "A team"},
            }
        )
