"""The rotation of a site's passwords, for whoever works on nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.credentials.rotation import RotatingCredentials
from application.sealing.records import Records
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_fence, opened_site


@asynccontextmanager
async def opened_credentials(settings: Settings) -> AsyncIterator[RotatingCredentials]:
    """Open the rotation of the active site's passwords, whether or not the site may write: its logins are its own.

    Where it may not, it makes no data key for what it agrees on: that comes with the data of the site that writes.
    Raises what `opened_fence` and `opened_site` raise.
    """
    sources = Sources()
    clock, random = sources.clock(), sources.random()
    async with opened_fence(settings) as fence, opened_site(settings, fence) as outside:
        records = Records(outside.own, outside.vault, clock, random)
        yield RotatingCredentials(
            outside.followers.accounts, records, settings.configuration.credentials, os.environ, clock, random
        )
