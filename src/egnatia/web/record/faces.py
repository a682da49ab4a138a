"""The face of every record type, in the order of the standard, ours last; a domain declares those of its own."""

from collections.abc import Iterable
from typing import Final

from egnatia.web.language.speech import N_
from egnatia.web.record.face import Face, Property, Shape
from egnatia.web.record.properties import PROPERTIES

S = Shape


def face(type_: str, words: str, about: str, names: str, *own: Property) -> Face:
    """A face with these properties, by name; `own` are those that mean something else here than elsewhere."""
    here = {each.name: each for each in own}
    properties = tuple(here.get(name) or PROPERTIES[name] for name in names.split())
    return Face(type=type_, words=words, about=about, properties=properties)


_DOMAIN: Final = (
    face("attack-pattern", N_("Attack method"), N_("A way in which attackers proceed"),
          "name description aliases kill_chain_phases"),
    face("campaign", N_("Campaign"), N_("Attacks over some time against certain targets"),
          "name description aliases objective first_seen last_seen"),
    face("course-of-action", N_("Advice"), N_("What to do against an attack"), "name description"),
    face("grouping", N_("Group of records"), N_("Records that belong together while work on them goes on"),
          "name description context object_refs"),
    face("identity", N_("Organisation or person"), N_("An organisation, a group, a sector or a person"),
          "name description identity_class roles sectors contact_information"),
    face("incident", N_("Incident"), N_("Something that happened and has to be dealt with"), "name description"),
    face("indicator", N_("Indicator"), N_("What to look for in order to find an attack"),
          "name description pattern pattern_type pattern_version indicator_types valid_from valid_until "
          "kill_chain_phases"),
    face("infrastructure", N_("Infrastructure"), N_("Servers and services that attackers or defenders use"),
          "name description infrastructure_types aliases kill_chain_phases first_seen last_seen"),
    face("intrusion-set", N_("Intrusion set"), N_("Activity that seems to be the work of one organisation"),
          "name description aliases goals primary_motivation secondary_motivations resource_level first_seen "
          "last_seen"),
    face("location", N_("Place"), N_("A region, an economy, a city or a point on the map"),
          "name description country region administrative_area city street_address postal_code latitude longitude "
          "precision"),
    face("malware", N_("Malware"), N_("Malicious software, one sample or a family"),
          "name description is_family malware_types aliases capabilities kill_chain_phases first_seen last_seen "
          "operating_system_refs architecture_execution_envs implementation_languages sample_refs"),
    face("malware-analysis", N_("Malware analysis"), N_("What an analysis of malware found"),
          "product version result result_name sample_ref analysis_sco_refs submitted analysis_started analysis_ended "
          "host_vm_ref operating_system_ref installed_software_refs configuration_version modules "
          "analysis_engine_version analysis_definition_version"),
    face("note", N_("Note"), N_("A remark on other records"), "abstract content authors object_refs"),
    face("observed-data", N_("Observation"), N_("What was seen on networks and computers, when and how often"),
          "first_observed last_observed number_observed object_refs objects",
          Property("object_refs", N_("What was observed"), S.REFS, hint=N_("One on each line"))),
    face("opinion", N_("Opinion"), N_("How far you agree with another record"),
          "opinion explanation authors object_refs"),
    face("report", N_("Report"), N_("What happened, told as a whole, with the records that belong to it"),
          "name description report_types published object_refs",
          Property("object_refs", N_("Records in this report"), S.REFS, hint=N_("One on each line"))),
    face("threat-actor", N_("Threat actor"), N_("Those who are believed to be behind attacks"),
          "name description threat_actor_types aliases roles goals sophistication resource_level primary_motivation "
          "secondary_motivations personal_motivations first_seen last_seen",
          Property("roles", N_("Roles"), S.WORDS, "threat-actor-role")),
    face("tool", N_("Tool"), N_("Legitimate software that attackers use"),
          "name description tool_types tool_version aliases kill_chain_phases"),
    face("vulnerability", N_("Vulnerability"), N_("A weakness that attackers can use"), "name description"),
)  # fmt: skip

_RELATIONS: Final = (
    face("relationship", N_("Link"), N_("How two records belong together"),
          "source_ref relationship_type target_ref description start_time stop_time"),
    face("sighting", N_("Sighting"), N_("We have seen this too"),
          "sighting_of_ref count first_seen last_seen where_sighted_refs observed_data_refs description summary"),
)  # fmt: skip

_FILE_NAME: Final = Property("name", N_("Name"), S.VALUE)

