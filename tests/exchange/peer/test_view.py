"""A view is wider exactly when the clearance gained something."""

from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.peer.view import is_wider, view_of
from egnatia.policy.clearance import PUBLIC, AgreementInForce, Clearance, Standing

NAMES = st.sampled_from(["identity--a", "identity--b", "identity--c"])
AGREEMENTS = st.builds(
    AgreementInForce,
    id=NAMES,
    parties=st.frozensets(NAMES, max_size=2),
    types=st.frozensets(st.sampled_from(["indicator", "report"])),
    personal_data=st.booleans(),
)
STANDINGS = st.builds(
    Standing,
    organisation=NAMES,
    member=st.booleans(),
    groups=st.frozensets(NAMES, max_size=2),
    agreements=st.lists(AGREEMENTS, max_size=2).map(tuple),
)


@given(STANDINGS, STANDINGS)
def test_gaining_a_standing_is_wider_and_losing_one_is_not(one: Standing, other: Standing) -> None:
    few, many = view_of(Clearance((one,)), scope="own"), view_of(Clearance((one, other)), scope="own")
    assert not is_wider(few, many)
    assert is_wider(many, few) == (set(many.split()) != set(few.split()))


@given(STANDINGS, STANDINGS)
def test_the_order_of_standings_does_not_matter(one: Standing, other: Standing) -> None:
    assert view_of(Clearance((one, other)), scope="own") == view_of(Clearance((other, one)), scope="own")


def test_an_agreement_a_group_and_a_patron_widen() -> None:
    bare = Standing("identity--a")
    csirt = Standing("identity--b", member=True)
    before = view_of(Clearance((bare,)), scope="own")
    for gained in (
        Standing("identity--a", member=True),
        Standing("identity--a", groups=frozenset({"identity--g"})),
        Standing("identity--a", client_of=(csirt,)),
        Standing("identity--a", agreements=(AgreementInForce("x", frozenset({"identity--a"})),)),
    ):
        assert is_wider(view_of(Clearance((gained,)), scope="own"), before)
    assert is_wider(before, view_of(PUBLIC, scope="own"))
    assert is_wider(view_of(Clearance((bare,)), scope="all"), before)


def test_a_view_stays_short_however_many_organisations_a_node_hosts() -> None:
    crowd = Clearance(tuple(Standing(f"identity--{n}", member=True) for n in range(1_000)))
    assert len(view_of(crowd, scope="own")) == 64
