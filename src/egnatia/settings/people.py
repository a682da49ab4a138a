"""The settings that are about people: how they come in, and what the node tells them and others."""

from typing import Annotated, Literal

from msgspec import Meta

from egnatia.settings.section import Section


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
