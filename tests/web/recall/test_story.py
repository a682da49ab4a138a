"""Three running nodes: published under AMBER to one, it arrives there and not at the other; a recall is obeyed."""

from pathlib import Path

from tests.web.house import House, csrf_of
from tests.web.neighbour import neighbour, until

from egnatia.web.permission import Role


def paired(one: House, other: House) -> None:
    """Both have confirmed each other."""
    for here, there in ((one, other), (other, one)):
        here.node.pairings.accept(there.node.pairings.invite())
        here.node.pairings.confirm(there.node.node_id)
    for each in (one, other):
        each.node.forget_facts()


def test_published_under_amber_seen_by_who_is_named_recalled_and_obeyed(tmp_path: Path) -> None:
    with (
        neighbour(tmp_path / "a", "Alpha", "AL") as alpha,
        neighbour(tmp_path / "b", "Beta", "MK") as beta,
        neighbour(tmp_path / "c", "Gamma", "RS") as gamma,
    ):
        paired(alpha, beta)
        paired(alpha, gamma)
        with alpha.visitor(Role.PUBLISHER) as author, beta.visitor(Role.READER) as reader:
            form = {"p_name": "Autumn mails", "tlp": "amber", "audience": [beta.node.own]}
            csrf = csrf_of(author.get("/publish/new/campaign").text)
            where = "/publish/new/campaign"
            page = author.post(where, data={**form, "csrf": csrf, "do": "preview"}).text
            assert "Alpha names Beta in its audience" in page
            assert "does not name Gamma" in page
            place = author.post(where, data={**form, "csrf": csrf, "do": "publish"}).headers["location"]
            until(lambda: reader.get(place).status_code == 200)
            told = reader.get(place).text
            assert "Autumn mails" in told
            assert "from the node of Alpha" in told
            assert "Its origin is proven" in reader.get(f"{place}/origin").text
            assert reader.get(f"{place}/audience").status_code == 404
            until(lambda: "its node acknowledged it" in author.get(f"{place}/audience").text)
            record = place.rpartition("/")[2]
            with gamma.visitor(Role.READER) as outsider:
                assert outsider.get(place).status_code == 404
            recall = author.post(
                f"/recall/{record}", data={"csrf": csrf, "action": "withdraw", "reason": "Wrong", "do": "recall"}
            ).headers["location"]
            until(lambda: reader.get(place).status_code == 404)
            until(lambda: "All nodes have complied" in author.get(recall).text)
            complied = author.get(recall).text
            assert "Beta" in complied
            assert "Gamma" not in complied
