"""Writes the pages of docs/reference that follow from declarations: `python docs/generate.py`; `--check` only compares.

tests/docs/test_reference.py fails when a page is not what its declarations say.
"""

import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import msgspec

from egnatia.demo.cast import KOSOVO_FOOTNOTE
from egnatia.domain import parts
from egnatia.record.own import OwnType
from egnatia.record.reference import render
from egnatia.record.schemas import OWN_TYPES
from egnatia.settings import Organisation, Settings, meta_of, sections, written

HERE = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/generate.py from the declarations; change those. -->\n\n"


def settings_page() -> str:
    """Every setting: what it means, its default, its variable."""
    lines = [
        "# Settings\n",
        "One TOML file, `egnatia.toml`, written by `egnatia init`; every key may be set in the environment instead,",
        "and the environment wins. The file is the one that `--config` or `EGNATIA_CONFIG` names, else",
        "`./egnatia.toml`, else `/etc/egnatia/egnatia.toml`. A list in the environment is written with commas.\n",
    ]
    for name, kind in sections():
        lines.append(f"## [{name}]\n\n{(kind.__doc__ or '').strip()}\n")
        lines.append("| key | default | what it means | variable |\n| --- | --- | --- | --- |")
        for field in msgspec.structs.fields(kind):
            about = meta_of(field.type).description or ""
            inner = get_args(field.type)[0]
            choices = f" One of {', '.join(f'`{each}`' for each in get_args(inner))}." if _is_choice(inner) else ""
            variable = f"EGNATIA_{name}_{field.name}".upper()
            lines.append(f"| `{field.name}` | `{written(field.default)}` | {about}{choices} | `{variable}` |")
        lines.append("")
    return MADE + "\n".join([*lines, KOSOVO_FOOTNOTE, ""])


def _is_choice(kind: Any) -> bool:
    return str(get_origin(kind)) == "typing.Literal"


def cli_page() -> str:
    """Every command, as its own --help says it."""
    from egnatia.cli.main import commands, main  # noqa: PLC0415  the other pages do not need a whole node

    parts = ["# The command line\n", _help(main, "egnatia")]
    for command in commands():
        parts += _commands(command, f"egnatia {command.name}", 2)
    return MADE + "\n".join(parts)


def _commands(command: click.Command, path: str, depth: int) -> Iterator[str]:
    yield f"{'#' * depth} {path}\n\n{_help(command, path)}"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}", depth + 1)


def _help(command: click.Command, path: str) -> str:
    # Said as at the terminal, where every command inherits these from the outermost.
    names = ["-h", "--help"]
    context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100, help_option_names=names)
    return f"```text\n{command.get_help(context).rstrip()}\n```\n"


def api_page() -> str:
    """Every route of the HTTP API, as its OpenAPI document says it."""
    schema = openapi()
    lines = [
        "# The HTTP API\n",
        "A running node describes it at `/api/v1/openapi.json` (OpenAPI 3.1). A token goes into",
        "`Authorization: Bearer egn_...`, or into Basic authentication as the password of the user `token`.",
        "Errors are problem details (RFC 9457).\n",
    ]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            lines += _route(path, method, operation)
    return MADE + "\n".join(lines)


def openapi() -> dict[str, Any]:
    """The OpenAPI document of a node that is made for it and thrown away."""
    from egnatia.exchange.api.app import app  # noqa: PLC0415  the other pages do not need a whole node
    from egnatia.node import Node  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(organisation=Organisation(id=f"identity--{uuid.uuid4()}"), base=folder)
        Node.create(settings, "thrown away")
        with Node.open(settings, "thrown away") as node:
            return app(node).openapi_schema.to_schema()


def _route(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"## {method.upper()} {path}\n\n**{operation.get('summary', '')}.** {operation.get('description', '')}\n"
    if parameters := operation.get("parameters"):
        yield "| parameter | in | needed | what it means |\n| --- | --- | --- | --- |"
        for each in parameters:
            about = each.get("description", "").replace("\n", " ")
            yield f"| `{each['name']}` | {each['in']} | {'yes' if each.get('required') else ''} | {about} |"
        yield ""
    codes = [f"`{code}` {said.get('description', '')}".strip() for code, said in operation.get("responses", {}).items()]
    yield f"Answers: {'; '.join(codes)}.\n"


def records_page() -> str:
    """Every record type, those of the domains among ours."""
    domains = parts("records", OwnType)
    title, _, rest = render((*OWN_TYPES, *domains)).partition("\n\n")
    return f"{title}\n\n{MADE}{rest}"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "api.md": api_page,
    "records.md": records_page,
}
"""Every page that is made here, and what makes it."""


def main() -> int:
    """Writes every page, or with --check says which are stale."""
    stale = [name for name, make in PAGES.items() if _differs(HERE / name, make())]
    if "--check" in sys.argv:
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is stale: make docs\n")
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


def _differs(path: Path, content: str) -> bool:
    return not path.exists() or path.read_text(encoding="utf-8") != content


if __name__ == "__main__":
    sys.exit(main())
