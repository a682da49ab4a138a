"""The table of permissions is what the code grants, and every permission stands in it."""

from docs.permissions import PAGE, page

from egnatia.web.permission import MEANING, Permission


def test_the_page_is_what_the_code_grants() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/permissions.md is stale: make docs"


def test_every_permission_has_its_words() -> None:
    assert set(MEANING) == set(Permission)
