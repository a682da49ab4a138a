"""Writes the generated parts of policy.md anew: `python -m docs.policy`."""

from pathlib import Path

from egnatia.policy.table import decision_table, rule_table

PAGE = Path(__file__).with_suffix(".md")


def generated(page: str) -> str:
    """The page with its generated parts as the code says them now."""
    for name, part in (("decisions", decision_table()), ("rules", rule_table())):
        before, start, rest = page.partition(f"<!-- {name}: generated -->\n")
        _, end, after = rest.partition("<!-- end -->")
        page = before + start + part + end + after
    return page


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text("utf-8")), "utf-8")
