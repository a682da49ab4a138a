"""Identity providers to sign in with: somebody else's in a process of its own, and a strict one that lies on demand."""

import base64
import hashlib
import http.server
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT = "egnatia"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


@contextmanager
def real_provider(folder: Path) -> Iterator[str]:
    """The issuer of a provider that runs as a process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "provider.log").open("wb") as log:
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            issuer = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 60
            while not _answers(issuer):
                assert process.poll() is None, (folder / "provider.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield issuer
        finally:
            process.terminate()
            process.wait(20)


def _answers(issuer: str) -> bool:
    try:
        return httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


class Strict:
    """A provider that checks what it is asked (PKCE too), and gives the token that `lie` makes of the true one."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.issuer = ""
        self.described_as: str | None = None
        self.claims: dict[str, Any] = {"sub": "ana-at-the-provider", "amr": ["mfa"]}
        self.lie: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = self._signed
        self.asked: dict[str, str] = {}
        self.pkce_failed = False

    def authorize(self, url: str) -> str:
        """The person agrees; the way back, as a path with a code."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert self.asked["response_type"] == "code"
        assert self.asked["client_id"] == CLIENT
        assert "openid" in self.asked["scope"].split()
        path = urlsplit(self.asked["redirect_uri"]).path
        return f"{path}?{urlencode({'code': 'the-code', 'state': self.asked['state']})}"

    def logout(self, **lies: Any) -> str:
        """A logout token of the person; `lies` are claims in the place of the true ones, None for none."""
        now, kind = int(time.time()), lies.pop("typ", "logout+jwt")
        true = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8)}
        true |= {"sub": self.claims["sub"], "events": {LOGOUT: {}}, **lies}
        header = {"alg": "RS256", "kid": self.key.kid or "", "typ": kind}
        return jwt.encode(header, {name: each for name, each in true.items() if each is not None}, self.key)

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, str]]:
        """The token endpoint."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge.decode().rstrip("=") != self.asked["code_challenge"]:
            self.pkce_failed = True
            return 400, {"error": "invalid_grant"}
        if form["code"] != "the-code" or form["redirect_uri"] != self.asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        true = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.asked["nonce"]}
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self.sign(self.lie(true | self.claims))}

    def metadata(self) -> dict[str, Any]:
        """The description."""
        return {
            "issuer": self.described_as or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def jwks(self) -> dict[str, Any]:
        """Its current keys."""
        return dict(KeySet([self.key]).as_dict(private=False))

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid or ""}, claims, self.key)


@contextmanager
def strict_provider() -> Iterator[Strict]:
    """The strict one, on a port of loopback."""
    provider = Strict()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {"/.well-known/openid-configuration": provider.metadata, "/jwks": provider.jwks}
            make = known.get(self.path)
            self._answer(200, make()) if make else self._answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = msgspec.json.encode(content)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join(20)
