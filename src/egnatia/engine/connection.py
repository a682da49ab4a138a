"""Where bulk queries run: DuckDB inside this process, or Spark where one machine is outgrown; Ibis speaks to both."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

MEMORY_MB: Final = 512
"""What DuckDB takes at most; beyond that it works on disk."""

EXTRA: Final = "pip install 'egnatia[engine]'"


class NotInstalled(ImportError):
    """The optional part for bulk work is not there, and how it comes."""


def loaded(name: str) -> Any:
    """A library of the optional part, loaded now; raises NotInstalled."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NotInstalled(f"{name} is not installed; bulk work needs it: {EXTRA}") from error


def embedded(*, memory_mb: int = MEMORY_MB, threads: int | None = None, folder: Path | None = None) -> "BaseBackend":
    """A DuckDB of its own, in memory; `folder` is where it puts what does not fit. It fetches nothing."""
    duckdb, ibis = loaded("duckdb"), loaded("ibis")
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB",
        "autoinstall_known_extensions": False,
        "preserve_insertion_order": False,
    }
    if threads is not None:
        config["threads"] = threads
    if folder is not None:
        config["temp_directory"] = str(folder)
    backend: BaseBackend = ibis.duckdb.from_connection(duckdb.connect(config=config))
    return backend


def on_spark(session: Any) -> "BaseBackend":
    """A session of Spark that somebody else has started, and ends."""
    backend: BaseBackend = loaded("ibis").pyspark.connect(session)
    return backend
