"""Observables of hosts: processes, software, accounts, registry keys, certificates (STIX 2.1 section 6)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec

from egnatia.record.common import Observable
from egnatia.record.format import Count, Dictionary, Hashes, Instant, Integer, Some, to
from egnatia.record.rule import Properties, Rule, at_least_one, claim, later

HIVES: Mapping[str, str] = {
    "HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKCR": "HKEY_CLASSES_ROOT", "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}  # fmt: skip
"""The hives of the Windows registry by their short names, which the standard does not admit."""


class Mutex(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="mutex"):
    """A mutual exclusion object (STIX 2.1 section 6.11)."""

    name: str

    section: ClassVar[str] = "6.11"


class WindowsProcess(msgspec.Struct, frozen=True, kw_only=True):
    """What Windows knows of a process (STIX 2.1 section 6.13.2)."""

    aslr_enabled: bool | None = None
    dep_enabled: bool | None = None
    priority: str | None = None
    owner_sid: str | None = None
    window_title: str | None = None
    startup_info: Dictionary | None = None
    integrity_level: Literal["low", "medium", "high", "system"] | None = None

    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one(
            "6.13.2", "aslr_enabled", "dep_enabled", "priority", "owner_sid", "window_title", "startup_info",
            "integrity_level",
        ),
    )  # fmt: skip


class WindowsService(msgspec.Struct, frozen=True, kw_only=True):
    """A Windows service (STIX 2.1 section 6.13.3)."""

    service_name: str | None = None
    descriptions: Some[str] = ()
    display_name: str | None = None
    group_name: str | None = None
    start_type: (
        Literal[
            "SERVICE_AUTO_START",
            "SERVICE_BOOT_START",
            "SERVICE_DEMAND_START",
            "SERVICE_DISABLED",
            "SERVICE_SYSTEM_ALERT",
        ]
        | None
    ) = None
    service_dll_refs: Some[Annotated[str, to("file")]] = ()
    service_type: (
        Literal[
            "SERVICE_KERNEL_DRIVER",
            "SERVICE_FILE_SYSTEM_DRIVER",
            "SERVICE_WIN32_OWN_PROCESS",
            "SERVICE_WIN32_SHARE_PROCESS",
        ]
        | None
    ) = None
    service_status: (
        Literal[
            "SERVICE_CONTINUE_PENDING",
            "SERVICE_PAUSE_PENDING",
            "SERVICE_PAUSED",
            "SERVICE_RUNNING",
            "SERVICE_START_PENDING",
            "SERVICE_STOP_PENDING",
            "SERVICE_STOPPED",
        ]
        | None
    ) = None

    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one(
            "6.13.3", "service_name", "descriptions", "display_name", "group_name", "start_type", "service_dll_refs",
            "service_type", "service_status",
        ),
    )  # fmt: skip


class Process(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="process"):
    """A running program (STIX 2.1 section 6.13). Its identifier is never deterministic."""

    is_hidden: bool | None = None
    pid: Integer | None = None
    created_time: Instant | None = None
    cwd: str | None = None
    command_line: str | None = None
    environment_variables: Dictionary | None = None
    opened_connection_refs: Some[Annotated[str, to("network-traffic")]] = ()
    creator_user_ref: Annotated[str, to("user-account")] | None = None
    image_ref: Annotated[str, to("file")] | None = None
    parent_ref: Annotated[str, to("process")] | None = None
    child_refs: Some[Annotated[str, to("process")]] = ()

    section: ClassVar[str] = "6.13"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one(
            "6.13", "extensions", "is_hidden", "pid", "created_time", "cwd", "command_line", "environment_variables",
            "opened_connection_refs", "creator_user_ref", "image_ref", "parent_ref", "child_refs",
        ),
    )  # fmt: skip
    extension_kinds: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "windows-process-ext": WindowsProcess,
        "windows-service-ext": WindowsService,
    }


class Software(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="software"):
    """A program, including an operating system (STIX 2.1 section 6.14)."""

    name: str
    cpe: str | None = None
    swid: str | None = None
    languages: Some[str] = ()
    vendor: str | None = None
    version: str | None = None

    section: ClassVar[str] = "6.14"


class UnixAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What Unix knows of an account (STIX 2.1 section 6.16.2)."""

    gid: Integer | None = None
    groups: Some[str] = ()
    home_dir: str | None = None
    shell: str | None = None

    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("6.16.2", "gid", "groups", "home_dir", "shell"),)


