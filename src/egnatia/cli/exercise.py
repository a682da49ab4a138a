"""`egnatia exercise`: scenarios are checked, exercises planned, led and evaluated, from the command line too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from egnatia.casework.condition import Unsound
from egnatia.casework.registry import Refused, Unknown
from egnatia.cli.desk import Desk, Failure, Wrong, command, table
from egnatia.cli.manners import several
from egnatia.cyber.exercises.examination import examined
from egnatia.cyber.exercises.exercises import FollowUp, Plan
from egnatia.cyber.exercises.game import Game
from egnatia.cyber.exercises.scenario import scenario_in, shipped
from egnatia.cyber.exercises.score import Points, Scores, scores
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.node.domains import workflows

_RIGHTS = frozenset({Right.READ, Right.SUBMIT})


@click.group("exercise")
def exercise() -> None:
    """Play scenarios with other organisations, in a world of their own: nothing of an exercise is ever real.

    \b
    egnatia exercise scenarios
    egnatia exercise plan ransomware-data-centre --team csirt-al=identity--... --team csirt-rs=identity--...
    """


@exercise.command("scenarios")
@command
def scenarios(desk: Desk) -> None:
    """List the scenarios that come with the node.

    \b
    egnatia exercise scenarios
    """
    found = {name: scenario_in(text) for name, text in shipped().items()}
    rows = [(name, each.title, str(len(each.injects)), ", ".join(one.name for one in each.teams))
            for name, each in found.items()]  # fmt: skip
    answer = [{"name": name, "title": title, "injects": int(count), "teams": teams.split(", ")}
              for name, title, count, teams in rows]  # fmt: skip
    desk.answer(answer, table(("scenario", "title", "injects", "teams"), rows))


@exercise.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command
def check(desk: Desk, file: Path) -> None:
    """Look for contradictions in the scenario in FILE (TOML).

    \b
    egnatia exercise check scenario.toml
    """
    try:
        found = examined(scenario_in(file.read_text(encoding="utf-8")), workflows())
    except (Unsound, UnicodeDecodeError) as unsound:
        raise Failure(str(unsound)) from unsound
    injects, expectations = several(len(found.injects), "inject"), several(len(found.expectations), "expectation")
    told = f"{found.title}: {injects}, {expectations}; in order"
    desk.answer({"name": found.name, "injects": len(found.injects)}, told)


@exercise.command("plan")
@click.argument("scenario")
@click.option("--team", "teams", multiple=True, required=True, help="TEAM=ORGANISATION[,ORGANISATION]; repeatable.")
@click.option("--observer", "observers", multiple=True, help="An organisation that observes; repeatable.")
@click.option("--person", "people", multiple=True, help="TEAM=LOGIN of somebody who plays by name; repeatable.")
@click.option("--title", default="", help="What the exercise is called, if not like its scenario.")
@command
def plan(
    desk: Desk,
    scenario: str,
    *,
    teams: tuple[str, ...],
    observers: tuple[str, ...],
    people: tuple[str, ...],
    title: str,
) -> None:
    """Plan an exercise of SCENARIO, by its name or from a TOML file; this node's organisation leads it.

    \b
    egnatia exercise plan hybrid-election --team electoral=identity--... --team csirt-mk=identity--... ...
    """
    text = shipped().get(scenario)
    if text is None:
        path = Path(scenario)
        if not path.is_file():
            raise Wrong(f"{scenario!r} is neither one of {', '.join(shipped())} nor a file")
        text = path.read_text(encoding="utf-8")
    with desk.node() as node:
        made = Plan(text=text, cast=_lists(teams), observers=observers, people=_lists(people), title=title)
        try:
            word = node.exercises.plan(_leader(node), made)
        except Unsound as unsound:
            raise Failure(str(unsound)) from unsound
        except ValueError as error:
            raise Wrong(str(error)) from error
    desk.answer({"exercise": word}, f"Planned {word}; begin it with: egnatia exercise do {word} begin")


@exercise.command("list")
@command
def list_(desk: Desk) -> None:
    """List the exercises that this node's organisation takes part in.

    \b
    egnatia exercise list
    """
    with desk.node() as node:
        found = node.exercises.of(node.own)
    rows = [(each.word, each.title, each.state) for each in found]
    answer = [{"exercise": word, "title": title, "state": state} for word, title, state in rows]
    desk.answer(answer, table(("exercise", "title", "state"), rows))


@exercise.command("do")
@click.argument("word")
@click.argument("step", type=click.Choice(["begin", "hold", "go-on", "skip", "pace", "finish", "close", "cancel"]))
@click.option("--minutes", type=float, help="How much simulated time is skipped (skip).")
@click.option("--speed", type=float, help="Simulated minutes in a minute (begin, pace).")
@click.option("--text", default="", help="Why (cancel).")
@command
def do(desk: Desk, word: str, step: str, *, minutes: float | None, speed: float | None, text: str) -> None:
    """Move the exercise WORD by a STEP of its facilitator.

    \b
    egnatia exercise do ransomware-data-centre-0123456789ab skip --minutes 60
    """
    fields: dict[str, Any] = {name: value for name, value in (("minutes", minutes), ("speed", speed)) if value}
    with desk.node() as node:
        try:
            node.exercises.do(_leader(node), word, step, text, **fields)
        except Refused as refused:
            raise Failure(f"it would have no effect: {refused.refusal.reason}") from refused
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
    desk.answer({"exercise": word, "step": step}, f"{word}: {step}")


@exercise.command("release")
@click.argument("word")
@click.argument("inject")
@click.option("--why", default="by hand", show_default=True, help="Why it happens now; kept with it.")
@command
def release(desk: Desk, word: str, inject: str, *, why: str) -> None:
    """Let INJECT happen now in the exercise WORD.

    \b
    egnatia exercise release hybrid-election-0123456789ab i16 --why "They have time for it"
    """
    with desk.node() as node:
        try:
            new = node.exercises.release(_leader(node), word, inject, why)
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
    desk.answer({"inject": inject, "released": new}, f"{inject}: {'released' if new else 'nothing to release'}")


@exercise.command("show")
@click.argument("word")
@command
def show(desk: Desk, word: str) -> None:
    """Show where the exercise WORD stands: its time, what happened, and the scores for who leads it.

    \b
    egnatia exercise show ransomware-data-centre-0123456789ab
    """
    with desk.node() as node:
        game = _game(node, word)
        now = game.clock.at(datetime.now(UTC))
        found = scores(game, node.exercises.evidence(node.own, game), now or datetime.now(UTC))
    desk.answer(_answer(game, found, now))
    if not desk.as_json:
        for each in _shown(game, found, now):
            desk.out.print(each)


@exercise.command("follow-up")
@click.argument("word")
@click.option("--finding", required=True, help="What was found.")
@click.option("--action", required=True, help="What is to be done.")
@click.option("--owner", required=True, help="The organisation that does it.")
@click.option("--until", required=True, help="By when: YYYY-MM-DD.")
@click.option("--person", default="", help="Who is responsible there.")
@command
def follow_up(desk: Desk, word: str, *, finding: str, action: str, owner: str, until: str, person: str) -> None:
    """Make a finding of the exercise WORD a real case, with an owner and a day.

    \b
    egnatia exercise follow-up WORD --finding "..." --action "..." --owner identity--... --until 2027-06-01
    """
    try:
        day = datetime.fromisoformat(until).replace(hour=16, tzinfo=UTC)
    except ValueError as error:
        raise Wrong(f"{until!r} is no day such as 2027-06-01") from error
    with desk.node() as node:
        game = _game(node, word)
        leader = _leader(node)
        node.exercises.note(leader, word, finding, kind="finding")
        opening = FollowUp(finding=finding, action=action, owner=owner, origin=game.title,
                           until=f"{day:%Y-%m-%dT%H:%M:%SZ}", person=person)  # fmt: skip
        case = node.exercises.follow_up(leader, opening)
        node.exercises.note(leader, word, f"{action} ({owner}, {until})", kind="follow-up")
    desk.answer({"case": case}, f"Opened {case}")


def _leader(node: Node) -> Submitter:
    return Submitter(node.own, "operator", _RIGHTS)


def _game(node: Node, word: str) -> Game:
    game = node.exercises.game(node.own, word)
    if game is None:
        raise Failure(f"there is no exercise {word!r} that this organisation takes part in")
    return game


def _lists(given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in given:
        name, equals, rest = each.partition("=")
        if not equals or not rest:
            raise Wrong(f"{each!r} is not TEAM=VALUE[,VALUE]")
        found[name] = (*found.get(name, ()), *(one for one in rest.split(",") if one))
    return found


def _answer(game: Game, found: Scores, now: datetime | None) -> dict[str, Any]:
    return {
        "exercise": game.word,
        "title": game.title,
        "state": game.state,
        "time": None if now is None else now.isoformat(),
        "happened": [{"inject": each.name, "at": each.at.isoformat(), "why": each.why} for each in game.received],
        "expectations": [{"name": each.expectation.name, "team": each.expectation.team, "status": each.status.value}
                         for each in found.results],
        "handovers": [{"name": each.handover.name, "status": each.status.value, "minutes": each.minutes}
                      for each in found.handovers],
        "teams": [_points(each) for each in found.teams],
        "objectives": [_points(each) for each in found.objectives],
    }  # fmt: skip


def _points(points: Points) -> dict[str, Any]:
    return {"name": points.name, "earned": points.earned, "most": points.most}


def _shown(game: Game, found: Scores, now: datetime | None) -> Iterator[Any]:
    stands = "not begun" if now is None else f"{now:%F %H:%M}"
    yield f"EXERCISE {game.title} ({game.word}): {game.state}, {stands}"
    happened = [(f"{each.at:%F %H:%M}", each.title, ", ".join(each.to)) for each in game.received]
    yield table(("when", "happened", "to"), happened)
    if found.results:
        standing = [(each.expectation.title, each.expectation.team, each.status.value) for each in found.results]
        yield table(("expectation", "team", "how it stands"), standing)
        yield table(("team", "points"), [(each.title, f"{each.earned:g} of {each.most:g}") for each in found.teams])
