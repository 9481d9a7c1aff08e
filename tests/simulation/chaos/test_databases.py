"""Scratch databases of a run."""

import pytest
from psycopg import sql

from integrations.simulation.chaos.databases import PostgresServer


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that a server would have got; none is there."""
    found: list[str] = []
    monkeypatch.setattr(
        PostgresServer, "_execute", lambda server, statement: found.append(words(statement.as_string(None)))
    )
    return found


def words(statement: str) -> str:
    return " ".join(statement.split()[:2])


SERVER = "postgres://somebody@127.0.0.1:1/postgres"


def test_a_scratch_database_is_removed_from_a_server_that_others_use(said: list[str]) -> None:
    with PostgresServer(SERVER).scratch("hub"):
        pass
    assert said == ["CREATE DATABASE", "DROP DATABASE"]


def test_one_that_goes_with_its_server_is_not_asked_of_it_at_the_end(said: list[str]) -> None:
    """A stream may have stopped the server, or failed over to another one that is gone by then."""
    with PostgresServer(SERVER).scratch("hub", stays=True):
        pass
    assert said == ["CREATE DATABASE"]


def test_a_scratch_database_may_be_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def execute(server: PostgresServer, statement: sql.Composed) -> None:
        made.append(statement.as_string(None))

    monkeypatch.setattr(PostgresServer, "_execute", execute)
    with PostgresServer(SERVER).scratch("hub", template="migrated", owner="hub", stays=True) as address:
        pass
    assert 'TEMPLATE "migrated" OWNER "hub"' in made[0]
    assert address.startswith("postgres://hub@127.0.0.1:1/hub_")
