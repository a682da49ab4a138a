"""The OpenAPI document is what the API does: schemathesis asks it everything that the document allows, and more."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.exchange.served import OWN, Served, indicator, served

load_all_checks()
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A node with a few records."""
    with served(tmp_path_factory.mktemp("openapi")) as running:
        running.node.submit(*(indicator(number) for number in range(5)))
        yield running


def test_the_api_does_what_its_document_says(exchange: Served) -> None:
    headers = {"Authorization": f"Bearer {exchange.token_of(OWN)}"}
    loaded = schemathesis.openapi.from_url(f"{exchange.url}/api/v1/openapi/openapi.json")
    for found in loaded.exclude(path_regex="/stream$").get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        _ask(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), headers)
        with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
            _ask(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), headers)


def _ask(cases: SearchStrategy[Any], headers: dict[str, str]) -> None:
    """What the strategy makes of one operation, as requests whose answers are held against the document."""

    @given(cases)
    @settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


def test_the_document_names_every_operation(exchange: Served) -> None:
    with exchange.client(None, accept="*/*") as client:
        document = client.get("/api/v1/openapi/openapi.json").json()
    operations = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert ("/api/v1/records", "post") in operations
    assert ("/api/v1/changes/stream", "get") in operations
    assert len(operations) >= 18
    assert set(document["components"]["securitySchemes"]) == {"token", "basic"}
