"""A domain is one declaration: all of it is found, and that of somebody else works from outside or is left out."""

import json
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from litestar.handlers import HTTPRouteHandler
from tests.node.outsider import DOMAIN, install, run

from egnatia.domain import GROUP, OURS, Domain, Unfit, at, domains
from egnatia.record.own import OwnType
from egnatia.web.navigation import HOUSE_ENTRIES, Entry, all_entries
from egnatia.web.record.face import Face

ROOT = Path(__file__).parents[2]

NODE = """
import json, sys
from pathlib import Path
from tests.web.house import Role, housed
from egnatia.casework.registry import Opening
from egnatia.domain import refused
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.node.domains import admitted, jobs, routes
from egnatia.record.case import CaseParty

LEVEL = {
    "type": "x-water-level", "spec_version": "2.1", "id": "x-water-level--00000000-0000-4000-8000-0000000000e1",
    "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "river": "Drina", "metres": 3.25,
}
told = {}
with housed(Path(sys.argv[1])) as house, house.visitor(Role.PUBLISHER) as ana:
    told["refused"] = dict(refused())
    told["domains"] = [each.name for each in admitted()]
    told["home"] = ana.get("/").text
    page = ana.get("/rivers")
    told["status"], told["page"] = page.status_code, page.text
    told["incidents"] = ana.get("/incidents").status_code
    told["jobs"] = [each.__module__ for each in jobs()]
    told["routes"] = sorted(path for each in routes(house.node) for path in each.paths)
    if "rivers" in told["domains"]:
        from rivers.level import WATER_LEVEL
        LEVEL["extensions"] = {WATER_LEVEL.extension_id: {"extension_type": "new-sdo"}}
        house.submit(json.dumps(LEVEL).encode())
        told["record"] = ana.get(f"/records/{LEVEL['id']}").text
        bad = json.dumps({**LEVEL, "metres": "high"}).encode()
        submitter = Submitter(house.node.own, "test", ALL_RIGHTS)
        told["bad"] = len(house.node.admission.submit([bad], submitter).result(30).refused)
        party = CaseParty(party_ref=house.node.own, economy="ME", roles=("gauge",))
        opening = Opening(workflow="flood", title="The Drina rises", parties=(party,))
        case = house.node.casework.open(submitter, opening)
        told["case"] = ana.get(f"/cases/{case}").text
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a node says of itself, on which the domain of somebody else is installed."""
    folder = tmp_path_factory.mktemp("rivers")
    return node(install(folder / "installed"), folder / "node")


def node(installed: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    answer = run(installed, "-c", NODE, str(folder))
    assert answer.returncode == 0, answer.stderr[-3_000:]
    said = json.loads(answer.stdout.splitlines()[-1])
    assert isinstance(said, dict)
    return said


def test_every_folder_of_cyber_is_a_domain_and_an_entry_point() -> None:
    packages = sorted(each.parent.name for each in (ROOT / "src" / "egnatia" / "cyber").glob("*/__init__.py"))
    assert sorted(OURS) == [f"egnatia.cyber.{name}" for name in packages]
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][GROUP]
    assert points == {import_module(package).DOMAIN.name: package for package in OURS}


@pytest.mark.parametrize("domain", domains(), ids=lambda each: each.name)
def test_everything_that_a_domain_declares_is_there(domain: Domain) -> None:
    assert tuple(domain.parts("pages", HTTPRouteHandler))
    assert tuple(domain.parts("ways", Entry))
    assert {each.type for each in domain.parts("faces", Face)} == {
        each.name for each in domain.parts("records", OwnType)
    }
    assert all(tuple(domain.functions(work)) for work in ("workflows", "routes", "jobs") if getattr(domain, work))
    for name, place in domain.commands.items():
        assert [each.name for each in at(place, click.Command)] == [name]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(Unfit, match=r"egnatia\.cyber\.intel:PAGES is not there"):
        tuple(at("egnatia.cyber.intel:PAGES", HTTPRouteHandler))
    with pytest.raises(Unfit, match="and not a Entry"):
        tuple(at("egnatia.cyber.intel:DOMAIN", Entry))


def test_entries_of_domains_stand_where_they_ask_to_stand() -> None:
    paths = [each.path for each in all_entries()]
    assert len(paths) == len(set(paths))
    assert {each.path for each in HOUSE_ENTRIES} < set(paths)
    assert paths.index("/intel") == paths.index("/search") + 1
    assert paths.index("/incidents") == paths.index("/triage") + 1


