"""The proxy of a house, in this process: it takes CONNECT and leads to a program that speaks TLS under any name."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class HouseProxy:
    """What it was asked to connect to, and what the program behind it was told."""

    def __init__(self) -> None:
        self.url = ""
        self.connected: list[str] = []
        self.told: list[tuple[str, str, bytes]] = []
        self.refuses = False
        self.answer = b""


@contextmanager
def house_proxy(folder: Path, patch: pytest.MonkeyPatch, *names: str) -> Iterator[HouseProxy]:
    """It listens on loopback; programs called `names` are behind it, and their certificate is believed."""
    it, pem = HouseProxy(), _certificate(folder, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    patch.setattr("certifi.where", lambda: str(pem))
    patch.setenv("SSL_CERT_FILE", str(pem))

    class Program(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            it.told.append((self.command, f"{self.headers['host']}{self.path}", body))
            self.send_response(200)
            self.send_header("content-length", str(len(it.answer)))
            self.end_headers()
            self.wfile.write(it.answer)

        do_GET = do_POST  # noqa: N815  (as http.server calls it)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002
            pass

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            it.connected.append(self.path)
            self.send_response(403 if it.refuses else 200)
            self.end_headers()
            if it.refuses:
                return
            with context.wrap_socket(self.connection, server_side=True) as inside:
                Program(inside, self.client_address, self.server)
            self.close_connection = True

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        it.url = f"http://127.0.0.1:{server.server_port}"
        yield it
        server.shutdown()
        thread.join()


def _certificate(folder: Path, names: tuple[str, ...]) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "program.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return pem
