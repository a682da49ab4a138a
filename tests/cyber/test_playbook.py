"""CACAO playbooks: real ones are read, what is written passes OASIS's schemas, and a run goes on step by step."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from tests.cyber.building import CSIRT, ENTITY, Matter

from egnatia.cyber.incidents.cacao import Unreadable
from egnatia.cyber.incidents.playbook import Playbook, read
from egnatia.cyber.incidents.playbook_run import Outcome, deeds, outcomes, run

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "cacao"
REAL = ("basic-example-1", "layout-example", "misp-malware-triage", "soarca-http", "soarca-manual")


def real(name: str) -> bytes:
    path = DATA / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    return path.read_bytes()


def official() -> Draft202012Validator:
    """OASIS's schemas; they say draft-07 but use a word of 2020-12."""
    schemas = {path: json.loads(path.read_text()) for path in (DATA / "schemas").rglob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        [(schema["$id"], DRAFT202012.create_resource(schema)) for schema in schemas.values()]
    )
    return Draft202012Validator(schemas[DATA / "schemas" / "playbook.json"], registry=registry)


@pytest.mark.parametrize("name", REAL)
def test_real_playbooks_are_read_and_written_as_the_standard_wants_them(name: str) -> None:
    playbook = read(real(name))
    errors = [error.message[:200] for error in official().iter_errors(json.loads(playbook.write()))]
    assert errors == []
    assert read(playbook.write()).forgiven == ()


@pytest.mark.parametrize(
    ("name", "forgiven"), [("basic-example-1", False), ("misp-malware-triage", False), ("soarca-manual", True)]
)
def test_what_is_not_in_the_standard_is_told(name: str, forgiven: bool) -> None:
    assert bool(read(real(name)).forgiven) is forgiven


def test_a_real_playbook_is_followed_to_its_end() -> None:
    playbook = read(real("misp-malware-triage"))
    done: list[Outcome] = []
    while not (now := run(playbook, done)).finished:
        assert len(now.waiting) == 1
        done.append(Outcome(now.waiting[0].step, "done"))
    assert len(done) == 26


def id_(kind: str, number: int) -> str:
    return f"{kind}--00000000-0000-4000-8000-{number:012d}"


AGENT = id_("organization", 1)


def playbook(**steps: dict[str, Any]) -> bytes:
    """A playbook of steps by short names: `start`, `a`, `end` ... become identifiers."""
    ids = {name: id_(step["type"], number) for number, (name, step) in enumerate(steps.items())}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(each) for each in value]
        if isinstance(value, dict):
            return {key: named(each) for key, each in value.items()}
        return ids.get(value, value) if isinstance(value, str) else value

    content = {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": id_("playbook", 1),
        "name": "Contain",
        "created_by": id_("identity", 1),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "workflow_start": ids["start"],
        "workflow": {ids[name]: {"name": name, **named(step), "type": step["type"]} for name, step in steps.items()},
        "agent_definitions": {AGENT: {"type": "organization", "name": "National CSIRT"}},
    }
    return json.dumps(content).encode()


def action(on: str, kind: str = "manual", **more: Any) -> dict[str, Any]:
    commands = [{"type": kind, "command": "do it"}]
    return {"type": "action", "commands": commands, "agent": AGENT, "on_completion": on, **more}


START, END = {"type": "start", "on_completion": "one"}, {"type": "end"}


def waiting(book: Playbook, *done: tuple[str, str]) -> list[str]:
    """The names of the steps that wait once these outcomes are known."""
    names = {step["name"]: id_ for id_, step in book.steps.items() if "name" in step}
    return [each.title for each in run(book, [Outcome(names[name], result) for name, result in done]).waiting]


def test_parallel_branches_are_done_in_any_order() -> None:
    book = read(
        playbook(
            start=START, one={"type": "parallel", "next_steps": ["a", "b"], "on_completion": "c"},
            a=action("end-a"), b=action("end-b"), c=action("end"), **{"end-a": END, "end-b": END}, end=END,
        )
    )  # fmt: skip
    assert waiting(book) == ["a", "b"]
    assert waiting(book, ("b", "done")) == ["a"]
    assert waiting(book, ("b", "done"), ("a", "done")) == ["c"]


def test_conditions_are_answered_by_a_person() -> None:
    branch = {"type": "if-condition", "condition": "spreads?", "on_true": "a", "on_false": "b", "on_completion": "c"}
    book = read(
        playbook(start=START, one=branch, a=action("end-a"), b=action("end-b"), c=action("end"),
                 **{"end-a": END, "end-b": END}, end=END)
    )  # fmt: skip
    assert waiting(book) == ["one"]
    assert waiting(book, ("one", "true")) == ["a"]
    assert waiting(book, ("one", "false"), ("b", "done")) == ["c"]


def test_a_loop_asks_anew_each_round() -> None:
    loop = {"type": "while-condition", "condition": "more?", "on_true": "a", "on_completion": "c"}
    book = read(playbook(start=START, one=loop, a=action("end-a"), c=action("end"), **{"end-a": END}, end=END))
    assert waiting(book, ("one", "true")) == ["a"]
    assert waiting(book, ("one", "true"), ("a", "done")) == ["one"]
    assert waiting(book, ("one", "true"), ("a", "done"), ("one", "false")) == ["c"]


