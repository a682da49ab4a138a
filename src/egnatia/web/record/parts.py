"""The headings of what stands inside records: extensions of the standard, parts of messages, keys and certificates."""

from collections.abc import Mapping
from typing import Final

from egnatia.record.marking import TLP_EXTENSION
from egnatia.record.schemas import AUDIENCE, PAP
from egnatia.web.language.speech import N_
from egnatia.web.record.properties import PROPERTIES

EXTENSIONS: Final[Mapping[str, str]] = {
    "archive-ext": N_("Archive"),
    "ntfs-ext": N_("NTFS"),
    "pdf-ext": N_("PDF"),
    "raster-image-ext": N_("Image"),
    "windows-pebinary-ext": N_("Windows program"),
    "http-request-ext": N_("HTTP request"),
    "icmp-ext": N_("ICMP"),
    "socket-ext": N_("Socket"),
    "tcp-ext": N_("TCP"),
    "windows-process-ext": N_("Windows process"),
    "windows-service-ext": N_("Windows service"),
    "unix-account-ext": N_("Unix account"),
    AUDIENCE.extension_id: N_("Audience"),
    PAP.extension_id: N_("Permissible actions"),
    TLP_EXTENSION: N_("Traffic light"),
}
"""What extensions are called that are known here."""

HEADINGS: Final[Mapping[str, str]] = {
    "comment": N_("Comment"),
    "counts": N_("Counts"),
    "skills": N_("Skills"),
    "on_call_from": N_("On call from"),
    "on_call_until": N_("On call until"),
    "kept_back": N_("Kept back: too few to be told"),
    "sid": N_("Security identifier"),
    "alternate_data_streams": N_("Alternate data streams"),
    "is_optimized": N_("Optimised"),
    "document_info_dict": N_("Document information"),
    "pdfid0": N_("First identifier"),
    "pdfid1": N_("Second identifier"),
    "image_height": N_("Height"),
    "image_width": N_("Width"),
    "bits_per_pixel": N_("Bits per pixel"),
    "exif_tags": N_("EXIF tags"),
    "pe_type": N_("Kind of program"),
    "imphash": N_("Hash of its imports"),
    "machine_hex": N_("Machine"),
    "number_of_sections": N_("Number of sections"),
    "time_date_stamp": N_("Time stamp"),
    "pointer_to_symbol_table_hex": N_("Pointer to the symbol table"),
    "number_of_symbols": N_("Number of symbols"),
    "size_of_optional_header": N_("Size of the optional header"),
    "characteristics_hex": N_("Characteristics"),
    "file_header_hashes": N_("Hashes of the header"),
    "optional_header": N_("Optional header"),
    "sections": N_("Sections"),
    "entropy": N_("Entropy"),
    "request_method": N_("Method"),
    "request_value": N_("Request"),
    "request_version": N_("Version"),
    "request_header": N_("Header"),
    "message_body_length": N_("Length of the body"),
    "message_body_data_ref": N_("Body"),
    "icmp_type_hex": N_("Type"),
    "icmp_code_hex": N_("Code"),
    "address_family": N_("Address family"),
    "is_blocking": N_("Blocking"),
    "is_listening": N_("Listening"),
    "options": N_("Options"),
    "socket_type": N_("Kind of socket"),
    "socket_descriptor": N_("Descriptor"),
    "socket_handle": N_("Handle"),
    "src_flags_hex": N_("Flags of the source"),
    "dst_flags_hex": N_("Flags of the destination"),
    "aslr_enabled": N_("Address randomisation"),
    "dep_enabled": N_("Data execution prevention"),
    "priority": N_("Priority"),
    "owner_sid": N_("Security identifier of the owner"),
    "window_title": N_("Title of the window"),
    "startup_info": N_("Start information"),
    "integrity_level": N_("Integrity level"),
    "service_name": N_("Name of the service"),
    "descriptions": N_("Descriptions"),
    "group_name": N_("Group"),
    "start_type": N_("Start"),
    "service_dll_refs": N_("Libraries"),
    "service_type": N_("Kind of service"),
    "service_status": N_("Status"),
    "gid": N_("Group number"),
    "groups": N_("Groups"),
    "home_dir": N_("Home directory"),
    "shell": N_("Shell"),
    "data": N_("Data"),
    "data_type": N_("Type of the data"),
}
"""Headings of properties that only parts have; others have theirs among the properties of records."""

TECHNICAL: Final = frozenset(
    {
        "magic_hex", "major_linker_version", "minor_linker_version", "size_of_code", "size_of_initialized_data",
        "size_of_uninitialized_data", "address_of_entry_point", "base_of_code", "base_of_data", "image_base",
        "section_alignment", "file_alignment", "major_os_version", "minor_os_version", "major_image_version",
        "minor_image_version", "major_subsystem_version", "minor_subsystem_version", "win32_version_value_hex",
        "size_of_image", "size_of_headers", "checksum_hex", "subsystem_hex", "dll_characteristics_hex",
        "size_of_stack_reserve", "size_of_stack_commit", "size_of_heap_reserve", "size_of_heap_commit",
        "loader_flags_hex", "number_of_rva_and_sizes", "basic_constraints", "name_constraints", "policy_constraints",
        "key_usage", "extended_key_usage", "subject_key_identifier", "authority_key_identifier",
        "subject_alternative_name", "issuer_alternative_name", "subject_directory_attributes",
        "crl_distribution_points", "inhibit_any_policy", "private_key_usage_period_not_before",
        "private_key_usage_period_not_after", "certificate_policies", "policy_mappings",
    }
)  # fmt: skip
"""Properties that analysts know by the names that the PE and X.509 formats give them, in every language."""


def heading(name: str) -> str:
    """The heading of a property inside a record, marked for translation; the name itself where nobody declared one."""
    if name in HEADINGS:
        return HEADINGS[name]
    if name in EXTENSIONS:
        return EXTENSIONS[name]
    declared = PROPERTIES.get(name)
    return declared.words if declared is not None else name
