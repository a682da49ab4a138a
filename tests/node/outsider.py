"""A domain that somebody else wrote, as an installed package in a folder: what a third party would bring along."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

DOMAIN = """
'''Rivers: levels that neighbours tell each other.'''
from egnatia.domain import Domain

DOMAIN = Domain(
    name="rivers",
    about="Levels of rivers",
    records=("rivers.level:WATER_LEVEL",),
    faces=("rivers.faces:FACES",),
    workflows=("rivers.flood:workflows",),
    pages=("rivers.pages:PAGES",),
    ways=("rivers.pages:WAYS",),
    templates=("rivers",),
    routes=("rivers.pages:routes",),
    jobs=("rivers.work:watch",),
    commands={"rivers": "rivers.command:rivers"},
)
"""

FLOOD = """
from egnatia.casework.library import Library, shipped

def workflows():
    return Library([shipped("rivers", "flood.toml")])
"""

WORKFLOW = """
name = "flood"
title = "Flood"
version = "1"
about = "Water that comes over a border/boundary."
admits = ["gauge"]

[[roles]]
name = "gauge"
title = "Gauge"

[[states]]
name = "rising"
title = "Rising"

[[states]]
name = "fallen"
title = "Fallen"
final = true

[[steps]]
name = "fall"
title = "It falls"
roles = ["gauge"]
from = ["rising"]
to = "fallen"
"""

LEVEL = """
from typing import Annotated, ClassVar
from uuid import UUID
from msgspec import Meta
from egnatia.record.common import DomainObject
from egnatia.record.own import OwnType

class WaterLevel(DomainObject, frozen=True, kw_only=True, omit_defaults=True, tag="x-water-level"):
    'How high a river stood.'

    river: Annotated[str, Meta(min_length=1)]
    metres: float
    section: ClassVar[str] = "Rivers water-level"

WATER_LEVEL = OwnType(
    struct=WaterLevel, name="x-water-level", namespace=UUID("5ad5d9f0-6d2c-4a0b-8f2a-0f6a0e6d5f11")
)
"""

FACES = """
from egnatia.web.record.face import Face, Property, Shape

FACES = Face(type="x-water-level", words="Water level", about="How high a river stood", properties=(
    Property("river", "River"), Property("metres", "Metres", Shape.NUMBER)))
"""

PAGES = """
from typing import ClassVar
from litestar import Response, get
from litestar.di import NamedDependency
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.navigation import SHARING, Entry
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

class Levels(Content, frozen=True, kw_only=True):
    template: ClassVar[str] = "rivers/levels.html"
    levels: tuple[str, ...]

@get("/rivers")
async def levels(visit: NamedDependency[Visit]) -> Response[str]:
    visit.require(Permission.READ)
    return visit.page(Levels(title="Rivers", levels=("Drina <b>3.1</b> m", "Вардар 2.2 m")))

PAGES = (levels,)
WAYS = (Entry(path="/rivers", words=N_("Rivers"), permission=Permission.READ, group=SHARING, icon="river", key="q"),)

def routes(place):
    @get("/rivers/levels.txt", media_type="text/plain", sync_to_thread=False)
    def plain() -> str:
        return place.settings.organisation.name
    return (plain,)
"""

TEMPLATE = """
{% extends "frame.html" %}
{% block main %}<ul>{% for each in page.levels %}<li>{{ each }}</li>{% endfor %}</ul>{% endblock %}
"""

WORK = """
import asyncio

async def watch(place):
    place.store.position()
    await asyncio.Event().wait()
"""

COMMAND = """
import click

@click.command("rivers")
def rivers():
    '''Show the levels of rivers.'''
    click.echo("Drina 3.1 m")
"""

FILES = {
    "rivers/__init__.py": DOMAIN,
    "rivers/level.py": LEVEL,
    "rivers/faces.py": FACES,
    "rivers/flood.py": FLOOD,
    "rivers/flood.toml": WORKFLOW,
    "rivers/pages.py": PAGES,
    "rivers/templates/rivers/levels.html": TEMPLATE,
    "rivers/work.py": WORK,
    "rivers/command.py": COMMAND,
}


def install(folder: Path, changed: Mapping[str, str] = {}) -> Path:
    """The package as it would be installed, with some files otherwise; the folder is to stand on the path."""
    about = "Metadata-Version: 2.1\nName: rivers\nVersion: 1.0\n"
    points = "[egnatia.domains]\nrivers = rivers\n"
    files = {"rivers-1.0.dist-info/METADATA": about, "rivers-1.0.dist-info/entry_points.txt": points}
    for name, text in {**files, **FILES, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own with the package installed."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
