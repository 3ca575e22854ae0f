"""Waiting for a site that is a standby, or half restored."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from application.failover.control import ControlStores
from application.restore.target import check_whole
from domain.epochs import in_force
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, followed, opened_control, opened_part
from ports.errors import Unavailable
from ports.storage import Storage

PAUSE: Final = 1.0
"""How many seconds pass until it is looked at again."""


async def until_whole(settings: Settings, waiting: Callable[[], None]) -> None:
    """Return when the active site may be served: nothing is being restored into it, and it follows no other.

    One that is empty while another site writes is going to follow. `waiting` is called once, if there is anything to
    wait for. Raises what opening its storage and the control stores raises.
    """
    sleep, told = Sources.sleep(), False
    async with AsyncExitStack() as stack:
        control = await stack.enter_async_context(opened_control(settings))
        address = (await followed(settings)).storage
        storage = await opened_part("storage", address, settings.configuration.site.deadline, stack)
        while not await _is_whole(storage, control, settings.configuration.active):
            if not told:
                waiting()
            told = True
            await sleep(PAUSE)


async def _is_whole(storage: Storage, control: ControlStores, site: str) -> bool:
    try:
        await check_whole(storage)
    except Unavailable:
        return False
    if await storage.everything(1):
        return True
    word = in_force(await control.words())
    return word is None or word.site == site
