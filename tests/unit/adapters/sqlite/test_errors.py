"""SQLite's own errors, provoked, in the words of the ports."""

import sqlite3
from collections.abc import Iterator

import pytest

from adapters.sqlite.errors import mapped
from ports.errors import PortError, ReadOnly, Unavailable


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database in memory with a table that holds little."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE records (body BLOB)")
    yield made
    made.close()


def test_a_full_disk_takes_no_writes(connection: sqlite3.Connection) -> None:
    """What has no room was not stored, and the store says that it takes nothing for now."""
    connection.execute("PRAGMA max_page_count = 4")
    with pytest.raises(ReadOnly, match="SQLITE_FULL") as refused, mapped():
        connection.execute("INSERT INTO records VALUES (zeroblob(1000000))")
    assert isinstance(refused.value.__cause__, sqlite3.OperationalError)


def test_a_store_that_cannot_be_written_is_read_only(connection: sqlite3.Connection) -> None:
    """A write to what may only be read is refused as such."""
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(ReadOnly, match="SQLITE_READONLY"), mapped():
        connection.execute("INSERT INTO records VALUES ('sealed')")


def test_what_has_no_other_name_is_unavailable(connection: sqlite3.Connection) -> None:
    """An error that nobody foresaw is one of an engine that cannot be asked; the message quotes nothing."""
    with pytest.raises(PortError) as refused, mapped():
        connection.execute("SELECT secret FROM records")
    assert (type(refused.value), str(refused.value)) == (Unavailable, "SQLITE_ERROR")


def test_a_closed_connection_is_unavailable(connection: sqlite3.Connection) -> None:
    """The driver's own refusals are mapped too."""
    connection.close()
    with pytest.raises(Unavailable), mapped():
        connection.execute("SELECT 1")
