"""The workflows that a node knows, each version of each; a case is folded by the version that it was opened with."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from egnatia.casework.rulebook import Rulebook
from egnatia.casework.workflow import Workflow, workflow_in


class Library:
    """Rulebooks by name and version. Immutable."""

    def __init__(self, workflows: Iterable[Workflow]) -> None:
        self._books: dict[tuple[str, str], Rulebook] = {}
        for workflow in workflows:
            key = (workflow.name, workflow.version)
            if key in self._books:
                raise ValueError(f"the workflow {workflow.name} {workflow.version} is declared twice")
            self._books[key] = Rulebook(workflow)

    def __iter__(self) -> Iterator[Rulebook]:
        return iter(self._books.values())

    def get(self, name: str, version: str) -> Rulebook | None:
        """The rulebook of one version; None where it is not known here."""
        return self._books.get((name, version))

    def newest(self, name: str) -> Rulebook | None:
        """The version that was declared last."""
        return next((book for (each, _), book in reversed(self._books.items()) if each == name), None)

    def joined(self, *others: "Library") -> "Library":
        """This library and others."""
        return Library(book.workflow for library in (self, *others) for book in library)


@cache
def general() -> Library:
    """The workflows that belong to no one domain."""
    return Library([shipped("egnatia.casework", "workflows/information-request.toml")])


def shipped(package: str, path: str) -> Workflow:
    """A workflow that ships with a package, as a TOML file in it."""
    return workflow_in(files(package).joinpath(path).read_text(encoding="utf-8"))
