"""Signing in with an identity provider (OpenID Connect Core 1.0): authorization code with PKCE (RFC 7636).

Nothing is believed but an ID token that the provider signed for this node, for this very journey, and that says by
`acr` or `amr` that there was a second factor.
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec

from egnatia.exchange.partner import partner_transport
from egnatia.settings import Settings, is_loopback
from egnatia.settings.people import Oidc
from egnatia.web.account.ceremony import NotProven
from egnatia.web.account.session import PROVEN_FOR

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures only: no MAC under a shared secret, and never `none`."""

SKEW: Final = 60
"""Seconds by which the provider's clock may differ."""

FRESH: Final = 600.0
"""Seconds for which what the provider says of itself is believed."""

SILENCE: Final = 10.0
"""Seconds for which a provider that did not answer is not asked again."""

BACK: Final = "/sign-in/provider/back"
"""Where the provider sends people back to."""


LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
"""The event that a logout token must tell of."""

LOGOUT_LASTS: Final = 600
"""Seconds that a logout token is taken for, whatever it says itself: so long its name is remembered."""

NO_ID_TOKENS: Final = frozenset({"at+jwt", "logout+jwt", "dpop+jwt"})
"""Kinds of token that a provider signs with the same keys (RFC 9068 section 2.1; ASVS 5.0, 9.2.2)."""


