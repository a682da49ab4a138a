"""Four nodes for all tests of this folder: three in full mesh, one of them on PostgreSQL, and a bank behind one."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import psycopg
import pytest
from tests.network.processes import Member, agree, free_ports, issue_token, make, pair, until_ready
from tests.store.conftest import new_database, postgres

from egnatia.store import Known

__all__ = ["postgres"]


@dataclass
class Mesh:
    """`al` keeps its records in PostgreSQL; `bank` is paired with `me` alone, whose client it is."""

    me: Member
    rs: Member
    al: Member
    bank: Member

    @property
    def members(self) -> tuple[Member, ...]:
        return (self.me, self.rs, self.al, self.bank)


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[Mesh]:
    """Made, paired, agreed and running."""
    folder = tmp_path_factory.mktemp("network")
    database = new_database(postgres)
    ports = free_ports(4)
    made = Mesh(*(make(folder, name, port, database if name == "al" else "") for name, port in _named(ports)))
    _acquaint(made)
    with ExitStack() as stack:
        for each in made.members:
            stack.callback(each.close)
            each.start()
        until_ready(made.members)
        yield made
        for each in made.members:
            each.tell(signal.SIGTERM)
    _forget(postgres, database, folder)


def _named(ports: list[int]) -> Iterator[tuple[str, int]]:
    return zip(("me", "rs", "al", "bank"), ports, strict=True)


def _acquaint(made: Mesh) -> None:
    """Everybody knows the bank as a client of `me`; the mesh has an agreement, and `me` one with its bank."""
    with ExitStack() as stack:
        me, rs, al, bank = nodes = [stack.enter_context(each.open()) for each in made.members]
        for one, other in combinations((me, rs, al), 2):
            pair(one, other)
        pair(bank, me, scope="all")
        for node, member in zip(nodes, made.members, strict=True):
            for each in made.members:
                clients = (me.own,) if each is made.bank else ()
                node.store.organisations.put(Known(each.own, each.name, "other", client_of=clients))
            node.facts.forget()
            member.token, member.node_id = issue_token(node), node.node_id
        agree(me, rs, al)
        agree(me, bank)


def _forget(server: str, database: str, folder: Path) -> None:
    name = database.rpartition("?")[0].rpartition("/")[2]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    shutil.rmtree(folder)
