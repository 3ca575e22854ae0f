"""The storage adapters beside SQLite's module and PyMongo."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from bson.codec_options import CodecOptions

from adapters.mongo import open_mongo, prepare_mongo
from adapters.mongo.documents import Document, to_document
from adapters.mongo.opening import connected
from adapters.sqlite import open_sqlite
from adapters.sqlite.connections import connect_writer
from bench.adapters.pairs import Pair, Side
from ports.rows import row_of
from ports.storage import Record, Ref, Storage

T = TypeVar("T")

_TENANT: Final = "a" * 24
_BODY: Final = bytes(range(250)) + bytes(50)
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PAGE: Final = 100
_DEADLINE: Final = 30.0

_INSERT: Final = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE: Final = """
    UPDATE records SET rev = ?, body = ?, updated = ?, generation = ?, due = ?, shipping = ?
    WHERE tenant = ? AND kind = ? AND key = ? AND rev = ?
"""
_GET: Final = "SELECT * FROM records WHERE tenant = ? AND kind = ? AND key = ?"
_SCAN: Final = "SELECT * FROM records WHERE tenant = ? AND kind = ? AND key > ? ORDER BY key LIMIT ?"


def _record(kind: str, number: int, rev: int = 1) -> Record:
    return Record(Ref(_TENANT, kind, f"{number:012d}"), rev, _BODY, _NOW, 1)


def _ours(store: Storage) -> tuple[Side, Side, Side, Side]:
    """Get, scan, put and append."""

    async def append(number: int) -> None:
        await store.put(_record("change", number))

    async def begin(numbers: range) -> None:
        await store.put_many([_record("entry", number) for number in numbers])

    async def put(number: int) -> None:
        await store.put(_record("entry", number, 2))

    async def get(number: int) -> None:
        await store.get(Ref(_TENANT, "page", f"{number % _PAGE:012d}"))

    async def scan(_: int) -> None:
        await store.scan(_TENANT, "page", limit=_PAGE)

    return Side(get), Side(scan), Side(put, begin), Side(append)


def _pairs(ours: tuple[Side, Side, Side, Side], bare: tuple[Side, Side, Side, Side]) -> list[Pair]:
    labels, calls = ("get", f"scan of {_PAGE}", "put", "append"), (400, 100, 200, 200)
    return [Pair(*each) for each in zip(labels, calls, ours, bare, strict=True)]


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Sequence[Pair]]:
    """Compare with the module, whose connection writes in one thread and reads in another, each write durable."""
    store = await open_sqlite(folder / "ours.db", deadline=_DEADLINE)
    await store.put_many([_record("page", number) for number in range(2 * _PAGE)])
    bare = _BareSqlite(folder / "bare.db")
    yield _pairs(_ours(store), (Side(bare.get), Side(bare.scan), Side(bare.put, bare.begin), Side(bare.append)))
    bare.close()
    await store.close()


class _BareSqlite:
    """The module with our settings and our table, and a thread for each of two connections."""

    def __init__(self, path: Path) -> None:
        self._write, self._read = connect_writer(path, _DEADLINE), connect_writer(path, _DEADLINE)
        self._writer, self._reader = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        rows = [row_of(_record("page", number)) for number in range(2 * _PAGE)]
        self._write.executemany(_INSERT, rows)

    async def append(self, number: int) -> None:
        await self._in(self._writer, lambda: self._commit(_INSERT, row_of(_record("change", number))))

    async def begin(self, numbers: range) -> None:
        rows = [row_of(_record("entry", number)) for number in numbers]
        await self._in(self._writer, lambda: self._write.executemany(_INSERT, rows))

    async def put(self, number: int) -> None:
        row = row_of(_record("entry", number, 2))
        await self._in(self._writer, lambda: self._commit(_UPDATE, (*row[3:], *row[:3], 1)))

    async def get(self, number: int) -> None:
        key = (_TENANT, "page", f"{number % _PAGE:012d}")
        await self._in(self._reader, lambda: self._read.execute(_GET, key).fetchone())

    async def scan(self, _: int) -> None:
        values = (_TENANT, "page", "", _PAGE)
        await self._in(self._reader, lambda: self._read.execute(_SCAN, values).fetchall())

    def close(self) -> None:
        for executor, connection in ((self._writer, self._write), (self._reader, self._read)):
            executor.shutdown()
            connection.close()

    def _commit(self, text: str, values: tuple[object, ...]) -> None:
        self._write.execute("BEGIN IMMEDIATE")
        self._write.execute(text, values)
        self._write.execute("COMMIT")

    async def _in(self, executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, work)


@asynccontextmanager
async def mongo(uri: str) -> AsyncIterator[Sequence[Pair]]:
    """Compare with PyMongo, with the options and the indexes that our promises rest on."""
    other = uri.replace("/bench", "/bare")
    for each in (uri, other):
        await prepare_mongo(each, deadline=_DEADLINE)
    async with AsyncExitStack() as stack:
        store = await open_mongo(uri, deadline=_DEADLINE)
        stack.push_async_callback(store.close)
        client = connected(other, _DEADLINE, _DEADLINE)
        stack.push_async_callback(client.close)
        page = [_record("page", number) for number in range(2 * _PAGE)]
        aware: CodecOptions[Document] = CodecOptions(tz_aware=True)
        records = client.get_default_database().get_collection("records", codec_options=aware)
        await store.put_many(page)
        await records.insert_many([to_document(record) for record in page])

        async def append(number: int) -> None:
            await records.insert_one(to_document(_record("change", number)))

        async def begin(numbers: range) -> None:
            await records.insert_many([to_document(_record("entry", number)) for number in numbers])

        async def put(number: int) -> None:
            document = to_document(_record("entry", number, 2))
            await records.replace_one({"_id": document["_id"], "rev": 1}, document)

        async def get(number: int) -> None:
            await records.find_one({"_id": f"{_TENANT} page {number % _PAGE:012d}"})

        async def scan(_: int) -> None:
            wanted = {"tenant": _TENANT, "_id": {"$gte": f"{_TENANT} page ", "$lt": f"{_TENANT} page \x7f"}}
            await records.find(wanted, limit=-_PAGE, batch_size=_PAGE).sort({"tenant": 1, "_id": 1}).to_list()

        yield _pairs(_ours(store), (Side(get), Side(scan), Side(put, begin), Side(append)))