def test_a_switch_follows_its_case() -> None:
    switch = {"type": "switch-condition", "switch": "kind", "cases": {"x": "a", "y": "b"}, "on_completion": "c"}
    book = read(
        playbook(start=START, one=switch, a=action("end-a"), b=action("end-b"), c=action("end"),
                 **{"end-a": END, "end-b": END}, end=END)
    )  # fmt: skip
    assert waiting(book, ("one", "y")) == ["b"]
    assert waiting(book, ("one", "none of them")) == ["c"]


def test_commands_of_machines_wait_for_approval_and_failure_has_a_way_of_its_own() -> None:
    step = action("end", "http-api") | {"on_success": "end", "on_failure": "b"}
    del step["on_completion"]
    book = read(playbook(start=START, one=step, b=action("end"), end=END))
    assert [each.way for each in run(book, []).waiting] == ["approve"]
    assert waiting(book, ("one", "failed")) == ["b"]
    assert waiting(book, ("one", "done")) == []
    stuck = action("end") | {"on_success": "end"}
    del stuck["on_completion"]
    halted = read(playbook(start=START, one=stuck, end=END))
    (id_,) = [each for each, step in halted.steps.items() if step["type"] == "action"]
    assert run(halted, [Outcome(id_, "failed")]).stuck == (id_,)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b'{"type":"bundle"}', "not a CACAO playbook"),
        (b'{"type":"playbook","spec_version":"1.1"}', "CACAO 2.0 is read"),
        (b'{"type":"playbook","spec_version":"cacao-2.0"}', "without id"),
        (playbook(start=START, one=action("one"), end=END), "comes round to itself"),
        (playbook(start=START, one=action("nowhere"), end=END), "which is not there"),
        (playbook(start=START, one=action("end", agent="nobody"), end=END), "its agent is not defined"),
        (playbook(start=START, one={"type": "magic"}, end=END), "no step of the type"),
        (playbook(start=END), "does not start with a start step"),
    ],
)
def test_what_cannot_be_followed_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(body)


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.text(max_size=8), st.integers() | st.text()).map(lambda one: json.dumps(one).encode())
)
def test_hostile_bytes_are_unreadable_or_a_playbook(body: bytes) -> None:
    try:
        book = read(body)
    except Unreadable:
        return
    assert run(book, []) == run(book, [])


SOUND = json.loads(
    playbook(
        start=START, one={"type": "parallel", "next_steps": ["a", "b"], "on_completion": "c"},
        a=action("end-a", targets=[AGENT]), b=action("end-b"),
        c={"type": "switch-condition", "switch": "k", "cases": {"x": "d"}, "on_completion": "end"},
        d=action("end-d"), **{"end-a": END, "end-b": END, "end-d": END}, end=END,
    )
)  # fmt: skip
JUNK = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2) | st.just({"x": [1]})


@given(st.data())
def test_a_playbook_that_was_tampered_with_is_unreadable_or_can_be_followed(data: st.DataObject) -> None:
    body = json.loads(json.dumps(SOUND))
    place = body
    for _ in range(data.draw(st.integers(0, 4))):
        parts = place.values() if isinstance(place, dict) else place
        inner = [each for each in parts if each and isinstance(each, dict | list)]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))
    key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
    place[key] = data.draw(JUNK)
    try:
        book = read(json.dumps(body).encode())
    except Unreadable:
        return
    assert run(book, []) == run(book, [])  # followed without a fault, and always alike


def test_a_playbook_is_run_as_tasks_of_a_case() -> None:
    branch = {"type": "if-condition", "condition": "spreads?", "on_true": "a", "on_completion": "end"}
    book = read(playbook(start=START, one=branch, a=action("end-a"), **{"end-a": END}, end=END))
    matter = Matter()

    def opened() -> list[str]:
        made = []
        for deed in list(deeds(matter.fold, book)):
            event = matter.do(
                CSIRT, deed.does, 1 + len(matter.fold.ordering.events), *deed.about, text=deed.text, **deed.fields
            )
            assert matter.refusal(event) == ""
            made.append(event.id)
        return made

    (asked,) = opened()
    assert matter.fold.state.tasks[asked].title == "Decide: one"
    assert opened() == []
    matter.do(CSIRT, "progress", 50, asked, status="done", answer="true")
    (todo,) = opened()
    assert (matter.fold.state.tasks[todo].title, matter.fold.state.tasks[todo].responsible) == ("a", "national-csirt")
    matter.do(ENTITY, "progress", 60, todo, status="done")
    assert [each.result for each in outcomes(matter.fold, book)] == ["true", "done"]
    assert run(book, outcomes(matter.fold, book)).finished


def test_who_approved_a_command_of_a_machine_is_not_who_says_that_it_was_done() -> None:
    """Four eyes: whatever the task says, wherever it was said."""
    book = read(playbook(start=START, one=action("end", "openc2-http"), end=END))
    matter = Matter()
    (deed,) = deeds(matter.fold, book)
    asked = matter.do(CSIRT, deed.does, 1, *deed.about, text=deed.text, **deed.fields).id
    matter.do(ENTITY, "progress", 2, asked, status="done")
    assert outcomes(matter.fold, book) == [], "nobody has approved it"
    matter.do(CSIRT, "progress", 3, asked, status="in-progress", answer="approved")
    assert outcomes(matter.fold, book) == [], "what was done before the approval does not count"
    matter.do(CSIRT, "progress", 4, asked, status="done")
    assert outcomes(matter.fold, book) == [], "one and the same"
    matter.do(ENTITY, "progress", 5, asked, status="done")
    assert [each.result for each in outcomes(matter.fold, book)] == ["done"]
