"""A selector names a property of a record, or a part of one: `labels.[0]`, `hashes.MD5` (STIX 2.1 section 7.2.3.1)."""

import re
from collections.abc import Mapping
from typing import Any

_SELECTOR = re.compile(r"id|[a-z0-9_-]{3,250}(?:\.(?:\[[0-9]{1,9}\]|[A-Za-z0-9_-]{1,250}))*")


def is_selector(text: str) -> bool:
    """Whether `text` has a selector's form."""
    return _SELECTOR.fullmatch(text) is not None


def resolves(selector: str, record: Mapping[str, Any]) -> bool:
    """Whether the selector names something that the record has."""
    here: Any = record
    for step in selector.split("."):
        if step.startswith("["):
            index = int(step[1:-1])
            if not isinstance(here, list) or index >= len(here):
                return False
            here = here[index]
        elif isinstance(here, Mapping) and step in here:
            here = here[step]
        else:
            return False
    return True
