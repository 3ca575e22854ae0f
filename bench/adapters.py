"""What our adapters add to their drivers: each call beside the bare driver's same call, on the same server."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from pymongo import AsyncMongoClient

from adapters.aws.blobs import open_s3
from adapters.aws.keys import open_kms
from adapters.aws.threads import Threads
from adapters.mongo import open_mongo, prepare_mongo
from bench.figures import Figure, Measured, Row
from ports.storage import Record, Ref
from tests.servers.aws import REGION, Server
from tests.servers.ministack import ministack
from tests.servers.mongo.starting import mongo_memory
from tests.servers.strict_kms import strict_kms

Call: TypeAlias = Callable[[int], Awaitable[object]]
"""Makes one call; the number makes its names differ from those of the others."""

_AT_ONCE: Final = 16
_TURNS: Final = 3
_BLOB: Final = bytes(range(256)) * 4096 * 8
_BODY: Final = bytes(300)
_TENANT: Final = "a" * 24
_CONTEXT: Final = b"panorama-v1 tenant=a generation=1 purpose=bench"


class Pair(NamedTuple):
    """One call of ours, and the same one by the driver alone."""

    label: str
    calls: int
    ours: Call
    bare: Call


def measure_adapters(folder: Path) -> Measured:
    """Measure MongoDB's storage, S3's blobs and KMS's keys, one call after the other and sixteen at once."""
    rows, figures = [], []
    with mongo_memory() as mongo, strict_kms() as (_, kms), ministack(folder) as s3:
        for name, ratios in asyncio.run(_measured(mongo.uri("bench"), kms, s3)).items():
            rows += [Row(f"{name}: {label}", ratio, "x-driver") for label, ratio in ratios.items()]
            figures.append(Figure(f"adapter_{name}_worst", max(ratios.values()), "x-driver", "<=", 1.15))
    return Measured("Our adapters beside their drivers", [Row("the driver alone", 1, "x-driver"), *rows], figures)


async def _measured(mongo: str, kms: Server, s3: Server) -> dict[str, dict[str, float]]:
    """Return the ratio of each call by adapter."""
    found: dict[str, dict[str, float]] = {}
    for name, opened in (("mongo", _mongo(mongo)), ("aws_kms", _kms(kms)), ("s3", _s3(s3))):
        async with opened as pairs:
            found[name] = {}
            for pair in pairs:
                found[name][pair.label] = await _ratio(pair, 1)
                found[name][f"{pair.label}, {_AT_ONCE} at once"] = await _ratio(pair, _AT_ONCE)
    return found


async def _ratio(pair: Pair, at_once: int) -> float:
    """Return how many times as long ours takes; both take turns, and the best turn of each counts."""
    ours, bare = [], []
    for turn in range(_TURNS):
        first = (turn * 2 + at_once * 100) * pair.calls
        bare.append(await _seconds(pair.bare, pair.calls, at_once, first))
        ours.append(await _seconds(pair.ours, pair.calls, at_once, first + pair.calls))
    return min(ours) / min(bare)


async def _seconds(call: Call, calls: int, at_once: int, first: int) -> float:
    numbers = iter(range(first, first + calls))

    async def work() -> None:
        for number in numbers:
            await call(number)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return time.perf_counter() - began


@asynccontextmanager
async def _mongo(uri: str) -> AsyncIterator[Sequence[Pair]]:
    await prepare_mongo(uri, deadline=10)
    async with AsyncExitStack() as stack:
        store = await open_mongo(uri, deadline=10)
        stack.push_async_callback(store.close)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            uri, retryWrites=False, w="majority", readConcernLevel="majority"
        )
        stack.push_async_callback(client.close)
        records = client.get_default_database()["bare"]
        now = datetime.now(UTC)

        async def put(number: int) -> None:
            await store.put(Record(Ref(_TENANT, "change", f"{number:012d}"), 1, _BODY, now, 1))

        async def insert(number: int) -> None:
            await records.insert_one(
                {
                    "_id": f"{_TENANT} change {number:012d}",
                    "tenant": _TENANT,
                    "kind": "change",
                    "key": f"{number:012d}",
                    "rev": 1,
                    "body": _BODY,
                    "updated": now,
                    "generation": 1,
                    "shipping": 0,
                }
            )

        async def get(_: int) -> None:
            await store.get(Ref(_TENANT, "change", "first"))

        async def find(_: int) -> None:
            await records.find_one({"_id": "first"})

        async def scan(_: int) -> None:
            await store.scan(_TENANT, "change", after="0", limit=100)

        async def page(_: int) -> None:
            wanted = {"tenant": _TENANT, "_id": {"$gte": f"{_TENANT} change 0", "$lt": f"{_TENANT} change 1"}}
            await records.find(wanted, limit=-100, batch_size=100).sort({"tenant": 1, "_id": 1}).to_list()

        await store.put(Record(Ref(_TENANT, "change", "first"), 1, _BODY, now, 1))
        await records.insert_one({"_id": "first", "body": _BODY, "rev": 1, "tenant": _TENANT, "kind": "x", "key": "f"})
        yield [Pair("append", 300, put, insert), Pair("get", 300, get, find), Pair("scan of 100", 60, scan, page)]


@asynccontextmanager
async def _kms(server: Server) -> AsyncIterator[Sequence[Pair]]:
    client, threads = server.kms(), Threads(10)
    key = client.create_key()["KeyMetadata"]["Arn"]
    with server.credentials():
        manager = await open_kms(key, region=REGION, endpoint=server.endpoint())
    wrap = await manager.wrap(bytes(32), _CONTEXT)
    bound = {"panorama": _CONTEXT.decode()}

    async def wrapped(_: int) -> None:
        await manager.wrap(bytes(32), _CONTEXT)

    async def encrypted(_: int) -> None:
        await threads.run(client.encrypt, KeyId=key, Plaintext=bytes(32), EncryptionContext=bound)

    async def unwrapped(_: int) -> None:
        await manager.unwrap(wrap, _CONTEXT)

    async def decrypted(_: int) -> None:
        await threads.run(client.decrypt, KeyId=key, CiphertextBlob=wrap, EncryptionContext=bound)

    yield [Pair("wrap", 200, wrapped, encrypted), Pair("unwrap", 200, unwrapped, decrypted)]
    threads.close()
    await manager.close()
    client.close()


@asynccontextmanager
async def _s3(server: Server) -> AsyncIterator[Sequence[Pair]]:
    client, threads = server.s3(), Threads(60)
    client.create_bucket(Bucket="bench")
    with server.credentials():
        store = await open_s3("bench", region=REGION, endpoint=server.endpoint())
    digest = hashlib.sha256(_BLOB).digest()

    async def content() -> AsyncIterator[bytes]:
        yield _BLOB

    async def create(number: int) -> None:
        await store.create(f"ours/{number}", content(), sha256=digest)

    async def put(number: int) -> None:
        await threads.run(
            client.put_object, Bucket="bench", Key=f"bare/{number}", Body=_BLOB, ChecksumAlgorithm="SHA256"
        )

    async def read(_: int) -> None:
        async for _chunk in store.read("ours"):
            pass

    def whole() -> bytes:
        return client.get_object(Bucket="bench", Key="ours")["Body"].read()

    async def get(_: int) -> None:
        await threads.run(whole)

    await store.create("ours", content(), sha256=digest)
    yield [Pair("create of 8 MiB", 12, create, put), Pair("read of 8 MiB", 12, read, get)]
    threads.close()
    await store.close()
    client.close()
