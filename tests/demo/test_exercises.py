"""The demonstration's exercises: one that is over with its report, and one that is being played."""

from datetime import UTC, datetime
from pathlib import Path

from egnatia.cyber.exercises.score import Status, scores
from egnatia.demo.cast import HUB, actor
from egnatia.demo.exercises import played, under_way
from egnatia.node import Node
from egnatia.settings import Organisation, Settings
from egnatia.store import Known


def test_one_is_over_with_its_scores_and_one_is_under_way(tmp_path: Path) -> None:
    organisation = Organisation(name=HUB.name, id=HUB.id, economy=HUB.economy)
    settings = Settings(organisation=organisation, base=str(tmp_path))
    Node.create(settings, "a passphrase")
    with Node.open(settings, "a passphrase") as hub:
        for key in ("me", "al", "rs", "mk", "ba", "xk"):
            who = actor(key)
            hub.store.organisations.put(Known(who.id, who.name, who.economy))
        hub.facts.forget()
        over, running = played(hub), under_way(hub)
        game = hub.exercises.game(HUB.id, over)
        assert game is not None
        assert game.state == "finished"
        found = scores(
            game, hub.exercises.evidence(HUB.id, game), game.clock.at(datetime.now(UTC)) or datetime.now(UTC)
        )
        statuses = {each.expectation.name: each.status for each in found.results}
        assert statuses["opens"] is Status.MET
        assert statuses["early-warning"] is Status.MET
        assert statuses["answer"] is Status.BY_HAND
        assert Status.OPEN not in statuses.values()
        assert found.overall.share is not None
        assert 0.4 < found.overall.share < 1
        assert {each.login for each in found.people} >= {"arben", "goran"}
        assert len([each for each in game.notes if each.kind == "follow-up"]) == 2
        assert len(hub.casework.dues(hub.clearance_of(HUB.id))) == 2
        other = hub.exercises.game(HUB.id, running)
        assert other is not None
        assert other.state == "running"
        assert 5 <= len(other.received) < 18
        assert not [row for row in hub.store.changes(hub.clearance_of(HUB.id), 0, 1_000).rows if row.label.exercise]
