"""Writes permissions.md from the declarations in egnatia.web.permission: `python -m docs.permissions`."""

from pathlib import Path

from egnatia.web.navigation import all_entries
from egnatia.web.permission import GRANTS, HOUSE, MEANING, Permission, Role, granted, rights
from egnatia.web.visitor import PUBLIC_PERMISSIONS

PAGE = Path(__file__).with_suffix(".md")


def page() -> str:
    """The page as the code says it now."""
    roles = tuple(Role)
    lines = [
        "# Permissions",
        "",
        "<!-- Made by docs/permissions.py from egnatia.web.permission; change that. -->",
        "",
        "An account of a person has one or more roles; what it may do is all that its roles allow together. What is",
        "not in this table nobody may do. Which records a person sees is not decided here: that follows from the",
        "organisation that the account belongs to ([policy.md](policy.md)), whatever the role.",
        "",
        "| permission | what it allows | " + " | ".join(roles) + " |",
        "| --- | --- |" + " :-: |" * len(roles),
    ]
    for permission in Permission:
        granting = ("yes" if permission in granted(frozenset({role})) else "" for role in roles)
        lines.append(f"| {permission} | {MEANING[permission]} | {' | '.join(granting)} |")
    public = ", ".join(sorted(PUBLIC_PERMISSIONS))
    lines += [
        "",
        f"Who has not signed in has `{public}` alone, and reads what is TLP:CLEAR.",
        "",
        "An administrator does not publish and does not read the audit log unless given those roles too: nobody",
        "watches over themselves by default.",
        "",
        "An account of a hosted organisation (a bank on its CSIRT's node) never has, whatever its roles: "
        + ", ".join(f"`{permission}`" for permission in Permission if permission in HOUSE)
        + ".",
        "",
        "## Pages",
        "",
        "| page | needs |",
        "| --- | --- |",
        *(f"| `{entry.path}` ({entry.words}) | {entry.permission} |" for entry in all_entries()),
        "",
        "## At the gate of the exchange",
        "",
        "Where a page hands records in or out, it does so with the rights that a token has. They follow from the",
        "roles:",
        "",
        "| role | rights |",
        "| --- | --- |",
        *(f"| {role} | {', '.join(sorted(rights(GRANTS[role])))} |" for role in roles),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
