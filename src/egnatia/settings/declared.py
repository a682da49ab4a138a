"""Every setting, declared once: its meaning, its default, its limits and an example. Those that are about people are in
`people`.

The reading, the checking, the messages and docs/reference/settings.md all come from these declarations.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from egnatia.settings.people import Accounts, Incidents, Mail, Oidc, Portal, Webhooks
from egnatia.settings.section import Section, SettingsError

FILE = "egnatia.toml"
"""The settings file's name inside a data directory."""

HOST_PORT = r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$"
IDENTITY = r"^identity--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

Economy = Literal["AL", "BA", "XK", "ME", "MK", "RS", "regional", "other"]


class Organisation(Section, frozen=True, kw_only=True):
    """Whose node this is. `egnatia init` fills it in; a record submitted here is this organisation's."""

    name: Annotated[
        str,
        Meta(min_length=1, description="The organisation's name as others will read it.", examples=["CSIRT"]),
    ] = "Unnamed organisation"
    id: Annotated[
        str,
        Meta(
            pattern=rf"^$|{IDENTITY}",
            description="The STIX identity of the organisation; empty until `egnatia init` has made one. "
            "It is for life: every record of the organisation names it.",
            examples=["identity--5a3c2d2e-8f0b-4b43-9a55-0d3a1c6f7e21"],
        ),
    ] = ""
    economy: Annotated[
        Economy,
        Meta(
            description="The economy it belongs to: AL, BA, XK (Kosovo*), ME, MK, RS; `regional` for a regional body.",
            examples=["ME"],
        ),
    ] = "other"
    sectors: Annotated[
        tuple[str, ...],
        Meta(description="Its sectors, as in STIX `industry-sector-ov`.", examples=[["government"]]),
    ] = ()
    contact: Annotated[
        str,
        Meta(
            description="How its duty officer is reached; published in its identity.",
            examples=["duty@csirt.example"],
        ),
    ] = ""


class Network(Section, frozen=True, kw_only=True):
    """Where the node listens and how others reach it."""

    listen: Annotated[
        str,
        Meta(pattern=HOST_PORT, description="Address and port to listen on.", examples=["127.0.0.1:7100"]),
    ] = "127.0.0.1:7100"
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^$|^https?://[^/\s]+(/[^\s]*)?$",
            description="The address under which others reach this node; empty: `http://` and `listen`. "
            "Anything but loopback belongs behind a proxy that speaks TLS (deploy/Caddyfile).",
            examples=["https://exchange.csirt.example"],
        ),
    ] = ""
    proxy: Annotated[
        str,
        Meta(
            pattern=r"^$|^https?://[^/\s]+/?$",
            description="The proxy through which sources, knowledge, webhooks, peers and the sign-in provider are "
            "called over TLS; empty: directly. What `[webhooks] allow` names and what is of the house are called "
            "directly, and mail goes to its own server (docs/security.md says what is checked then).",
            examples=["http://proxy.csirt.example:3128"],
        ),
    ] = ""
    demo_open: Annotated[
        bool,
        Meta(
            description="Lets anyone on this machine read as this node's organisation, without a token, in "
            "the live view. For `egnatia demo` only: refused unless `listen` is a loopback address.",
            examples=[False],
        ),
    ] = False


class Storage(Section, frozen=True, kw_only=True):
    """Where records live."""

    data: Annotated[
        str,
        Meta(
            min_length=1,
            description="The data directory: keys, the SQLite database. A relative path counts from the settings file.",
            examples=["/var/lib/egnatia"],
        ),
    ] = "."
    url: Annotated[
        str,
        Meta(
            pattern=r"^$|^(sqlite:///|postgresql(\+psycopg)?://).+",
            description="The database; empty: SQLite in the data directory. PostgreSQL: `postgresql://user@host/name`.",
            examples=["postgresql://egnatia@127.0.0.1/egnatia"],
        ),
    ] = ""


class Handling(Section, frozen=True, kw_only=True):
    """What applies to a record that carries no marking of its own. Never more open than TLP:AMBER."""

    default_tlp: Annotated[
        Literal["amber", "amber+strict", "red"],
        Meta(description="The TLP of an unmarked record.", examples=["amber"]),
    ] = "amber"
    default_audience: Annotated[
        tuple[str, ...],
        Meta(
            description="Audience markings that an unmarked record gets as well: ids of marking-definitions.",
            examples=[["marking-definition--0b7e1d6c-2e5b-4c39-8b0e-6d0a41b3a9f2"]],
        ),
    ] = ()


class Retention(Section, frozen=True, kw_only=True):
    """How long records stay. What an agreement or a record demands sooner is done sooner."""

    observables_days: Annotated[
        int,
        Meta(
            ge=0,
            description="Days after which observables and sightings are purged; 0 keeps them.",
            examples=[730],
        ),
    ] = 0
    personal_days: Annotated[
        int,
        Meta(
            ge=1,
            description="Days after which a record with personal data is purged, unless its agreement says sooner.",
            examples=[180],
        ),
    ] = 180


