"""`egnatia case playbook`: a CACAO playbook becomes tasks of a case, one step after the other."""

from pathlib import Path

import click

from egnatia.casework.registry import Refused, Unknown
from egnatia.cli.desk import Desk, Failure, command, table
from egnatia.cyber.incidents.playbook import read
from egnatia.cyber.incidents.playbook_run import deeds, outcomes, run
from egnatia.exchange.submission import Right, Submitter


@click.command()
@click.argument("case")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command
def playbook(desk: Desk, case: str, file: Path) -> None:
    """Open the tasks in CASE that the playbook in FILE (CACAO 2.0) asks for now. Nothing is ever run by itself.

    Once they are done, or a question is answered, the same command opens the next ones.

    \b
    egnatia case playbook case--... contain-ransomware.json
    egnatia case event case--... progress --about case-event--... --field status=done --field answer=true
    """
    followed = read(file.read_bytes())
    with desk.node() as node:
        officer = Submitter(node.own, "command line", frozenset({Right.READ, Right.SUBMIT}))
        clearance = node.clearance_of(node.own)
        try:
            fold = node.casework.fold(clearance, case)
            opened = [node.casework.act(officer, case, deed) for deed in deeds(fold, followed)]
            stands = run(followed, outcomes(node.casework.fold(clearance, case), followed))
        except Unknown as unknown:
            raise Failure(str(unknown.args[0])) from unknown
        except Refused as refused:
            raise Failure(f"Refused ({refused.refusal.rule}): {refused.refusal.reason}") from refused
    for each in followed.forgiven:
        desk.aside(each)
    rows = [(each.way, each.title) for each in stands.waiting]
    answer = {"opened": [each.id for each in opened], "waiting": stands.waiting, "finished": stands.finished}
    words = "The playbook is done." if stands.finished else table(("waits to be", "step"), rows)
    desk.answer(answer, words)
