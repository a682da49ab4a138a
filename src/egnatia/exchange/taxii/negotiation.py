"""Which media types a TAXII request may name (TAXII 2.1 sections 1.6.8 and 3.1)."""

TAXII = "application/taxii+json;version=2.1"
"""What every answer is, errors too."""

STIX = "application/stix+json;version=2.1"
"""What every object is."""


def accepts_taxii(accept: str | None) -> bool:
    """Whether the Accept header admits TAXII 2.1 in JSON.

    Without a version the latest is meant, which is 2.1. A missing header admits nothing: TAXII requests must
    carry one with a TAXII media range (section 3.1); the wildcards are such ranges (RFC 9110 section 12.5.1).
    """
    return accept is not None and any(_admits(media_range) for media_range in accept.split(","))


def is_taxii(content_type: str | None) -> bool:
    """Whether the Content-Type of a request body is TAXII in JSON, in no version or in 2.1."""
    if content_type is None:
        return False
    name, parameters = _media(content_type)
    return name == "application/taxii+json" and parameters.get("version", "2.1") == "2.1"


def _admits(media_range: str) -> bool:
    name, parameters = _media(media_range)
    if _never(parameters.pop("q", "1")):
        return False
    if name in {"*/*", "application/*"}:
        return True
    return name == "application/taxii+json" and parameters.get("version", "2.1") == "2.1"


def _never(quality: str) -> bool:
    """A weight of zero excludes the range; one that is no number is read as 1, as clients that err mean it."""
    try:
        return float(quality) <= 0
    except ValueError:
        return False


def _media(value: str) -> tuple[str, dict[str, str]]:
    name, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    return name.strip().lower(), {key.strip().lower(): found.strip().strip('"') for key, _, found in pairs}
