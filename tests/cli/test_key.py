"""Keys are shown, replaced and given up as an operator types it."""

from pathlib import Path

import pytest
from tests.cli.test_cli import Place, place

__all__ = ["place"]


def test_new_keys_follow_the_old_ones_and_old_ones_can_be_given_up(place: Place) -> None:
    before = place.ask("key", "show")
    after = place.ask("key", "rotate")
    assert after["node"] == before["node"]
    assert after["fingerprint"] != before["fingerprint"]
    assert after["replaced"] == before["replaced"] + 1
    revoked = place.ask("key", "revoke", before["fingerprint"][:12], "--reason", "somebody left")
    assert revoked["revoked"] == before["revoked"] + 1
    assert place.ask("audit", "verify")["findings"] == []


def test_the_current_keys_are_not_revoked_by_mistake(place: Place) -> None:
    current = place.ask("key", "show")["fingerprint"]
    refused = place.run("key", "revoke", current, "--reason", "oops", ok=2)
    assert "rotate first" in refused.output


@pytest.mark.parametrize("name", ["keys", "node", "egnatia.db"])
def test_nobody_else_on_the_machine_reads_the_data_directory(place: Place, name: str) -> None:
    path = Path(place.folder) / name
    assert path.exists()
    private = path.stat().st_mode & 0o077 == 0
    assert private or path.parent.stat().st_mode & 0o077 == 0