class Metadata(msgspec.Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0 section 3), as far as it is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of a person."""

    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: float
    iat: float
    nonce: str = ""
    azp: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: float | None = None
    nbf: float = 0
    name: str = ""


class Logout(msgspec.Struct, frozen=True, kw_only=True):
    """What a logout token says (OpenID Connect Back-Channel Logout 1.0 section 2.4)."""

    iss: str
    aud: str | tuple[str, ...]
    iat: float
    exp: float
    jti: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    events: dict[str, dict[str, msgspec.Raw]]
    sub: str = ""
    sid: str = ""


class Left(msgspec.Struct, frozen=True):
    """Who has signed out at the provider: everywhere, or in the session `sid` there. `token` names what said so, until
    it expires at `until`, seconds since 1970."""

    subject: str
    sid: str
    token: str
    until: float


class Person(msgspec.Struct, frozen=True):
    """Who came back: `name` would be the sign-in name, `groups` what the roles follow from, `sid` the session at the
    provider."""

    subject: str
    name: str
    display: str
    groups: tuple[str, ...]
    sid: str = ""


class Provider:
    """The provider of the settings. Asks it over the network: call it from a thread."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self._settings, self._oidc, self._clock = settings, settings.oidc, clock
        self._back = settings.public_url + BACK
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Any] | None = None
        self._silent_until = 0.0

    def journey(self, *, fresh: bool) -> tuple[dict[str, str], Callable[[str], str]]:
        """What the end needs to know, and the address to go to for a `state`. `fresh`: whoever is signed in at the
        provider already proves it once more."""
        held = {"nonce": secrets.token_urlsafe(24), "verifier": secrets.token_urlsafe(48), "fresh": "yes" * fresh}
        challenge = _encoded(hashlib.sha256(held["verifier"].encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._oidc.client_id,
            "redirect_uri": self._back,
            "scope": " ".join(("openid", *self._oidc.scopes)),
            "nonce": held["nonce"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self._oidc.required_acr:
            asked["acr_values"] = " ".join(self._oidc.required_acr)
        if fresh:
            asked |= {"prompt": "login", "max_age": "0"}
        at = self.metadata().authorization_endpoint
        joint = "&" if urlsplit(at).query else "?"
        return held, lambda state: f"{at}{joint}{urlencode({**asked, 'state': state})}"

    def came_back(self, code: str, issuer: str, held: Mapping[str, str]) -> Person:
        """Who came back with a code; raises NotProven."""
        metadata = self.metadata()
        if issuer != metadata.issuer and (issuer or metadata.authorization_response_iss_parameter_supported):
            raise NotProven(f"the answer is from {issuer!r}, not from the provider (RFC 9207)")
        raw = self._id_token(metadata, code, held["verifier"])
        claims = self._believed(raw)
        self._check(claims, held)
        return self._person(claims)

    def signed_out(self, raw: str) -> Left:
        """Who has signed out at the provider, as its logout token says; raises NotProven."""
        claims = self._believed(raw, logout=True)
        if "nonce" in claims:
            raise NotProven("the logout token is refused: it bears a nonce, so it could be an ID token")
        try:
            told = msgspec.convert(claims, Logout, strict=False)
        except msgspec.ValidationError as error:
            raise NotProven(f"the logout token is not complete: {error}") from error
        audience, now = (told.aud,) if isinstance(told.aud, str) else told.aud, self._now()
        rules = {
            "it is from another issuer": told.iss == self._oidc.issuer,
            "it is for another client": self._oidc.client_id in audience,
            "it has expired": now < told.exp + SKEW and now - told.iat < LOGOUT_LASTS,
            "it is from the future": told.iat <= now + SKEW,
            "it tells of no logout": LOGOUT in told.events,
            "it names nobody": bool(told.sub or told.sid),
        }
        for rule, kept in rules.items():
            if not kept:
                raise NotProven(f"the logout token is refused: {rule}")
        subject = f"{self._oidc.issuer} {told.sub}" if told.sub else ""
        return Left(subject, told.sid, told.jti, told.iat + LOGOUT_LASTS)

    def metadata(self) -> Metadata:
        """What the provider says of itself; raises NotProven where it cannot be asked, or is another."""
        with self._lock:
            if self._metadata is None or self._now() - self._metadata[0] > FRESH:
                if self._now() < self._silent_until:
                    raise NotProven("the provider could not be asked a moment ago")
                # A provider that does not answer must not keep everyone's threads waiting.
                self._silent_until = self._now() + SILENCE
                self._metadata = (self._now(), self._described())
                self._silent_until = 0.0
            return self._metadata[1]

    def _described(self) -> Metadata:
        url = self._oidc.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            found = msgspec.json.decode(self._fetched("GET", url), type=Metadata)
        except msgspec.MsgspecError as error:
            raise NotProven(f"the provider's description cannot be read: {error}") from error
        if found.issuer != self._oidc.issuer:
            raise NotProven(f"the provider calls itself {found.issuer!r}, the settings {self._oidc.issuer!r}")
        for endpoint in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            parts = urlsplit(endpoint)
            if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
                raise NotProven(f"{endpoint!r} is not reached over TLS")
        return found

    def _id_token(self, metadata: Metadata, code: str, verifier: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back, "code_verifier": verifier}
        secret, basic = self._settings.oidc_secret(), None
        if not secret:
            form["client_id"] = self._oidc.client_id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # RFC 6749 section 2.3.1: both are encoded as in a form first.
            basic = httpx.BasicAuth(quote_plus(self._oidc.client_id), quote_plus(secret))
        else:
            form |= {"client_id": self._oidc.client_id, "client_secret": secret}
        answer = self._fetched("POST", metadata.token_endpoint, form=form, auth=basic)
        try:
            return msgspec.json.decode(answer, type=_Tokens).id_token
        except msgspec.MsgspecError as error:
            raise NotProven(f"the provider gave no ID token: {error}") from error

    def _believed(self, raw: str, *, logout: bool = False) -> dict[str, Any]:
        """The claims of an ID token, or of a logout token, that the provider signed; raises NotProven."""
        # 2 MB that a node without a provider does without.
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415

        for anew in (False, True):
            try:
                token = jwt.decode(raw, self._key_set(anew=anew), algorithms=ALGORITHMS)
            except (JoseError, ValueError) as error:
                # The key may be younger than what we know of the provider's keys.
                if anew:
                    raise NotProven(f"the token is not the provider's: {error}") from error
            else:
                kind = str(token.header.get("typ", "")).lower().removeprefix("application/")
                if kind != "logout+jwt" if logout else kind in NO_ID_TOKENS:
                    raise NotProven("it is a token of another kind")
                return dict(token.claims)
        raise AssertionError

    def _check(self, raw: Mapping[str, Any], held: Mapping[str, str]) -> None:
        """OpenID Connect Core section 3.1.3.7; raises NotProven."""
        try:
            claims = msgspec.convert(raw, Claims, strict=False)
        except msgspec.ValidationError as error:
            raise NotProven(f"the ID token is not complete: {error}") from error
        now, client = self._now(), self._oidc.client_id
        audience = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
        fresh = claims.auth_time is not None and now - claims.auth_time <= PROVEN_FOR / 1_000_000 + SKEW
        rules = {
            "it is from another issuer": claims.iss == self._oidc.issuer,
            "it is for another client": client in audience and (len(audience) == 1 or claims.azp == client),
            "it was given to another client": claims.azp in {"", client},
            "it has expired": now < claims.exp + SKEW,
            "it is from the future": max(claims.iat, claims.nbf) <= now + SKEW,
            "it is of another journey": hmac.compare_digest(claims.nonce.encode(), held["nonce"].encode()),
            "it names nobody": 0 < len(claims.sub) <= 255,
            "there was no fresh proof": fresh or not held["fresh"],
            "it states no second factor": has_second_factor(self._oidc, claims.acr, claims.amr),
        }
        for rule, kept in rules.items():
            if not kept:
                raise NotProven(f"the ID token is refused: {rule}")

    def _person(self, claims: Mapping[str, Any]) -> Person:
        groups = claims.get(self._oidc.roles_claim, ())
        name = str(claims.get(self._oidc.name_claim, ""))
        return Person(
            subject=f"{self._oidc.issuer} {claims['sub']}",
            name=name,
            display=str(claims.get("name") or name),
            groups=(groups,) if isinstance(groups, str) else tuple(map(str, groups or ())),
            sid=str(claims.get("sid", ""))[:255],
        )

    def _key_set(self, *, anew: bool) -> Any:
        from joserfc.jwk import KeySet  # noqa: PLC0415  as above

        with self._lock:
            known = self._keys
        if known is None or anew or self._now() - known[0] > FRESH:
            content = self._fetched("GET", self.metadata().jwks_uri)
            known = (self._now(), KeySet.import_key_set(msgspec.json.decode(content)))
            with self._lock:
                self._keys = known
        return known[1]

    def _fetched(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> bytes:
        """What the provider answers; raises NotProven."""
        try:
            headers = {"accept": "application/json"}
            transport = partner_transport(self._settings)
            with httpx.Client(timeout=5, auth=auth, headers=headers, transport=transport) as client:
                answer = client.request(method, url, data=dict(form) if form else None)
        except httpx.HTTPError as error:
            raise NotProven(f"the provider cannot be reached: {error}") from error
        if answer.status_code != 200:
            raise NotProven(f"the provider answers {answer.status_code} at {url}")
        return answer.content

    def _now(self) -> float:
        return self._clock() / 1_000_000


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


def has_second_factor(oidc: Oidc, acr: str, amr: tuple[str, ...]) -> bool:
    """Whether the provider states what the settings demand: all of what is demanded, and something is."""
    demanded = bool(oidc.required_acr or oidc.required_amr)
    by_acr = not oidc.required_acr or acr in oidc.required_acr
    by_amr = not oidc.required_amr or bool(set(amr) & set(oidc.required_amr))
    return demanded and by_acr and by_amr


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
