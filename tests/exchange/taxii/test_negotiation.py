"""Accept and Content-Type: what is TAXII 2.1 passes, and nothing else."""

import pytest

from egnatia.exchange.taxii.negotiation import accepts_taxii, is_taxii


@pytest.mark.parametrize(
    "accept",
    [
        "application/taxii+json;version=2.1",
        "application/taxii+json; version=2.1",
        "application/taxii+json",
        "Application/TAXII+json;VERSION=2.1",
        'application/taxii+json;version="2.1"',
        "text/html, application/taxii+json;version=2.1;q=0.5",
        "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
        "*/*",
        "application/*;q=0.1",
    ],
)
def test_a_range_with_taxii_2_1_in_it_is_served(accept: str) -> None:
    assert accepts_taxii(accept)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "application/json",
        "application/taxii+json;version=2.0",
        "application/taxii+json;version=3.0",
        "application/vnd.oasis.taxii+json",
        "application/stix+json;version=2.1",
        "application/taxii+json;version=2.1;q=0",
        "*/*;q=0.0",
        ";;;===,,,",
    ],
)
def test_any_other_is_not_acceptable(accept: str | None) -> None:
    assert not accepts_taxii(accept)


@pytest.mark.parametrize("content_type", ["application/taxii+json;version=2.1", "application/taxii+json"])
def test_an_envelope_is_taxii(content_type: str) -> None:
    assert is_taxii(content_type)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "application/stix+json;version=2.1", "application/taxii+json;version=2.0", "*/*"],
)
def test_anything_else_is_no_envelope(content_type: str | None) -> None:
    assert not is_taxii(content_type)