_OBSERVABLES: Final = (
    face("artifact", N_("Payload"), N_("Bytes that were found, in the record or at an address"),
          "mime_type payload_bin url hashes encryption_algorithm decryption_key"),
    face("autonomous-system", N_("Autonomous system"), N_("A network of the internet by its number"),
          "number name rir"),
    face("directory", N_("Directory"), N_("A directory of a file system"),
          "path path_enc ctime mtime atime contains_refs"),
    face("domain-name", N_("Domain name"), N_("A name in the domain name system"), "value resolves_to_refs"),
    face("email-addr", N_("E-mail address"), N_("An address to which mail is sent"),
          "value display_name belongs_to_ref"),
    face("email-message", N_("E-mail message"), N_("A message and its headers"),
          "subject from_ref sender_ref to_refs cc_refs bcc_refs date message_id is_multipart body body_multipart "
          "content_type received_lines additional_header_fields raw_email_ref"),
    face("file", N_("File"), N_("A file by its hashes or its name"),
          "name hashes size mime_type magic_number_hex name_enc ctime mtime atime parent_directory_ref contains_refs "
          "content_ref", _FILE_NAME),
    face("ipv4-addr", N_("IPv4 address"), N_("An address or a network"), "value resolves_to_refs belongs_to_refs"),
    face("ipv6-addr", N_("IPv6 address"), N_("An address or a network"), "value resolves_to_refs belongs_to_refs"),
    face("mac-addr", N_("MAC address"), N_("The address of a network card"), "value",
          Property("value", N_("Value"), S.CODE)),
    face("mutex", N_("Mutex"), N_("A name by which programs exclude each other"), "name",
          Property("name", N_("Name"), S.CODE)),
    face("network-traffic", N_("Network traffic"), N_("A connection from a source to a destination"),
          "src_ref src_port dst_ref dst_port protocols start end is_active src_byte_count dst_byte_count src_packets "
          "dst_packets src_payload_ref dst_payload_ref encapsulates_refs encapsulated_by_ref ipfix"),
    face("process", N_("Process"), N_("A running program"),
          "command_line pid image_ref cwd created_time creator_user_ref is_hidden parent_ref child_refs "
          "opened_connection_refs environment_variables"),
    face("software", N_("Software"), N_("A program, or an operating system"),
          "name vendor version cpe swid languages"),
    face("url", N_("Web address"), N_("The address of a page or a file"), "value"),
    face("user-account", N_("User account"), N_("An account of a person or a service"),
          "user_id account_login display_name account_type is_service_account is_privileged can_escalate_privs "
          "is_disabled account_created account_expires credential credential_last_changed account_first_login "
          "account_last_login"),
    face("windows-registry-key", N_("Registry key"), N_("A key of the Windows registry"),
          "key values modified_time creator_user_ref number_of_subkeys"),
    face("x509-certificate", N_("Certificate"), N_("An X.509 certificate"),
          "subject issuer serial_number hashes validity_not_before validity_not_after is_self_signed version "
          "signature_algorithm subject_public_key_algorithm subject_public_key_modulus subject_public_key_exponent "
          "x509_v3_extensions"),
)  # fmt: skip

_META: Final = (
    face("language-content", N_("Translation"), N_("The text of another record in further languages"),
          "object_ref object_modified contents"),
    face("marking-definition", N_("Marking"), N_("A way in which records may be handled"),
          "name definition_type definition"),
    face("extension-definition", N_("Extension"), N_("What somebody adds to STIX"),
          "name description version extension_types extension_properties schema"),
)  # fmt: skip

_OWN: Final = (
    face("sharing-agreement", N_("Sharing agreement"), N_("The terms under which organisations share records"),
          "name description parties purposes legal_basis record_types personal_data retention onward_sharing "
          "valid_from valid_until suspended"),
    face("receipt", N_("Receipt"), N_("What became of a record at who received it"),
          "event at recipient_ref object_refs recall_ref attestation count reason",
          Property("count", N_("How many records"), S.NUMBER)),
    face("recall", N_("Recall"), N_("Its owner takes a record back"),
          "object_ref action reason new_marking_refs object_modified"),
    face("sealed-record", N_("Sealed record"), N_("Records on their way to named recipients, closed to all others"),
          "recipient_refs ciphertext"),
    face("case", N_("Case"), N_("Work of several organisations on one matter"),
          "title workflow workflow_version parties facts exercise at", Property("parties", N_("Parties"), S.PARTS)),
    face("case-event", N_("Event in a case"), N_("What one party did in a case"),
          "case_ref does text fields about object_refs after only_roles by at"),
    face("case-attachment", N_("File of a case"), N_("A file that a party of a case added"),
          "name case_ref size sha256 mime_type piece_refs"),
    face("case-attachment-piece", N_("Piece of a file"), N_("A piece of a file of a case"), "case_ref payload_bin"),
)  # fmt: skip

FACES: Final[dict[str, Face]] = {each.type: each for each in (*_DOMAIN, *_RELATIONS, *_OBSERVABLES, *_META, *_OWN)}
"""By record type; once a node is open, those of its domains too."""

OBSERVABLE_TYPES: Final = frozenset(each.type for each in _OBSERVABLES)
DOMAIN_TYPES: Final = tuple(each.type for each in _DOMAIN)
UNKNOWN: Final = N_("Record of another kind")


def learn(faces: Iterable[Face]) -> None:
    """From now on these types have a face too; for a node that opens. Raises ValueError for one that has a face."""
    for each in faces:
        if each.type in FACES:
            raise ValueError(f"{each.type} has a face already")
        FACES[each.type] = each


def kind_words(type_: str) -> str:
    """What people call a record type, marked for translation."""
    face = FACES.get(type_)
    return face.words if face is not None else UNKNOWN
