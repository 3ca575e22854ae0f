"""What the file looks like inside, and how it is recognised."""

import sqlite3
from typing import Final

from adapters.sqlite.queries import WAITING
from ports.errors import Unsupported

APPLICATION: Final = 0x50616E6F
"""Stands in the file as `application_id`, so that nobody else's database is taken for a store: "Pano"."""

# Clustered by reference: the tail of a stream lies on neighbouring pages, and a put touches few of them.
_STEPS: Final = (
    (
        """
        CREATE TABLE records (
            tenant TEXT NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            rev INTEGER NOT NULL,
            body BLOB,
            updated INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            due INTEGER,
            shipping INTEGER NOT NULL,
            PRIMARY KEY (tenant, kind, key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX records_due ON records (kind, due, tenant, key) WHERE due IS NOT NULL",
        "CREATE INDEX records_unshipped ON records (updated, tenant, kind, key) WHERE shipping = 0",
        "CREATE INDEX records_generation ON records (tenant, generation) WHERE generation > 0",
        f"PRAGMA application_id = {APPLICATION}",
    ),
    (
        "DROP INDEX records_unshipped",
        f"CREATE INDEX records_unshipped ON records (shipping, updated, tenant, kind, key) WHERE shipping IN {WAITING}",
    ),
)
"""What leads from nothing to version 1, from there to version 2, and so on."""

VERSION: Final = len(_STEPS)
"""Stands in the file as `user_version`."""

# One statement sees one state of the file, while another process may be making the schema.
_RECOGNISE: Final = """
    SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
        count(*) FROM sqlite_schema
"""


def recognise(connection: sqlite3.Connection) -> int:
    """Return the store's version, 0 for an empty file; raises Unsupported for a newer one and for anything else."""
    version: int
    application, version, objects = connection.execute(_RECOGNISE).fetchone()
    if application == APPLICATION and 0 < version <= VERSION:
        return version
    if application == APPLICATION:
        raise Unsupported(f"the store has schema version {version}, and this release knows {VERSION}")
    if objects or application or version:
        raise Unsupported("the file is a database of something else")
    return 0


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make an empty file a store, or an older store one of this version, once, whoever else tries at the same time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in _STEPS[recognise(connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def pragma(connection: sqlite3.Connection, name: str) -> str | int:
    """Return the connection's own value of a pragma."""
    value: str | int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
