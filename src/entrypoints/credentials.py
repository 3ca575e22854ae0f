"""The rotation of a site's passwords, for whoever works on nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.credentials.rotation import RotatingCredentials
from application.sealing.records import Records
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_site


@asynccontextmanager
async def opened_credentials(settings: Settings) -> AsyncIterator[RotatingCredentials]:
    """Open the rotation of the active site's passwords, whether or not the site may write: its logins are its own.

    Raises what `opened_site` raises.
    """
    sources = Sources()
    clock, random = sources.clock(), sources.random()
    async with opened_site(settings) as outside:
        records = Records(outside.storage, outside.vault, clock, random)
        yield RotatingCredentials(
            outside.followers.accounts, records, settings.configuration.credentials, os.environ, clock, random
        )
