"""What is known anyway and everybody builds on: techniques, actors, malware, and what is benign. It is loaded from
files, folders or installed packages, and brought up to date from where it came from.

- `stix`: a bundle, as MITRE publishes ATT&CK;
- `galaxies`: the clusters of the MISP project, DISARM among them (the package `pymispgalaxies`);
- `warning-lists`: those of the MISP project (the package `pymispwarninglists`).
"""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.cyber.intel.warning_list import FOLDER, read_list
from egnatia.exchange.calling import guarded
from egnatia.exchange.formats.bringing import Bringing, as_held
from egnatia.exchange.formats.conversion import TLP_IDS
from egnatia.exchange.formats.fetching import document_at, is_url
from egnatia.exchange.formats.misp.galaxy import read_galaxy
from egnatia.exchange.host import Host
from egnatia.exchange.importing import Tally, import_stream
from egnatia.exchange.submission import Handling, Right, Submission, Submitter
from egnatia.store import Store
from egnatia.store.keeping import Kept

Kind = Literal["stix", "galaxies", "warning-lists"]
PACKAGES: Final = {
    "galaxies": ("pymispgalaxies", "data/misp-galaxy/clusters"),
    "warning-lists": ("pymispwarninglists", "data/misp-warninglists/lists"),
}
"""The packages that hold a kind of knowledge, and where in them; their code is not run."""

Told = Callable[[int], None]
"""Hears how many bytes have been read."""


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """One body of knowledge: where it comes from (a file, a folder, a URL; empty for the installed package), when it
    was last loaded (microseconds UTC), and what came of it then."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    kind: Kind
    where: str = ""
    loaded: int = 0
    added: int = 0
    present: int = 0
    refused: int = 0


class Shelf:
    """The bodies of knowledge that a node keeps up to date."""

    def __init__(self, store: Store) -> None:
        self.kept: Kept[Knowledge] = store.kept("knowledge", Knowledge)

    def load(self, host: Host, wanted: Knowledge, told: Told = lambda _: None) -> Knowledge:
        """Load a body of knowledge, and remember where it is from. `told` hears how far it is. Raises OSError for what
        cannot be read, Invalid for what it is not."""
        tally = _warned(host, wanted, told) if wanted.kind == "warning-lists" else _brought(host, wanted, told)
        done = msgspec.structs.replace(
            wanted,
            loaded=time.time_ns() // 1_000,
            added=tally.added,
            present=tally.present,
            refused=tally.refused,
        )
        self.kept.put(done.name, done)
        return done


def _brought(host: Host, wanted: Knowledge, told: Told) -> Tally:
    submitter = Submitter(host.own, f"knowledge {wanted.name}", frozenset({Right.SUBMIT}))
    marks = Handling((TLP_IDS["clear"],))

    def admit(bodies: Sequence[bytes]) -> "Future[Submission]":
        return host.admission.submit(bodies, submitter, handling=marks)

    if wanted.kind == "stix":
        content = document_at(wanted.where, guarded(host.settings, wanted.where if is_url(wanted.where) else ""))
        told(len(content))
        clearance = host.clearance_of(host.own)
        return import_stream(
            io.BytesIO(content), lambda bodies: admit(as_held(host.store, clearance, host.own, bodies))
        )
    bringing = Bringing(host.store, host.clearance_of(host.own), host.own, admit)
    at = time.time_ns() // 1_000_000 / 1_000  # whole milliseconds, as STIX has them
    total = Tally()
    size = 0
    for path in _files(wanted):
        content = path.read_bytes()
        tally = bringing.bring([read_galaxy(content, at)])
        size += len(content)
        told(size)
        total.added += tally.added
        total.present += tally.present
        total.refused += tally.refused
    return total


def _warned(host: Host, wanted: Knowledge, told: Told) -> Tally:
    """Copies the lists to where the node reads them, each checked before; those that are there no more go."""
    folder = host.settings.data / FOLDER / wanted.name
    tally = Tally()
    lists = {}
    size = 0
    for path in _files(wanted):
        content = path.read_bytes()
        read_list(content)
        size += len(content)
        told(size)
        lists[f"{path.parent.name if path.stem == 'list' else path.stem}.json"] = content
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in lists.items():
        place = folder / name
        if place.exists() and place.read_bytes() == content:
            tally.present += 1
            continue
        fresh = place.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(place)
        tally.added += 1
    for old in folder.glob("*.json"):
        if old.name not in lists:
            old.unlink()
    warning_lists(host.settings.data)  # the next question need not wait for the index
    return tally


def _files(wanted: Knowledge) -> Iterator[Path]:
    """The files of a folder or an installed package, or the one file that is named. Raises OSError."""
    place = Path(wanted.where) if wanted.where else _package(wanted.kind)
    if place.is_file():
        yield place
        return
    found = sorted(place.rglob("*.json"))
    if not found:
        raise FileNotFoundError(f"{place}: there is no JSON file in it")
    yield from found


def _package(kind: Kind) -> Path:
    name, inside = PACKAGES[kind]
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"The package {name} is not installed: pip install {name}, or name a folder")
    return Path(spec.origin).parent / inside
