"""A node that answers pages has not loaded what only some work needs: that is how it stays small."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.web.house import PASSPHRASE

from egnatia.node import Node
from egnatia.node.pace import give_back
from egnatia.settings import FILE, Organisation, Settings, to_toml

HEAVY: Final = {
    "alembic": "only a schema that is not this release's needs it",
    "pydantic": "Litestar would load it where it happens to be installed",
    "attrs": "as above",
    "jsonschema": "only a foreign extension with a schema needs it",
    "icalendar": "only who asks for a calendar needs it",
    "holidays": "only a deadline in working days needs it",
    "fpdf": "only a document for print needs it",
    "pypdf": "only a document that came in needs it",
    "fontTools": "only a document for print needs it",
    "PIL": "only a document for print needs it",
    "fido2": "only a passkey needs it",
    "joserfc": "only an identity provider needs it",
    "segno": "only who sets up a second factor needs it",
    "psycopg": "only PostgreSQL needs it",
    "rich": "only a person at a terminal needs it",
    "pygments": "as above",
    "stix2patterns": "only a pattern that our own reader does not follow needs it",
    "antlr4": "as above",
    "duckdb": "only bulk questions need it",
    "ibis": "only bulk questions need it",
    "pandas": "nothing needs it",
    "numpy": "nothing on a page needs it",
}
"""What an idle node does without, and who needs it."""

SCRIPT: Final = """
import asyncio, json, sys
from pathlib import Path
import egnatia.cli.main
from egnatia.exchange.api.app import app
from egnatia.node import Node
from egnatia.node.domains import jobs, routes
from egnatia.node.serving import Peers, serve
from egnatia.settings import load
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.mount import pages
from egnatia.web.navigation import all_entries
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name
import httpx

async def open_pages(node):
    jobs()
    door = Door(node)
    account = new_account("ana", "Ana", node.own, frozenset(Role))
    door.accounts.add(account)
    cookie = door.sessions.begin("ana", "a test", Origin("127.0.0.1", "test"))
    whole = app(node, extra=(*pages(node, entrance=door), *routes(node)))
    transport = httpx.ASGITransport(whole)
    cookies = {cookie_name(SESSION, node.settings): cookie}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as client:
        for entry in all_entries():
            (await client.get(entry.path)).raise_for_status()
    await whole.state.surface.close()

with Node.open(load(Path(sys.argv[1]), {}), sys.argv[2]) as node:
    asyncio.run(open_pages(node))
print(json.dumps(sorted({name.partition(".")[0] for name, module in sys.modules.items() if module is not None})))
"""


def test_no_page_of_the_navigation_loads_what_only_some_work_needs(tmp_path: Path) -> None:
    organisation = Organisation(name="Idle", id="identity--00000000-0000-4000-8000-0000000000c1", economy="ME")
    settings = Settings(organisation=organisation, base=str(tmp_path))
    (tmp_path / FILE).write_text(to_toml(settings), encoding="utf-8")
    Node.create(settings, PASSPHRASE)
    asked = [sys.executable, "-c", SCRIPT, str(tmp_path / FILE), PASSPHRASE]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=120)
    assert answer.returncode == 0, answer.stderr[-2_000:]
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert "egnatia" in loaded
    assert {name: HEAVY[name] for name in loaded & HEAVY.keys()} == {}


def test_a_store_that_rests_goes_on_as_before(tmp_path: Path) -> None:
    organisation = Organisation(name="Idle", id="identity--00000000-0000-4000-8000-0000000000c1", economy="ME")
    settings = Settings(organisation=organisation, base=str(tmp_path))
    Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        before = node.store.position()
        node.store.rest()
        give_back()
        assert node.store.position() == before
        node.note("after a rest")
        assert any(row.action == "after a rest" for row in node.store.audit_rows())
