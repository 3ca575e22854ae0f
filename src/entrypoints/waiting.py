"""Waiting for a site that is a standby, or half restored."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from application.restore.target import check_whole
from entrypoints.configuration_file import Settings
from entrypoints.configuration_sites import check_sites
from entrypoints.container import Sources, followed, opened_part
from entrypoints.private_files import make_private_folder
from ports.errors import Unavailable

PAUSE: Final = 1.0
"""How many seconds pass until it is looked at again."""


async def until_whole(settings: Settings, waiting: Callable[[], None]) -> None:
    """Return when the active site is none that is being restored or follows another; tell `waiting` if it is one.

    Raises what opening its storage raises.
    """
    check_sites(settings)
    make_private_folder(settings.data)
    sleep = Sources.sleep()
    async with AsyncExitStack() as stack:
        settings = await followed(settings)
        storage = await opened_part("storage", settings.storage, settings.configuration.site.deadline, stack)
        told = False
        while True:
            try:
                return await check_whole(storage)
            except Unavailable:
                if not told:
                    waiting()
                told = True
            await sleep(PAUSE)
