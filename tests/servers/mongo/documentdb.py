"""The DocumentDB engine as a back end: real indexes, real conflicts and real users, through its SQL functions.

https://github.com/documentdb/documentdb; what the engine lacks is told in the harness of the contract suite.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import asyncpg
import bson

from tests.servers.mongo.errors import Refused, no_such_user, unauthorized, user_exists, wrong_credentials
from tests.servers.mongo.scram import Credentials, Who

# What the protocol carries beside a command, and the engine's functions do not take.
_BESIDE: Final = frozenset({"lsid", "$clusterTime", "$readPreference", "$db", "readConcern", "writeConcern"})

_STATEMENTS: Final = {
    "find": "SELECT cursorpage::bytea FROM documentdb_api.find_cursor_first_page($1, $2::bytea::bson)",
    "listIndexes": "SELECT cursorpage::bytea FROM documentdb_api.list_indexes_cursor_first_page($1, $2::bytea::bson)",
    "insert": "SELECT p_result::bytea FROM documentdb_api.insert($1, $2::bytea::bson)",
    "update": "SELECT p_result::bytea FROM documentdb_api.update($1, $2::bytea::bson)",
    "delete": "SELECT p_result::bytea FROM documentdb_api.delete($1, $2::bytea::bson)",
    "createUser": "SELECT documentdb_api.create_user($2::bytea::bson)::bytea FROM (SELECT $1::text) AS unused",
    "updateUser": "SELECT documentdb_api.update_user($2::bytea::bson)::bytea FROM (SELECT $1::text) AS unused",
    "usersInfo": "SELECT documentdb_api.users_info($2::bytea::bson)::bytea FROM (SELECT $1::text) AS unused",
    "createIndexes": "SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2::bytea::bson, TRUE)::bytea",
}

# The engine's errors are SQLSTATEs that begin with M; found by provoking them.
_CODES: Final = {
    "M001C": (11000, "DuplicateKey"),
    "M0008": (26, "NamespaceNotFound"),
    "M000S": (86, "IndexKeySpecsConflict"),
    "M000R": (85, "IndexOptionsConflict"),
    "M000U": (115, "CommandNotSupported"),
    "M0001": (2, "BadValue"),
    "40001": (112, "WriteConflict"),
    "40P01": (112, "WriteConflict"),
    "55P03": (112, "WriteConflict"),
    "57014": (50, "MaxTimeMSExpired"),
    "42501": (13, "Unauthorized"),
    "42704": (no_such_user().code, no_such_user().name),
    "42710": (user_exists().code, user_exists().name),
}


class DocumentDbBackend:
    """One engine, asked as whoever has come in."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, authenticate: bool) -> None:
        self._pool = pool
        self._administrators: set[str] = set()
        self.credentials: Credentials | None = _EngineUsers(pool) if authenticate else None

    @classmethod
    async def connected(cls, url: str, *, authenticate: bool = False) -> "DocumentDbBackend":
        """Connect to the engine's PostgreSQL."""
        path = "documentdb_api_catalog, documentdb_core, documentdb_api, public"
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=20, statement_cache_size=0, server_settings={"search_path": path}
        )
        return cls(pool, authenticate=authenticate)

    async def answer(self, command: dict[str, Any], user: Who | None) -> Mapping[str, Any]:
        name = next(iter(command))
        if name in {"ping", "endSessions"}:
            return {}
        if name not in _STATEMENTS:
            raise Refused(59, "CommandNotFound", "no such command")
        seconds = command.pop("maxTimeMS", 0) / 1000 or None
        asked = bson.encode({field: value for field, value in command.items() if field not in _BESIDE})
        try:
            async with self._pool.acquire() as connection:
                if user is None or user.name in self._administrators:
                    return _result(await connection.fetchval(_STATEMENTS[name], command["$db"], asked, timeout=seconds))
                async with connection.transaction():
                    await connection.execute(f"SET LOCAL ROLE {_quoted(user.name)}")
                    return _result(await connection.fetchval(_STATEMENTS[name], command["$db"], asked, timeout=seconds))
        except TimeoutError as error:
            raise Refused(50, "MaxTimeMSExpired", "operation exceeded time limit") from error
        except asyncpg.PostgresError as error:
            raise _refused(error.sqlstate or "") from error

    async def add_user(self, user: str, password: str, *, administrator: bool = False) -> None:
        """Let somebody in who may read and write every database; an administrator is asked for as the engine's own."""
        roles = [{"role": "readWriteAnyDatabase", "db": "admin"}, {"role": "clusterAdmin", "db": "admin"}]
        await self._administer("create_user", {"createUser": user, "pwd": password, "roles": roles})
        if administrator:
            self._administrators.add(user)

    async def remove_users(self, prefix: str) -> None:
        """Let nobody in any longer whose name begins so."""
        found = await self._pool.fetch("SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)", prefix)
        for row in found:
            await self._administer("drop_user", {"dropUser": row["rolname"]})

    async def drop(self, database: str) -> None:
        await self._pool.execute("SELECT documentdb_api.drop_database($1)", database)

    async def close(self) -> None:
        await self._pool.close()

    async def _administer(self, function: str, command: Mapping[str, Any]) -> None:
        statement = f"SELECT documentdb_api.{function}($1::bytea::documentdb_core.bson)::bytea"
        await self._pool.fetchval(statement, bson.encode(command))


class _EngineUsers:
    """The engine's own users: it checks proofs, and shows no password."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def salt(self, who: Who) -> tuple[str, int]:
        known = await self._ask("scram_sha256_get_salt_and_iterations($1)", who.name)
        return cast("str", known["salt"]), int(known["iterations"])

    async def signature(self, who: Who, exchange: str, proof: str) -> str:
        checked = await self._ask("authenticate_with_scram_sha256($1, $2, $3)", who.name, exchange, proof)
        return cast("str", checked["ServerSignature"])

    async def _ask(self, call: str, *values: str) -> dict[str, Any]:
        statement = f"SELECT documentdb_api_internal.{call}::bytea"
        answer = bson.decode(await self._pool.fetchval(statement, *values))
        if not answer.get("ok"):
            raise wrong_credentials()
        return answer


def _result(content: bytes) -> Mapping[str, Any]:
    """Return the engine's answer with MongoDB's codes in the place of its own."""
    answer = bson.decode(content)
    for shard in answer.pop("raw", {}).values():
        if not shard.get("ok"):
            raise _refused(_sqlstate(shard.get("code", 0)))
    for failure in answer.get("writeErrors", ()):
        failure["code"], failure["errmsg"] = _CODES.get(_sqlstate(failure["code"]), (1, "InternalError"))
    return answer


def _refused(state: str) -> Refused:
    code, name = _CODES.get(state, (1, "InternalError"))
    return unauthorized() if code == unauthorized().code else Refused(code, name, f"the engine says {state}")


def _sqlstate(code: int) -> str:
    """PostgreSQL packs five characters of six bits into a number."""
    return "".join(chr((code >> (6 * position) & 0x3F) + 0x30) for position in range(5))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
