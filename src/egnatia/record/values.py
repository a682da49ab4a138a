"""Observable values: what correlation and matching look a record up by."""

from typing import Any

from egnatia.record.record import Value


def values_of(type: str, decoded: dict[str, Any]) -> tuple[Value, ...]:  # noqa: A002  (STIX spelling)
    """The observable values of one record, normalised, each once."""
    value = decoded.get("value")
    return (Value(f"{type}:value", value.lower()),) if isinstance(value, str) else ()
