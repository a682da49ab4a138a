"""Whatever is asked of a page or filled into a form is answered in words: no failure, no markup, no header."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import pytest
from tests.web.house import csrf_of
from tests.web.walk import EVERYTHING, HEAVY, Walk, walked


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with walked(tmp_path_factory.mktemp("hostile")) as made:
        yield made


HOSTILE: Final = (
    "\x00",
    "..%2f..%2f..%2fetc%2fpasswd",
    "'\"><script>alert(1)</script> 100% %s %(x)s {{ 7 * 7 }} \u202egnp.exe",
    "a" * 3_000,
    "2026-13-45T99:99:99Z",
    "\r\nX-Evil: 1",
)
NAMES: Final = (
    "q", "question", "type", "tlp", "owner", "economy", "days", "page", "after", "before", "at", "from", "to",
    "until", "since", "span", "sort", "order", "id", "name", "text", "title", "workflow", "record", "records",
    "party", "kind", "tactic", "level", "limit", "draft", "sieve", "all", "state", "what", "hours", "minutes",
    "pattern", "value", "reader", "people", "url",
)  # fmt: skip
"""What fields of forms and questions are called."""


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: ascii(each)[:30])
def test_whatever_is_asked_or_filled_in_is_answered_in_words(walk: Walk, hostile: str) -> None:
    with walk.house.visitor(*EVERYTHING) as ana:
        csrf = csrf_of(ana.get("/about").text)
        wrong: list[str] = []
        for method, form in walk.forms:
            if form in HEAVY:
                continue
            odd = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: quote(hostile[:300], safe="%"), form)
            for path in dict.fromkeys((odd, walk.hidden.path(form))):
                fields = dict.fromkeys(NAMES, hostile)
                if method in {"GET", "HEAD"}:
                    answer = ana.request(method, path, params=fields if len(hostile) < 500 else {"q": hostile})
                else:
                    answer = ana.request(method, path, data={"csrf": csrf, **fields})
                raw = "<script>alert(1)" in answer.text and answer.headers["content-type"].startswith("text/html")
                if answer.status_code >= 500 or raw or "x-evil" in answer.headers:
                    wrong.append(f"{method} {path} {answer.status_code}")
    assert wrong == []