def test_a_domain_from_outside_has_its_page_in_the_frame_and_in_the_navigation(told: dict[str, Any]) -> None:
    assert told["refused"] == {}
    assert told["domains"] == ["intel", "incidents", "exercises", "rivers"]
    assert told["status"] == 200
    assert "Drina &lt;b&gt;3.1&lt;/b&gt; m" in told["page"]
    assert "Вардар 2.2 m" in told["page"]
    assert 'href="/rivers"' in told["home"]


def test_a_record_type_from_outside_is_read_strictly_and_has_a_face(told: dict[str, Any]) -> None:
    assert told["bad"] == 1
    assert "Water level" in told["record"]
    assert "Metres" in told["record"]
    assert "3.25" in told["record"]


def test_a_workflow_from_outside_opens_cases(told: dict[str, Any]) -> None:
    assert "The Drina rises" in told["case"]
    assert "It falls" in told["case"]


def test_jobs_and_routes_from_outside_stand_beside_ours(told: dict[str, Any]) -> None:
    assert "rivers.work" in told["jobs"]
    assert "/rivers/levels.txt" in told["routes"]


def test_a_command_from_outside_is_typed_like_ours(tmp_path: Path) -> None:
    install(tmp_path)
    assert run(tmp_path, "-m", "egnatia", "rivers").stdout == "Drina 3.1 m\n"
    assert "Show the levels of rivers." in run(tmp_path, "-m", "egnatia", "--help").stdout


def test_a_command_that_is_not_there_is_said_and_hides_no_other(tmp_path: Path) -> None:
    install(tmp_path, {"rivers/command.py": "import no_such_module"})
    answer = run(tmp_path, "-m", "egnatia", "--help")
    assert answer.returncode == 0
    assert "A command is left out: rivers.command:rivers is not there" in answer.stderr
    assert "  audit " in answer.stdout


ASTRAY = """
from litestar import get
@get("/audit/x", sync_to_thread=False)
def page() -> str: ...
PAGES = (page,)
WAYS = ()
"""

SAME_KEY = """
from egnatia.web.navigation import Entry
from egnatia.web.permission import Permission
PAGES = ()
WAYS = Entry(path="/rivers", words="Rivers", permission=Permission.READ, group="Work", icon="x", key="s")
"""

BROKEN = {
    "cannot be imported": ({"rivers/__init__.py": "import no_such_module"}, "no_such_module"),
    "has no declaration": ({"rivers/__init__.py": ""}, "rivers:DOMAIN is not there"),
    "declares something else": ({"rivers/__init__.py": "DOMAIN = 1"}, "holds 1 and not a Domain"),
    "names a part that is not there": ({"rivers/pages.py": ""}, "rivers.pages:WAYS is not there"),
    "fails when it is loaded": ({"rivers/pages.py": "1 / 0"}, "ZeroDivisionError"),
    "takes the place of a page of ours": ({"rivers/pages.py": ASTRAY}, "/audit/x is not below /rivers"),
    "takes the key of a page of ours": ({"rivers/pages.py": SAME_KEY}, "the key s leads to another page"),
    "declares a workflow of ours": (
        {"rivers/flood.py": "from egnatia.casework.library import general as workflows"},
        "declared twice",
    ),
    "declares an unsound workflow": ({"rivers/flood.toml": "name = 'flood'"}, "missing required field"),
    "declares a type of the standard": (
        {"rivers/level.py": "from egnatia.record.schemas import RECALL as WATER_LEVEL"},
        "needs a tag that no other record type has",
    ),
    "has no templates": (
        {"rivers/__init__.py": DOMAIN.replace('templates=("rivers",)', 'templates=("json",)')},
        "json",
    ),
    "has a record type without a face": ({"rivers/faces.py": "FACES = ()"}, "x-water-level"),
}
"""What is otherwise than in the package that works, and what is said of it."""

ADMIT = """
from egnatia.domain import refused
from egnatia.node.domains import admitted, workflows
workflows()
print([each.name for each in admitted()], refused())
"""


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_domain_is_left_out_by_name_with_its_reason(broken: str, tmp_path: Path) -> None:
    changed, reason = BROKEN[broken]
    answer = run(install(tmp_path, changed), "-c", ADMIT)
    assert answer.returncode == 0, answer.stderr[-3_000:]
    assert answer.stdout.startswith("['intel', 'incidents', 'exercises'] {'rivers': ")
    assert reason in answer.stdout
    assert "the domain rivers is left out" in answer.stderr


def test_a_node_starts_without_a_broken_domain(tmp_path: Path) -> None:
    said = node(install(tmp_path / "installed", {"rivers/work.py": "watch = 1"}), tmp_path / "node")
    assert said["domains"] == ["intel", "incidents", "exercises"]
    assert said["status"] == 404
    assert "/rivers" not in said["home"]
    assert said["incidents"] == 200
