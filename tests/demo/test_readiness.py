"""What the demonstration's CSIRTs have ready is what a real one could have: strictly written, and drawn."""

from datetime import UTC, datetime

import msgspec
import pytest

from egnatia.cyber.incidents.playbook import read as read_playbook
from egnatia.demo.cast import actor
from egnatia.demo.pen import encoded
from egnatia.demo.readiness import PEOPLE, first_day, roster
from egnatia.record import read

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize("key", PEOPLE)
def test_the_playbook_needs_nothing_to_be_forgiven(key: str) -> None:
    playbook = read_playbook(msgspec.json.encode(first_day(actor(key), NOW)))
    assert playbook.forgiven == ()
    assert msgspec.json.decode(playbook.write())["id"] == playbook.id


@pytest.mark.parametrize("key", PEOPLE)
def test_a_roster_is_read_strictly(key: str) -> None:
    assert read(encoded(roster(actor(key), NOW))).head.type == "response-roster"
