"""Opening a store, in a thread, since the disk may take its time."""

import asyncio
import sqlite3
from contextlib import ExitStack, closing
from errno import EROFS
from pathlib import Path
from typing import Final, TypeAlias

from adapters.sqlite.connections import connect_reader, connect_writer, create_private
from adapters.sqlite.errors import passing, translated
from adapters.sqlite.mounts import MOUNT_TABLE, check_local
from adapters.sqlite.reader import Reader
from adapters.sqlite.storage import SqliteStorage
from adapters.sqlite.writer import Writer
from ports.errors import DeadlineExceeded, NotFound, PermissionDenied, PortError, ReadOnly, Unavailable

_PAUSE: Final = 0.01

_Connections: TypeAlias = tuple[sqlite3.Connection, sqlite3.Connection, sqlite3.Connection]


async def open_sqlite(path: Path, *, deadline: float = 5.0, mount_table: Path = MOUNT_TABLE) -> SqliteStorage:
    """Open the store in a file, making the file if it is missing; its directory must be there.

    `deadline` is the most seconds that opening takes, and each call later. Raises NotFound without the directory,
    Unsupported for a network file system, another program's database or a newer release's store, Corrupt for a file
    that is no database, ReadOnly, PermissionDenied, Unavailable, DeadlineExceeded.
    """
    try:
        async with asyncio.timeout(deadline):
            writer, quick, patient = await _connected(path, deadline, mount_table)
    except TimeoutError as error:
        raise DeadlineExceeded("opening the store took longer than its deadline") from error
    return SqliteStorage(path, Reader(quick, patient, deadline), Writer(writer, deadline), deadline)


async def _connected(path: Path, deadline: float, mount_table: Path) -> _Connections:
    """Connect; again while another process, opening the same new file, holds locks that SQLite does not wait for."""
    while True:
        try:
            return await asyncio.to_thread(_connect, path, deadline, mount_table)
        except PortError:
            raise
        except Exception as error:
            if not passing(error):
                raise translated(error) from error
        await asyncio.sleep(_PAUSE)


def _connect(path: Path, deadline: float, mount_table: Path) -> _Connections:
    _prepare(path, mount_table)
    with ExitStack() as opened:
        writer = opened.enter_context(closing(connect_writer(path, deadline)))
        quick = opened.enter_context(closing(connect_reader(path, deadline, patience=0)))
        patient = opened.enter_context(closing(connect_reader(path, deadline, patience=deadline)))
        opened.pop_all()
    return writer, quick, patient


def _prepare(path: Path, mount_table: Path) -> None:
    try:
        check_local(path, mount_table)
        create_private(path)
    except FileNotFoundError as error:
        raise NotFound("the store's directory is missing") from error
    except PermissionError as error:
        raise PermissionDenied("the store's file or directory is not this user's") from error
    except OSError as error:
        raise (ReadOnly if error.errno == EROFS else Unavailable)("the store's file cannot be made") from error
