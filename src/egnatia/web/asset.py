"""What pages are made of besides their HTML: the sheets, the modules and the mark.

A page waits for its sheet before anything is seen of it, so it has exactly one: those that are packaged are joined when
first asked for, without comments and spare blanks, under a name that changes with what is in it, and a browser asks for
it once. Its modules are joined likewise: each answer costs a slow phone more than what is in it. Everything is
compressed once, as well as it goes. The portal's sheet stands in its pages: whoever opens one comes for the first time,
and waits once instead of twice for what is far away.
"""

import base64
import gzip
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Final

import msgspec

TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

PAGE_SHEET: Final = ("tokens.css", "egnatia.css", "work.css", "record.css", "intel.css")
PORTAL_SHEET: Final = ("tokens.css", "egnatia.css", "record.css", "portal.css", "print.css")
PRINT_SHEET: Final = ("print.css",)
SHEETS: Final = (PAGE_SHEET, PRINT_SHEET)
SHELL: Final = "shell.js"


class Asset(msgspec.Struct, frozen=True):
    """A file: its bytes, the same compressed with gzip, its media type, and whether its name changes with it."""

    content: bytes
    packed: bytes
    kind: str
    lasting: bool = False


def asset(name: str) -> Asset:
    """A file by its name; raises FileNotFoundError for any other name."""
    found = _assets().get(name)
    if found is None:
        raise FileNotFoundError(f"There is no asset {name!r}")
    return found


@cache
def sheet(*names: str) -> str:
    """Where the sheet is that packaged ones make together, in this order."""
    return f"/assets/{_named(names, _joined(names))}"


class Inline(msgspec.Struct, frozen=True):
    """A sheet that stands in the page itself, and what the page's policy allows it by: its SHA-256 in base64 (Content
    Security Policy Level 3, section 2.3.1)."""

    text: str
    digest: str


@cache
def inline(*names: str) -> Inline:
    """The sheet that packaged ones make together, for a page that is seen without fetching anything more."""
    content = _joined(names)
    return Inline(content.decode(), base64.b64encode(hashlib.sha256(content).digest()).decode())


@cache
def script(own: str = "") -> str:
    """Where the module is that a page loads: the shell's, and the page's own where it has one."""
    names = _modules(own)
    return f"/assets/{_named(names, _together(names))}"


def _named(names: tuple[str, ...], content: bytes) -> str:
    name, _, kind = names[-1].rpartition(".")
    return f"{name}.{hashlib.sha256(content).hexdigest()[:12]}.{kind}"


def _modules(own: str) -> tuple[str, ...]:
    return (SHELL, own) if own and own != SHELL else (SHELL,)


def _together(names: tuple[str, ...]) -> bytes:
    """Modules as one: each in a block, so that none sees what another has named; without lines of comment."""
    packaged = _packaged()
    return b"".join(b"{%s}\n" % re.sub(rb"^\s*(//.*)?\n|^ +", b"", packaged[each], flags=re.M) for each in names)


def _joined(names: tuple[str, ...]) -> bytes:
    packaged = _packaged()
    return settled(slim(b"\n".join(packaged[name] for name in names).decode())).encode()


def slim(written: str) -> str:
    """A sheet without its comments and the blanks that say nothing; what stands in quotes stays."""
    kept = re.split(r"""("[^"\n]*"|'[^'\n]*')""", re.sub(r"/\*.*?\*/", "", written, flags=re.DOTALL))
    for place in range(0, len(kept), 2):
        kept[place] = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", kept[place])).replace(";}", "}")
    return "".join(kept).strip()


def settled(sheet: str) -> str:
    """A sheet whose names for values that it gives once, for the whole page, are replaced by these values: so a
    browser reads them once, not for each element anew."""
    given = re.findall(r"(--[\w-]+):\s*([^;}]+)", sheet)
    names = [name for name, _ in given]
    whole = set(re.findall(r"(--[\w-]+):", " ".join(re.findall(r"(?:^|\}):root\{([^}]*)\}", sheet))))
    values = {name: value.strip() for name, value in given if name in whole and names.count(name) == 1}
    for name, value in values.items():
        sheet = sheet.replace(f"{name}: {value};", "").replace(f"{name}: {value}", "")
    for _ in values:
        if not (left := set(re.findall(r"var\((--[\w-]+)\)", sheet)) & values.keys()):
            break
        for name in left:
            sheet = sheet.replace(f"var({name})", values[name])
    return sheet


@cache
def _packaged() -> dict[str, bytes]:
    folder = resources.files("egnatia.web") / "assets"
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.name.rpartition(".")[2] in TYPES}


@cache
def _assets() -> dict[str, Asset]:
    found = {name: _asset(name, content) for name, content in _packaged().items()}
    joined = [(names, _joined(names)) for names in SHEETS]
    modules = [_modules(each) for each in _packaged() if each.endswith(".js")]
    for names, content in (*joined, *((each, _together(each)) for each in modules)):
        found[_named(names, content)] = msgspec.structs.replace(_asset(names[-1], content), lasting=True)
    return found


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, gzip.compress(content, 9, mtime=0), TYPES[name.rpartition(".")[2]])