class UserAccount(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="user-account"):
    """An account of a person or a service (STIX 2.1 section 6.16)."""

    user_id: str | None = None
    credential: str | None = None
    account_login: str | None = None
    account_type: str | None = None
    display_name: str | None = None
    is_service_account: bool | None = None
    is_privileged: bool | None = None
    can_escalate_privs: bool | None = None
    is_disabled: bool | None = None
    account_created: Instant | None = None
    account_expires: Instant | None = None
    credential_last_changed: Instant | None = None
    account_first_login: Instant | None = None
    account_last_login: Instant | None = None

    section: ClassVar[str] = "6.16"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one(
            "6.16", "user_id", "credential", "account_login", "account_type", "display_name", "is_service_account",
            "is_privileged", "can_escalate_privs", "is_disabled", "account_created", "account_expires",
            "credential_last_changed", "account_first_login", "account_last_login", "extensions",
        ),
        later("account_last_login", "account_first_login", "6.16", or_equal=True),
    )  # fmt: skip
    extension_kinds: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"unix-account-ext": UnixAccount}


RegistryType = Literal[
    "REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN",
    "REG_DWORD_LITTLE_ENDIAN", "REG_LINK", "REG_MULTI_SZ", "REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTION",
    "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD", "REG_INVALID_TYPE",
]  # fmt: skip


class RegistryValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value under a registry key (STIX 2.1 section 6.17.2)."""

    name: str | None = None
    data: str | None = None
    data_type: RegistryType | None = None

    rules: ClassVar[tuple[Rule, ...]] = (at_least_one("6.17.2", "name", "data", "data_type"),)


def _names_its_hive(record: Properties) -> bool:
    return record["key"].partition("\\")[0].upper() not in HIVES


class WindowsRegistryKey(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="windows-registry-key"):
    """A key of the Windows registry (STIX 2.1 section 6.17)."""

    key: str | None = None
    values: Some[RegistryValue] = ()
    modified_time: Instant | None = None
    creator_user_ref: Annotated[str, to("user-account")] | None = None
    number_of_subkeys: Count | None = None

    section: ClassVar[str] = "6.17"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one("6.17", "key", "values", "modified_time", "creator_user_ref", "number_of_subkeys"),
        claim("key", "6.17", "the hive in full (HKEY_LOCAL_MACHINE, not HKLM)", _names_its_hive),
    )


class CertificateExtensions(msgspec.Struct, frozen=True, kw_only=True):
    """X.509 v3 extensions (STIX 2.1 section 6.18.2)."""

    basic_constraints: str | None = None
    name_constraints: str | None = None
    policy_constraints: str | None = None
    key_usage: str | None = None
    extended_key_usage: str | None = None
    subject_key_identifier: str | None = None
    authority_key_identifier: str | None = None
    subject_alternative_name: str | None = None
    issuer_alternative_name: str | None = None
    subject_directory_attributes: str | None = None
    crl_distribution_points: str | None = None
    inhibit_any_policy: str | None = None
    private_key_usage_period_not_before: Instant | None = None
    private_key_usage_period_not_after: Instant | None = None
    certificate_policies: str | None = None
    policy_mappings: str | None = None


class X509Certificate(Observable, frozen=True, kw_only=True, omit_defaults=True, tag="x509-certificate"):
    """An X.509 certificate (STIX 2.1 section 6.18)."""

    is_self_signed: bool | None = None
    hashes: Hashes | None = None
    version: str | None = None
    serial_number: str | None = None
    signature_algorithm: str | None = None
    issuer: str | None = None
    validity_not_before: Instant | None = None
    validity_not_after: Instant | None = None
    subject: str | None = None
    subject_public_key_algorithm: str | None = None
    subject_public_key_modulus: str | None = None
    subject_public_key_exponent: Integer | None = None
    x509_v3_extensions: CertificateExtensions | None = None

    section: ClassVar[str] = "6.18"
    rules: ClassVar[tuple[Rule, ...]] = (
        at_least_one(
            "6.18", "is_self_signed", "hashes", "version", "serial_number", "signature_algorithm", "issuer",
            "validity_not_before", "validity_not_after", "subject", "subject_public_key_algorithm",
            "subject_public_key_modulus", "subject_public_key_exponent", "x509_v3_extensions",
        ),
        claim("x509_v3_extensions", "6.18.2", "at least one", lambda record: bool(record["x509_v3_extensions"])),
    )  # fmt: skip
