"""A node that serves tells people by itself: a reminder leaves it as an e-mail, once, and not again after a restart."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from tests.exchange.peer.region import until
from tests.exchange.test_outbox import mail_server
from tests.web.house import OWN, PASSPHRASE

from egnatia.casework.registry import Deed, Opening
from egnatia.exchange.notice import Kind
from egnatia.exchange.peer.peers import Peers
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.node.serving import _working
from egnatia.record.case import CaseParty
from egnatia.settings import Mail, Organisation, Settings
from egnatia.web.account.account import new_account
from egnatia.web.account.accounts import Accounts
from egnatia.web.notices.choices import Choices, Chosen, Way
from egnatia.web.permission import Role

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SECONDS = 60.0


def opened(node: Node) -> str:
    """A case whose early warning is due within the hour."""
    officer = Submitter(node.own, "officer", ALL_RIGHTS)
    roles = ("national-csirt", "competent-authority", "affected-entity")
    parties = (CaseParty(party_ref=node.own, economy="ME", roles=roles),)
    opening = Opening(workflow="incident", title="Secret title", parties=parties)
    case = node.casework.open(officer, opening)
    aware = (datetime.now(UTC) - timedelta(hours=23)).strftime("%Y-%m-%dT%H:%M:%SZ")
    node.casework.act(officer, case, Deed(does="triage", fields={"kind": "incident", "severity": "red"}))
    node.casework.act(officer, case, Deed(does="set", fields={"aware_at": aware, "users": 120_000}))
    return case


async def served(node: Node, taken: Sequence[object], least: int) -> None:
    """The node works until so many letters have come, or a while longer."""
    async with _working(node, Peers(node)):
        await until(lambda: len(taken) >= least, seconds=SECONDS)
        await asyncio.sleep(3)


def test_a_reminder_leaves_a_running_node_once_also_after_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "egnatia")
    with mail_server() as (postbox, port):
        settings = Settings(
            organisation=Organisation(name="CSIRT", id=OWN, economy="ME"),
            base=str(tmp_path),
            mail=Mail(host="127.0.0.1", port=port, tls="none", sender="node@csirt.example"),
        )
        Node.create(settings, PASSPHRASE)
        with Node.open(settings, PASSPHRASE) as node:
            ana = new_account("ana", "Ana", node.own, frozenset({Role.PUBLISHER}))
            Accounts(node.store).add(ana)
            nothing: dict[Kind, tuple[Way, ...]] = dict.fromkeys(Kind, ())
            choices = Choices(mail="ana@csirt.example", ways={**nothing, Kind.BEFORE: ("mail",)})
            Chosen(node.store).kept.put(ana.id, choices)

            async def first() -> None:
                working = asyncio.create_task(served(node, postbox.taken, 1))
                await asyncio.sleep(2)  # what was before anybody could be told is not told
                await asyncio.to_thread(opened, node)
                await working

            asyncio.run(first())
        with Node.open(settings, PASSPHRASE) as node:
            asyncio.run(served(node, [None], 1))
    before = [message_from_bytes(each.original_content or b"", policy=default) for each in postbox.taken]
    subjects = [str(each["Subject"]) for each in before]
    assert subjects, caplog.text
    assert all("Something is due soon" in each for each in subjects)
    assert len({str(each["Message-ID"]) for each in before}) == len(before), "none came twice"
    assert not any("Secret title" in each.get_content() for each in before)
