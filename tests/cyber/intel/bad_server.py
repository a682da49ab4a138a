"""A server on loopback that does everything that a source must not: each path is another fault."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

GOOD: Final = b"ioc,kind\nevil.example,domain\n"
PAGE: Final = b"<!DOCTYPE html><html><body><form action='/login'>Sign in</form></body></html>"
WINDOWS: Final = "ioc,kind,note\nevil.example,domain,Пријава ћ\n".encode("cp1251")
RENAMED: Final = b"indicator,kind\nevil.example,domain\n"
OTHER: Final = b"ioc,kind\nnot a domain at all!,domain\n"
CONTENTS: Final = {
    "good": GOOD,
    "page": PAGE,
    "windows": WINDOWS,
    "renamed": RENAMED,
    "other": OTHER,
    "broken": gzip.compress(GOOD)[:-9],
}


@cache
def packed() -> bytes:
    """A little that becomes 300 MB."""
    return gzip.compress(bytes(300_000_000), 1)


class Handler(BaseHTTPRequestHandler):
    """Answers by the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Whatever is asked for: the first part of the path says how it is answered."""
        path = self.path.strip("/").partition("/")[0]
        match path:
            case "empty":
                self._send(b"")
            case "large":
                self._large(300)
            case "bomb":
                self._send(packed(), ("Content-Encoding", "gzip"))
            case "slow":
                self._slow()
            case "loop":
                self._send(b"", ("Location", "/loop"), status=302)
            case "inside":
                self._send(b"", ("Location", "http://169.254.169.254/latest/meta-data/"), status=302)
            case "packed":
                self._send(packed())
            case _ if path in CONTENTS:
                self._send(CONTENTS[path])
            case _:
                self._send(b"no", status=int(path))

    do_POST = do_GET  # noqa: N815  (the name that http.server calls)

    def _send(self, content: bytes, *headers: tuple[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _large(self, megabytes: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(megabytes * 1_000_000))
        self.end_headers()
        line = b"evil.example,domain\n" * 50_000
        try:
            for _ in range(megabytes):
                self.wfile.write(line)
        except OSError:
            self.close_connection = True

    def _slow(self) -> None:
        """An answer that comes drop by drop, for ever."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                self.wfile.write(b"X-Drop: 1\r\n")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is written down."""


@contextmanager
def bad_server() -> Iterator[ThreadingHTTPServer]:
    """Such a server, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def address(server: ThreadingHTTPServer, path: str) -> str:
    """Where something of it is."""
    return f"http://127.0.0.1:{server.server_address[1]}/{path}"