class Log(Section, frozen=True, kw_only=True):
    """What the node says about its own running. Never a record's body, a token or a key."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="The least level to write.", examples=["info"]),
    ] = "info"
    format: Annotated[
        Literal["text", "json"],
        Meta(description="`text` for people, `json` for collectors: one object per line.", examples=["json"]),
    ] = "text"


class Metrics(Section, frozen=True, kw_only=True):
    """Who may read /metrics."""

    access: Annotated[
        Literal["loopback", "token", "off"],
        Meta(
            description="`loopback`: from this machine only; `token`: whoever has a token with the right `administer`.",
            examples=["token"],
        ),
    ] = "loopback"


class Limits(Section, frozen=True, kw_only=True):
    """What one request may ask for."""

    body_bytes: Annotated[
        int,
        Meta(
            ge=1_000,
            le=1_000_000_000,
            description="The largest request body, in bytes. Larger files go through `egnatia import`.",
            examples=[33_554_432],
        ),
    ] = 33_554_432
    attachment_bytes: Annotated[
        int,
        Meta(
            ge=1_000,
            le=250_000_000,
            description="The largest file that may be attached to a case, in bytes. Through the pages `body_bytes` "
            "bounds it as well.",
            examples=[25_000_000],
        ),
    ] = 25_000_000
    match_bytes: Annotated[
        int,
        Meta(
            ge=1_000,
            le=4_000_000_000,
            description="The largest log that may be handed over on the page Match, in bytes as it is sent (packed or "
            "not). Larger ones go through `egnatia match`.",
            examples=[200_000_000],
        ),
    ] = 200_000_000
    match_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=86_400,
            description="How long the matching of such a log may take, in seconds; then it is ended.",
            examples=[900],
        ),
    ] = 900
    match_runs: Annotated[
        int, Meta(ge=0, le=64, description="The most logs that are matched at a time; 0: none are taken.", examples=[2])
    ] = 2
    page_records: Annotated[
        int, Meta(ge=1, le=10_000, description="The most records in one page of a feed.", examples=[1_000])
    ] = 1_000
    account_reads: Annotated[
        int,
        Meta(
            ge=60,
            le=1_000_000,
            description="The most pages that one person's browsers may read in a minute; beyond, they wait.",
            examples=[1_200],
        ),
    ] = 3_000
    token_reads: Annotated[
        int,
        Meta(
            ge=60,
            le=10_000_000,
            description="The most reads of one token in a minute, each up to `page_records` records; beyond, the "
            "program is told to wait (429, `Retry-After`).",
            examples=[6_000],
        ),
    ] = 60_000
    listeners: Annotated[int, Meta(ge=1, description="The most live listeners (SSE) at a time.", examples=[2_000])] = (
        2_000
    )


class Keys(Section, frozen=True, kw_only=True):
    """Where the passphrase comes from that the private keys are encrypted under: one source is used."""

    passphrase_env: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
            description="The environment variable that holds the passphrase.",
            examples=["EGNATIA_PASSPHRASE"],
        ),
    ] = "EGNATIA_PASSPHRASE"  # noqa: S105  the name of a variable
    passphrase_file: Annotated[
        str,
        Meta(
            description="A file that holds it (its first line); wins over the variable. "
            "Under systemd: a credential, as in deploy/egnatia.service.",
            examples=["/run/credentials/egnatia.service/passphrase"],
        ),
    ] = ""


class Settings(Section, frozen=True, kw_only=True):
    """Everything an operator decides."""

    organisation: Organisation = Organisation()
    network: Network = Network()
    storage: Storage = Storage()
    handling: Handling = Handling()
    retention: Retention = Retention()
    log: Log = Log()
    metrics: Metrics = Metrics()
    limits: Limits = Limits()
    keys: Keys = Keys()
    accounts: Accounts = Accounts()
    oidc: Oidc = Oidc()
    portal: Portal = Portal()
    mail: Mail = Mail()
    webhooks: Webhooks = Webhooks()
    incidents: Incidents = Incidents()
    base: str = "."
    """The folder that relative paths count from: the settings file's. Not a setting itself."""
    given: Mapping[str, str] = {}
    """Where each setting comes from that was given one, by `table.key`: the file, or the name of a variable."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return (Path(self.base) / self.storage.data).resolve()

    @property
    def database_url(self) -> str:
        """The database's URL; the SQLite file in the data directory unless another was set."""
        return self.storage.url or f"sqlite:///{self.data / 'egnatia.db'}"

    @property
    def host(self) -> str:
        """The address to listen on, without brackets."""
        return self.network.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.network.listen.rpartition(":")[2])

    @property
    def public_url(self) -> str:
        """The address under which others reach this node, without a slash at its end."""
        return (self.network.public_url or f"http://{self.network.listen}").rstrip("/")

    def oidc_secret(self, environ: Mapping[str, str] = os.environ) -> str:
        """The client's secret at the identity provider; empty for a client without one."""
        if not self.oidc.client_secret_file:
            return environ.get(self.oidc.client_secret_env, "")
        return self._first_line("oidc.client_secret_file", self.oidc.client_secret_file)

    def mail_password(self) -> str:
        """The password at the mail server; empty where there is none."""
        return self._first_line("mail.password_file", self.mail.password_file) if self.mail.password_file else ""

    @property
    def mail_ca_file(self) -> str | None:
        """The file of certificates for the mail server; None for the system's."""
        return str(Path(self.base) / self.mail.ca_file) if self.mail.ca_file else None

    def _first_line(self, key: str, file: str) -> str:
        path = Path(self.base) / file
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            message = f"{key}: cannot read {str(path)!r} ({error.strerror})"
            raise SettingsError(message) from error
        return lines[0] if lines else ""

    def passphrase(self, environ: Mapping[str, str] = os.environ) -> str:
        """The passphrase of the private keys, from the file or the variable that `[keys]` names."""
        if self.keys.passphrase_file:
            if line := self._first_line("keys.passphrase_file", self.keys.passphrase_file):
                return line
            path = Path(self.base) / self.keys.passphrase_file
            raise SettingsError(f"keys.passphrase_file: {str(path)!r} is empty; write the passphrase on its first line")
        if found := environ.get(self.keys.passphrase_env):
            return found
        raise SettingsError(
            f"The private keys are encrypted and no passphrase was given: set the environment variable "
            f"{self.keys.passphrase_env}, or name a file in keys.passphrase_file"
        )
