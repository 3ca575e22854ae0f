"""What another process does to a store: `python -m tests.contract.storage.sqlite.child <task> <file>`."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

from adapters.sqlite import SqliteStorage, open_sqlite
from adapters.sqlite.connections import connect_writer
from adapters.sqlite.statements import put
from adapters.sqlite.writer import Writer
from ports.errors import Conflict
from tests.contract.storage.samples import ref, sample

RACES = 100
"""How many revisions are raced for."""

BATCH = 20
"""How many records a batch has."""


def say(line: str) -> None:
    """Tell the parent at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def hold(path: Path) -> None:
    """Hold the write lock until the parent says something."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    say("held")
    sys.stdin.readline()
    connection.execute("ROLLBACK")
    connection.close()


async def stream(store: SqliteStorage) -> None:
    """Put for ever, several at a time, and name each record once it is acknowledged."""

    async def one(writer: int) -> None:
        for number in count():
            await store.put(sample(f"{writer}-{number:06}"))
            say(f"{writer}-{number:06}")

    await asyncio.gather(*(one(writer) for writer in range(4)))


async def batches(store: SqliteStorage) -> None:
    """Put batches for ever, and name each once it is acknowledged."""
    for number in count():
        await store.put_many([sample(f"{number:06}/{place:02}") for place in range(BATCH)])
        say(f"{number:06}")


async def race(store: SqliteStorage) -> None:
    """Try to be the first to put each of a record's revisions, and name those won."""
    say("ready")
    sys.stdin.readline()
    won = []
    for rev in range(1, RACES + 1):
        try:
            await store.put(sample("a", rev, b"%d" % os.getpid()))
        except Conflict:
            continue
        won.append(rev)
    say(" ".join(map(str, won)))


async def count_up(store: SqliteStorage) -> None:
    """Raise a counter, each time from what is stored, as often as there are races."""
    for _ in range(RACES):
        while True:
            stored = await store.get(ref("counter"))
            assert stored is not None
            try:
                await store.put(sample("counter", stored.rev + 1, b"%d" % (int(stored.body or b"") + 1)))
            except Conflict:
                continue
            break


async def die_within_a_group(path: Path) -> None:
    """Die when a transaction holds the first of two records that were put at once."""
    writer = Writer(connect_writer(path, 5.0), 5.0)
    await asyncio.gather(
        writer.write(lambda connection: put(connection, sample("first"))),
        writer.write(lambda _: os._exit(9)),
        writer.write(lambda connection: put(connection, sample("second"))),
    )


TASKS: dict[str, Callable[[SqliteStorage], Awaitable[None]]] = {
    "stream": stream,
    "batches": batches,
    "race": race,
    "count": count_up,
}


async def with_store(task: Callable[[SqliteStorage], Awaitable[None]], path: Path) -> None:
    """Do a task with a store of this process's own."""
    store = await open_sqlite(path)
    await task(store)
    await store.close()


def main(task: str, path: Path) -> None:
    """Do what the parent asked for."""
    if task == "hold":
        hold(path)
    elif task == "die":
        asyncio.run(die_within_a_group(path))
    else:
        asyncio.run(with_store(TASKS[task], path))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
