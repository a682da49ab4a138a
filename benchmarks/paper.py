"""docs/performance.md: the machine, and a table for each area; beside it the same figures as JSON, to be kept."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from benchmarks.figure import Figure, number


class Measured(msgspec.Struct, frozen=True):
    """What came of one area, when, and how busy the machine was when it began."""

    name: str
    title: str
    conditions: str
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()
    command: str = ""


def conditions() -> str:
    """When, and what else the machine is doing."""
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores as it began"


def load(path: Path) -> dict[str, Measured]:
    """What was measured before."""
    if not path.exists():
        return {}
    return {one.name: one for one in msgspec.json.decode(path.read_bytes(), type=list[Measured])}


def write(path: Path, areas: Sequence[Measured]) -> None:
    """The page and the figures behind it."""
    path.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(list(areas))) + b"\n")
    path.write_text("\n".join(_page(areas)) + "\n", encoding="utf-8")


def _page(areas: Sequence[Measured]) -> list[str]:
    asked = [figure for area in areas for figure in area.figures if figure.met is not None]
    met = sum(bool(figure.met) for figure in asked)
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; do not edit. Everything is measured end to end on one machine, peers beside us in",
        "the same run. A target that is missed stands here as missed; a busy machine makes every figure worse.",
        "",
        f"- Machine: {_processor()}, {os.cpu_count()} cores, {_memory()} GB",
        f"- {platform.python_implementation()} {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"- Targets met: {met} of {len(asked)}",
    ]
    for area in areas:
        lines += ["", f"## {area.title}", "", f"`{area.command} --only {area.name}`, {area.conditions}.", ""]
        lines += ["| Figure | Value | Target | Value / target | |", "| --- | ---: | ---: | ---: | --- |"]
        lines += [_row(figure) for figure in area.figures]
        lines += [line for remark in area.remarks for line in ("", remark)]
    return lines


def _row(figure: Figure) -> str:
    value = f"{number(figure.value)} {figure.unit}".strip()
    if figure.target is None or figure.ratio is None:
        return f"| {figure.name} | {value} | | | |"
    sign = "≤" if figure.better == "less" else "≥"
    verdict = "met" if figure.met else "**missed**"
    return f"| {figure.name} | {value} | {sign} {number(figure.target)} | {figure.ratio:.2f} | {verdict} |"


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return f"{int(line.split()[1]) / 2**20:.0f}"
    return "?"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
