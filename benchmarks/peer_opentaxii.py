"""OpenTAXII in an environment of its own: SQLite, gunicorn with one worker, a collection that everybody may read and
write, which spares it the cost of authentication."""

import os
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

from benchmarks.peer import environment

PACKAGES = ("opentaxii==0.9.3", "gunicorn", "flask<3", "werkzeug<3")
"""0.9.3, the newest on PyPI, answers every POST with 500 (it cannot write the status it made as JSON), whatever Flask
it runs on, and stores the objects all the same: so the answer's time counts, and reading proves that they are there."""

_SETTINGS = """
domain: "127.0.0.1:{port}"
support_basic_auth: yes
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: benchmark}}
taxii1:
taxii2:
  contact: "benchmark"
  title: "benchmark"
  max_content_length: 100000000
  public_discovery: true
  allow_custom_properties: true
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/data.db", create_tables: yes}}
logging: {{opentaxii: error, root: error}}
"""


@contextmanager
def opentaxii() -> Iterator[tuple[int, dict[str, str], str]]:
    """Its port, the headers of a caller, and the path of the objects of a collection."""
    programs = environment("opentaxii", *PACKAGES, program="gunicorn")
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        settings = Path(folder) / "settings.yml"
        settings.write_text(_SETTINGS.format(port=port, folder=folder), encoding="utf-8")
        environ = {**os.environ, "OPENTAXII_CONFIG": str(settings)}
        _run(environ, programs / "opentaxii-add-api-root", "-t", "root", "--default")
        root = _identifier(folder, "opentaxii_api_root")
        _run(environ, programs / "opentaxii-add-collection", "-r", root, "-t", "all", "--public", "--public-write")
        collection = _identifier(folder, "opentaxii_collection")
        command = [str(programs / "gunicorn"), "opentaxii.http:app", "--bind", f"127.0.0.1:{port}"]
        with subprocess.Popen([*command, "--timeout", "600"], env=environ, stderr=subprocess.DEVNULL) as process:
            try:
                _wait(port)
                yield port, {}, f"/taxii2/{root}/collections/{collection}/objects/"
            finally:
                process.terminate()


def _run(environ: dict[str, str], command: Path, *arguments: str) -> None:
    done = subprocess.run([str(command), *arguments], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _identifier(folder: str, table: str) -> str:
    """The id of the only row; the commands do not print it."""
    with closing(sqlite3.connect(f"{folder}/data.db")) as database:
        ((found,),) = database.execute(f"SELECT id FROM {table}").fetchall()
    return str(UUID(str(found)))


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _wait(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("OpenTAXII did not start within 30 seconds")
