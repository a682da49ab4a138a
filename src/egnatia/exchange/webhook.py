"""Webhooks: programs outside that are told, signed as Standard Webhooks has it (standardwebhooks.com, version 1).

A call says `{"type", "timestamp", "data"}`. Its signature is HMAC-SHA256 over id, timestamp and body under a secret
that both sides know; an answer of 2xx within ten seconds says that it came. Nothing of the answer is read.
"""

import base64
import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime
from typing import Final

import httpx
import msgspec

from egnatia.exchange.letter import Call, Letter, Undeliverable
from egnatia.exchange.outward import Way, parts, way
from egnatia.exchange.wire import Wire
from egnatia.store import Store

CALL_SECONDS: Final = 10.0


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A program that is told. `person` is the account that it belongs to, empty for one of the organisation; `turn`
    counts its secrets. The times are microseconds UTC, 0 for never."""

    id: str
    name: str
    url: str
    organisation: str
    person: str = ""
    made: int = 0
    turn: int = 0
    failures: int = 0
    error: str = ""
    succeeded: int = 0


class Hooks:
    """The webhooks of one node. Their secrets are derived from the node's own: none is stored."""

    def __init__(self, store: Store, secret: bytes) -> None:
        self._kept = store.kept("webhook", Hook)
        self._secret = secret

    def add(self, name: str, url: str, organisation: str, person: str = "") -> Hook:
        """A new one; raises Barred for what is no address of the web."""
        parts(url)
        hook = Hook(
            id=secrets.token_hex(12),
            name=name,
            url=url,
            organisation=organisation,
            person=person,
            made=time.time_ns() // 1_000,
        )
        self._kept.put(hook.id, hook)
        return hook

    def get(self, hook_id: str) -> Hook | None:
        """The webhook."""
        return self._kept.get(hook_id)

    def all(self) -> tuple[Hook, ...]:
        """Every one, the oldest first."""
        return tuple(sorted(self._kept.all().values(), key=lambda each: each.made))

    def remove(self, hook_id: str) -> None:
        """It is told nothing any more; what still waits for it is dropped."""
        self._kept.remove(hook_id)

    def renew(self, hook_id: str) -> None:
        """Its secret is another one from now on."""
        self._kept.change(hook_id, lambda hook: msgspec.structs.replace(hook, turn=hook.turn + 1))

    def went(self, hook_id: str, error: str = "") -> None:
        """How the last call went: well where there is no error."""

        def change(hook: Hook) -> Hook:
            if error:
                return msgspec.structs.replace(hook, failures=hook.failures + 1, error=error)
            return msgspec.structs.replace(hook, failures=0, error="", succeeded=time.time_ns() // 1_000)

        self._kept.change(hook_id, change)

    def secret(self, hook: Hook) -> str:
        """What its owner gives to the program: `whsec_` and 32 bytes in base64."""
        return "whsec_" + base64.b64encode(self._key(hook)).decode()

    def signed(self, hook: Hook, letter: Letter, call: Call, at: int) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a call made now (`at`, seconds UTC)."""
        moment = datetime.fromtimestamp(letter.at / 1_000_000, UTC).isoformat(timespec="milliseconds")
        body = msgspec.json.encode(
            {"type": call.kind, "timestamp": moment.replace("+00:00", "Z"), "data": msgspec.Raw(call.data)}
        )
        signature = base64.b64encode(
            hmac.new(self._key(hook), f"{letter.id}.{at}.".encode() + body, hashlib.sha256).digest()
        ).decode()
        headers = {
            "content-type": "application/json",
            "user-agent": "Egnatia",
            "webhook-id": letter.id,
            "webhook-timestamp": str(at),
            "webhook-signature": f"v1,{signature}",
        }
        return body, headers

    def _key(self, hook: Hook) -> bytes:
        return hmac.new(self._secret, f"webhook {hook.id} {hook.turn}".encode(), hashlib.sha256).digest()


class Later(OSError):
    """The program did not take it; `after` is how many seconds it asks to be left alone, 0 where it does not say."""

    def __init__(self, words: str, after: int = 0) -> None:
        super().__init__(words)
        self.after = after


def call_out(client: httpx.Client, url: str, allow: tuple[str, ...], body: bytes, headers: dict[str, str]) -> None:
    """The call was taken when this returns. Raises Undeliverable, Barred, or OSError (Later) for what may go better."""
    _call(client, url, way(url, allow), body, headers)


def call_through(client: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> None:
    """As `call_out`, by the name, with a client that goes through the house's proxy; ask `is_outside` first."""
    _, host, _ = parts(url)
    _call(client, url, Way(host, (host,)), body, headers)


def _call(client: httpx.Client, url: str, there: Way, body: bytes, headers: dict[str, str]) -> None:
    parsed = httpx.URL(url)
    named = {**headers, "host": parsed.netloc.decode("ascii")}
    for number, address in enumerate(there.addresses, 1):
        # What was checked is what is called; the certificate is still that of the name.
        request = client.build_request(
            "POST",
            parsed.copy_with(host=address),
            content=body,
            headers=named,
            extensions={"sni_hostname": there.host, "trace": (line := Wire()).traced},
        )
        try:
            with line.held(CALL_SECONDS):
                answer = client.send(request, stream=True)
        except httpx.ConnectError as error:
            if number == len(there.addresses):
                raise Later(str(error) or "cannot be reached") from error
        except httpx.HTTPError as error:
            raise Later(str(error) or type(error).__name__) from error
        else:
            answer.close()
            _judge(answer)
            return


def _judge(answer: httpx.Response) -> None:
    if answer.status_code == 410:
        raise Undeliverable("410: the program says that it is gone")
    if not answer.is_success:
        asked = answer.headers.get("retry-after", "")
        raise Later(f"answered {answer.status_code}", int(asked) if asked.isdigit() else 0)
