"""Every permission has its words wherever roles are explained."""

from egnatia.web.account.people import MEANS
from egnatia.web.permission import GRANTS, MEANING, Permission


def test_no_permission_is_without_words_or_without_a_role() -> None:
    assert set(MEANS) == set(MEANING) == set(Permission)
    assert frozenset().union(*GRANTS.values()) == set(Permission)
