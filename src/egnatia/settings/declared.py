"""Every setting, declared once: its meaning, its default, its limits and an example.

The reading, the checking, the messages and docs/reference/settings.md all come from these declarations.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

FILE = "egnatia.toml"
"""The settings file's name inside a data directory."""

HOST_PORT = r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$"
IDENTITY = r"^identity--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

Economy = Literal["AL", "BA", "XK", "ME", "MK", "RS", "regional", "other"]


class SettingsError(ValueError):
    """A setting that cannot be used: it names the file or variable, the key, the value and what to do."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of settings: one table of the TOML file."""


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
    page_records: Annotated[
        int, Meta(ge=1, le=10_000, description="The most records in one page of a feed.", examples=[1_000])
    ] = 1_000
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


class Accounts(Section, frozen=True, kw_only=True):
    """How long people stay signed in at the node's pages."""

    idle_minutes: Annotated[
        int,
        Meta(ge=5, le=1_440, description="Minutes without a request after which a session ends.", examples=[60]),
    ] = 60
    session_hours: Annotated[
        int,
        Meta(ge=1, le=168, description="Hours after which a session ends in any case.", examples=[12]),
    ] = 12


class Oidc(Section, frozen=True, kw_only=True):
    """An identity provider (OpenID Connect) with which people may sign in; none while `issuer` is empty.

    The second factor is the provider's duty then: it must say in `acr` or `amr` that there was one.
    """

    issuer: Annotated[
        str,
        Meta(
            pattern=r"^$|^https://[^\s?#]+$|^http://(localhost|127\.0\.0\.1)(:[0-9]+)?[^\s?#]*$",
            description="The provider's issuer URL, exactly as it writes it. TLS, but on loopback.",
            examples=["https://login.ministry.example"],
        ),
    ] = ""
    name: Annotated[
        str, Meta(max_length=60, description="What people call the provider.", examples=["Ministry account"])
    ] = ""
    client_id: Annotated[str, Meta(description="What the provider knows this node as.", examples=["egnatia"])] = ""
    client_secret_env: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
            description="The environment variable that holds the client's secret; a client without one needs none.",
            examples=["EGNATIA_OIDC_SECRET"],
        ),
    ] = "EGNATIA_OIDC_SECRET"  # noqa: S105  the name of a variable
    client_secret_file: Annotated[
        str,
        Meta(
            description="A file that holds it (its first line); wins over the variable.",
            examples=["/run/credentials/egnatia.service/oidc"],
        ),
    ] = ""
    scopes: Annotated[
        tuple[str, ...],
        Meta(description="What is asked of the provider besides `openid`.", examples=[["profile", "groups"]]),
    ] = ("profile",)
    name_claim: Annotated[
        str,
        Meta(min_length=1, description="The claim that becomes the sign-in name.", examples=["preferred_username"]),
    ] = "preferred_username"
    roles_claim: Annotated[
        str,
        Meta(min_length=1, description="The claim that lists the person's groups.", examples=["groups"]),
    ] = "groups"
    roles: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^.+=(reader|analyst|publisher|administrator|auditor)$")], ...],
        Meta(
            description="Which group has which role, as `group=role` (reader, analyst, publisher, administrator, "
            "auditor). Where any is given, the groups of each sign-in decide the roles; else administrators do.",
            examples=[["soc=analyst", "soc-leads=publisher"]],
        ),
    ] = ()
    create: Annotated[
        Literal["never", "with a role"],
        Meta(
            description="Whether an account is made for a person who signs in for the first time: `never` "
            "(`egnatia user add --subject`), or for those whose groups give them a role.",
            examples=["with a role"],
        ),
    ] = "never"
    required_acr: Annotated[
        tuple[str, ...],
        Meta(
            description="Values of `acr`, one of which the provider must state: those that mean two factors.",
            examples=[["phr"]],
        ),
    ] = ()
    required_amr: Annotated[
        tuple[str, ...],
        Meta(
            description="Values of `amr`, one of which the provider must state (RFC 8176).",
            examples=[["mfa", "hwk"]],
        ),
    ] = ()


