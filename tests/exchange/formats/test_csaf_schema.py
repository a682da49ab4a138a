"""What is written is valid by the official JSON schemas of CSAF 2.0 and 2.1, whatever advisory it came from: the test
documents of the standard, and real advisories. They come with the package `csaf`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import csaf
import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from egnatia.exchange.formats.csaf import read_advisory
from egnatia.exchange.formats.csaf_writing import write_advisory
from egnatia.record import Invalid, read

HOME = Path(csaf.__file__).parent / "csaf"
PUBLISHER = {"name": "CSIRT", "namespace": "https://csirt.example"}


def validator(folder: str) -> jsonschema.Draft202012Validator:
    schemas = [json.loads(path.read_bytes()) for path in (HOME / folder / "schema").rglob("*.json")]
    named = [(each["$id"], DRAFT202012.create_resource(each)) for each in schemas if "$id" in each]
    for path in (HOME / folder / "schema" / "referenced").glob("cvss-v*[0-9].json"):
        resource = DRAFT202012.create_resource(json.loads(path.read_bytes()))
        named.append((f"https://www.first.org/cvss/{path.name}", resource))
    whole = json.loads((HOME / folder / "schema" / "csaf.json").read_bytes())
    return jsonschema.Draft202012Validator(whole, registry=Registry().with_resources(named))


def documents(step: int) -> Iterator[bytes]:
    """Every so many of the test documents, and every real one."""
    tests = sorted(HOME.rglob("data/*/*.json"))
    for path in dict.fromkeys([*tests[::step], *HOME.rglob("v20_examples/*.json")]):
        content = path.read_bytes()
        if b'"document"' in content:
            yield content


@pytest.mark.parametrize(("version", "folder"), [("2.0", "v20"), ("2.1", "v21csd04")])
def test_what_is_written_of_any_advisory_is_valid(version: str, folder: str) -> None:
    valid = validator(folder)
    count = 0
    for content in documents(20):
        try:
            conversion = read_advisory(content)
        except Invalid:
            continue
        records: list[dict[str, Any]] = [json.loads(body) for body in conversion.records]
        assert not [each for body in conversion.records for each in read(body, tolerant=False).deviations]
        (report,) = (each for each in records if each["type"] == "report")
        found = [each for each in records if each["type"] == "vulnerability"]
        made = json.loads(write_advisory(report, found, PUBLISHER, "green", version))
        assert [error.message for error in valid.iter_errors(made)] == []
        count += 1
    assert count > 100
