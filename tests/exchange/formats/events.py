"""MISP events, real ones and made ones."""

import os
from pathlib import Path
from typing import Any

import pytest

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", "../shared/data")) / "misp"
EVENTS = sorted(DATA.glob("*.json.gz"))
needs_data = pytest.mark.skipif(not EVENTS, reason=f"real MISP events are not at {DATA}")

LATER = "1700009999"
UUID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaa{}"


def attribute(kind: str, value: str, place: int = 1, **more: Any) -> dict[str, Any]:
    made = {"type": kind, "value": value, "uuid": UUID.format(place), "category": "Network activity", "to_ids": True}
    return {**made, "timestamp": "1700000000", "distribution": "5", "comment": "", "deleted": False, **more}


def event(*attributes: dict[str, Any], tags: tuple[str, ...] = ("tlp:clear",), **more: Any) -> dict[str, Any]:
    return {
        "uuid": "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb",
        "info": "A campaign",
        "date": "2023-11-14",
        "timestamp": "1700000000",
        "distribution": "3",
        "Orgc": {"uuid": "cccccccc-cccc-4ccc-8ccc-cccccccccccc", "name": "A team"},
        "Attribute": list(attributes),
        "Tag": [{"name": tag} for tag in tags],
        **more,
    }