class Mail(Section, frozen=True, kw_only=True):
    """The mail server (SMTP) through which this node writes to people; while `host` is empty no mail is sent."""

    host: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_.:-]*$", description="The mail server's name.", examples=["mail.csirt.example"]),
    ] = ""
    port: Annotated[
        int, Meta(ge=1, le=65_535, description="Its port: 587 with `starttls`, 465 with `tls`.", examples=[587])
    ] = 587
    tls: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            description="How the connection is protected: `starttls` (refused where the server does not offer it), "
            "`tls` from the beginning, or `none`, which is for a server on this machine only.",
            examples=["tls"],
        ),
    ] = "starttls"
    ca_file: Annotated[
        str,
        Meta(
            description="A file with the certificates that the server's is checked against; empty: the system's.",
            examples=["/etc/egnatia/mail-ca.pem"],
        ),
    ] = ""
    user: Annotated[str, Meta(description="Whom to sign in as; empty: nobody.", examples=["egnatia"])] = ""
    password_file: Annotated[
        str,
        Meta(
            description="A file that holds the password (its first line).",
            examples=["/run/credentials/egnatia.service/mail"],
        ),
    ] = ""
    sender: Annotated[
        str,
        Meta(
            pattern=r"^$|^[^@\s<>,;]+@[^@\s<>,;]+$",
            description="The address that letters come from.",
            examples=["exchange@csirt.example"],
        ),
    ] = ""
    words_up_to: Annotated[
        Literal["none", "clear", "green", "amber"],
        Meta(
            description="Up to which TLP of a case or record a letter or call says what it is about; beyond, it says "
            "only that there is something, and where to read it.",
            examples=["clear"],
        ),
    ] = "green"
    per_minute: Annotated[
        int, Meta(ge=1, le=6_000, description="The most letters in a minute; the rest waits.", examples=[60])
    ] = 60
    per_person: Annotated[
        int,
        Meta(ge=1, le=1_000, description="The most letters to one address in an hour; the rest waits.", examples=[60]),
    ] = 60


class Webhooks(Section, frozen=True, kw_only=True):
    """Where this node may call programs when something happens: public addresses over TLS, unless more is allowed."""

    allow: Annotated[
        tuple[str, ...],
        Meta(
            description="Hosts, addresses and networks inside, that may be called too, also without TLS.",
            examples=[["siem.csirt.example", "10.20.0.0/16"]],
        ),
    ] = ()
    per_minute: Annotated[
        int, Meta(ge=1, le=60_000, description="The most calls in a minute; the rest waits.", examples=[600])
    ] = 600


class Portal(Section, frozen=True, kw_only=True):
    """The public portal under /public: what is TLP:CLEAR for everyone, in six languages, without signing in."""

    open: Annotated[bool, Meta(description="Whether there is a portal.", examples=[True])] = True
    front: Annotated[
        bool,
        Meta(description="Whether who comes to the node's address without a session gets the portal.", examples=[True]),
    ] = False
    title: Annotated[
        str,
        Meta(
            max_length=100, description="What the portal is called; empty: the organisation's name.", examples=["CSIRT"]
        ),
    ] = ""
    reports: Annotated[
        bool,
        Meta(description="Whether anybody may report a suspicious mail, a link or an incident there.", examples=[True]),
    ] = True
    reports_days: Annotated[
        int,
        Meta(
            ge=1,
            le=3_650,
            description="Days after which what was reported is erased, once it is settled.",
            examples=[180],
        ),
    ] = 180
    contact_days: Annotated[
        int,
        Meta(ge=1, le=3_650, description="Days after which the address of who reported is erased.", examples=[30]),
    ] = 30


class Incidents(Section, frozen=True, kw_only=True):
    """Whom this node tells how many incidents it has open: numbers without details, small ones kept back."""

    tell: Annotated[
        tuple[str, ...],
        Meta(
            description="Identity ids of the organisations that keep the regional picture; nobody is told where empty.",
            examples=[["identity--5f1d2c9e-0000-4000-8000-000000000001"]],
        ),
    ] = ()
    tell_every_hours: Annotated[
        int, Meta(ge=1, le=8_760, description="How often they are told, if the numbers have changed.", examples=[24])
    ] = 24


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
